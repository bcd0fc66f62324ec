// Which MACs the packets of one conversation had, where they had several: an address that was given out again, three devices
// that all ask for an address from 0.0.0.0. Counted by flows.ts from the packet on that differs from the first; nothing is
// kept of the many conversations whose packets all have the same two.

import { type MacShares, type Shared, sharesOf } from '../summary/mac-shares.ts';
import type { MacTable } from './mac-table.ts';

/** Of one conversation; packets of further pairs stay with the first and are counted. */
const MAX_PAIRS = 64;

/** Packets, bytes, payload from a to b, then from b to a. */
type Counts = [number, number, number, number, number, number];

interface Pair {
  /** Rows of the MAC table, plus one; 0 for none. */
  readonly a: number;
  readonly b: number;
  readonly counts: Counts;
}

export class MacPairs {
  readonly #rows = new Map<number, Pair[]>();
  readonly #macs: MacTable;
  leftOut = 0;

  constructor(macs: MacTable) {
    this.#macs = macs;
  }

  /** A packet in `direction` that does not have the MACs of its conversation's first. */
  add(row: number, direction: 0 | 1, a: number, b: number, bytes: number, payload: number): void {
    const pairs = this.#rows.get(row) ?? [];
    let pair = pairs.find((known) => known.a === a && known.b === b);
    if (pair === undefined) {
      if (pairs.length >= MAX_PAIRS) {
        this.leftOut++;
        return;
      }
      pair = { a, b, counts: [0, 0, 0, 0, 0, 0] };
      pairs.push(pair);
      this.#rows.set(row, pairs);
    }
    const at = direction * 3;
    pair.counts[at]!++;
    pair.counts[at + 1]! += bytes;
    pair.counts[at + 2]! += payload;
  }

  forget(row: number): void {
    if (this.#rows.size > 0) this.#rows.delete(row);
  }

  /**
   * Of a conversation's part, whose own counts `part` has; nothing where all packets had the MACs of the first. `isTurned`:
   * a → b of the part is b → a of the row.
   */
  shares(row: number, isTurned: boolean, part: Shared): { macs?: MacShares } {
    const others = this.#rows.get(row);
    if (others === undefined) return {};
    const sums = sharesOf(part);
    const [first = ''] = Object.keys(sums);
    for (const pair of others) {
      const share = this.#shareOf(pair, isTurned, part);
      if (share.every((count) => count === 0)) continue;
      const [aMac, bMac] = isTurned
        ? [this.#text(pair.b), this.#text(pair.a)]
        : [this.#text(pair.a), this.#text(pair.b)];
      const key = part.a === 0 ? `${aMac} ${bMac}` : `${bMac} ${aMac}`;
      sums[key] = share.map((count, i) => count + (sums[key]?.[i] ?? 0));
      sums[first] = sums[first]!.map((count, i) => count - share[i]!);
    }
    if (sums[first]!.every((count) => count === 0)) delete sums[first];
    return { macs: sums };
  }

  /** Of the part are only the directions that its totals have. */
  #shareOf({ counts }: Pair, isTurned: boolean, { a, ab, ba }: Shared): number[] {
    const [forth, back] = isTurned ? [counts.slice(3), counts.slice(0, 3)] : [counts.slice(0, 3), counts.slice(3)];
    const own = [ab.packets > 0 ? forth : [0, 0, 0], ba.packets > 0 ? back : [0, 0, 0]];
    return a === 0 ? own.flat() : own.toReversed().flat();
  }

  #text(mac: number): string {
    return mac === 0 ? '' : this.#macs.text(mac - 1);
  }
}
