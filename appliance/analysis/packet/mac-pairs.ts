// Which MACs the packets of one conversation had, where they had several: an address that was given out again, three devices
// that all ask for an address from 0.0.0.0. Counted by flows.ts from the packet on that differs from the first; nothing is
// kept of the many conversations whose packets all have the same two.

import type { MacTable } from './mac-table.ts';

/** Of one conversation; packets of further pairs stay with the first and are counted. */
const MOST_PAIRS = 64;

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
      if (pairs.length >= MOST_PAIRS) {
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

  /** By the MACs of a and b; empty where all packets have those of the first. */
  of(row: number): readonly { readonly a: string; readonly b: string; readonly counts: Readonly<Counts> }[] {
    const text = (mac: number): string => (mac === 0 ? '' : this.#macs.text(mac - 1));
    return (this.#rows.get(row) ?? []).map(({ a, b, counts }) => ({ a: text(a), b: text(b), counts }));
  }
}
