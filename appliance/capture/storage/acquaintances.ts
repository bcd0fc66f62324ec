// Which addresses are known: heard again a day after they were first heard, or heard to say something. All others are newcomers and
// share one pool (retention.ts), because an address costs its inventor nothing. Learned from the lines of the ledger (ledger-state.ts),
// so that a restart forgets nobody; times are those of packets, as in the names of segments.

import { type DeviceKey, INFRA, OVERFLOW } from '../../model/mac.ts';
import { parseSegmentFile } from '../../model/segment.ts';

const DAY_SECONDS = 86_400;
/** Stored bytes that make an address known before a day has gone by. */
const TALKATIVE_BYTES = 64 * 1024;
/** Newcomers that are remembered, so that an attacker's addresses do not fill the memory; those heard last stay. */
const MAX_NEWCOMERS = 4096;

interface Acquaintance {
  readonly first: number;
  last: number;
  bytes: number;
}

export class Acquaintances {
  readonly #known = new Set<DeviceKey>([INFRA, OVERFLOW]);
  readonly #newcomers = new Map<DeviceKey, Acquaintance>();

  isKnown(device: DeviceKey): boolean {
    return this.#known.has(device);
  }

  get newcomers(): number {
    return this.#newcomers.size;
  }

  get known(): Iterable<DeviceKey> {
    return this.#known;
  }

  /** In the order of their last hearing: address, first and last second, bytes. */
  get newcomerRows(): (readonly [DeviceKey, number, number, number])[] {
    return [...this.#newcomers].map(([device, { first, last, bytes }]) => [device, first, last, bytes] as const);
  }

  restoreKnown(device: DeviceKey): void {
    this.#known.add(device);
  }

  restoreNewcomer([device, first, last, bytes]: readonly [DeviceKey, number, number, number]): void {
    this.#newcomers.set(device, { first, last, bytes });
  }

  /** A segment of the device was opened or closed; `bytes` are those that its closing added. */
  learn(device: DeviceKey, path: string, bytes: number): void {
    if (this.#known.has(device)) return;
    const utc = parseSegmentFile(path.slice(path.lastIndexOf('/') + 1))?.utc;
    if (utc === undefined) return;
    const second = secondOf(utc);
    const before = this.#newcomers.get(device) ?? { first: second, last: second, bytes: 0 };
    before.last = Math.max(before.last, second);
    before.bytes += bytes;
    // Deleted first, so that the order of the map is that of the last hearing.
    this.#newcomers.delete(device);
    if (before.last - before.first >= DAY_SECONDS || before.bytes >= TALKATIVE_BYTES) this.#known.add(device);
    else this.#remember(device, before);
  }

  #remember(device: DeviceKey, newcomer: Acquaintance): void {
    this.#newcomers.set(device, newcomer);
    if (this.#newcomers.size <= MAX_NEWCOMERS) return;
    for (const oldest of this.#newcomers.keys()) {
      this.#newcomers.delete(oldest);
      return;
    }
  }
}

/** Of `yyyymmddThhmmssZ`. */
function secondOf(utc: string): number {
  const iso = utc.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return Date.parse(iso) / 1000;
}
