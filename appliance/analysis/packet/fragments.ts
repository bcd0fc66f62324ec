// IP fragments after the first carry no ports and belong to no conversation (CONVENTIONS §4: as tshark counts with defragmentation
// off). Here they are counted by sender and receiver, and of each conversation how much of its payload they carried, so that
// nothing is said of bytes that nobody looked at. Filled by the analyzer, bounded; one object a part.

import { MAX_FRAGMENTED, REST_OF_FRAGMENTS } from '../summary/fragment-sums.ts';
import { type Part, type Table, type Traffic, table } from '../summary/summary.ts';

export class Fragments {
  readonly #pairs = table<Traffic>();
  #pairCount = 0;
  readonly #unseen: Table<number> = table<number>();
  #unseenCount = 0;
  #unseenDropped = 0;

  /** A later fragment of `bytes` on the wire. */
  later(source: string, destination: string, bytes: number): void {
    const traffic = this.#trafficOf(`${source} ${destination}`);
    traffic.packets++;
    traffic.bytes += bytes;
  }

  #trafficOf(pair: string): Traffic {
    const known = this.#pairs[pair];
    if (known !== undefined) return known;
    if (this.#pairCount >= MAX_FRAGMENTED) return (this.#pairs[REST_OF_FRAGMENTS] ??= { packets: 0, bytes: 0 });
    this.#pairCount++;
    const fresh = { packets: 0, bytes: 0 };
    this.#pairs[pair] = fresh;
    return fresh;
  }

  /** The first fragment of a datagram of conversation `key`: later ones carry `bytes` of its payload. */
  first(key: string, bytes: number): void {
    if (this.#unseen[key] === undefined) {
      if (this.#unseenCount >= MAX_FRAGMENTED) {
        this.#unseenDropped++;
        return;
      }
      this.#unseenCount++;
    }
    this.#unseen[key] = (this.#unseen[key] ?? 0) + bytes;
  }

  fill(part: Part): void {
    if (this.#pairCount > 0) part.fragments = copyTraffic(this.#pairs);
    if (this.#unseenCount > 0) part.unseen = Object.assign(table<number>(), this.#unseen);
    part.dropped.names += this.#unseenDropped;
  }
}

function copyTraffic(pairs: Table<Traffic>): Table<Traffic> {
  const copy = table<Traffic>();
  for (const [pair, traffic] of Object.entries(pairs)) copy[pair] = { ...traffic };
  return copy;
}
