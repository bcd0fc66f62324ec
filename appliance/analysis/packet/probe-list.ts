// Conversations that look like probes, in the order in which they began: those that may still be answered. Rows of the flow
// table, linked in both directions, so that one in the middle leaves at no cost. Owned by flows.ts.

import { grow } from './key-table.ts';

const NONE = -1;

export class ProbeList {
  /** Row plus two, so that a fresh entry means that the row is not listed; one: listed, and there is none. */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #first = NONE;
  #last = NONE;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The one that waits for longest; -1 without any. */
  get oldest(): number {
    return this.#first;
  }

  has(row: number): boolean {
    return row < this.#next.length && this.#next[row]! > 0;
  }

  add(row: number): void {
    this.#next = grow(this.#next, row + 1);
    this.#previous = grow(this.#previous, row + 1);
    this.#next[row] = NONE + 2;
    this.#previous[row] = this.#last + 2;
    if (this.#last === NONE) this.#first = row;
    else this.#next[this.#last] = row + 2;
    this.#last = row;
    this.#count++;
  }

  /** Does nothing to rows that are not listed. */
  remove(row: number): void {
    if (!this.has(row)) return;
    const next = this.#next[row]! - 2;
    const previous = this.#previous[row]! - 2;
    if (next === NONE) this.#last = previous;
    else this.#previous[next] = previous + 2;
    if (previous === NONE) this.#first = next;
    else this.#next[previous] = next + 2;
    this.#next[row] = 0;
    this.#previous[row] = 0;
    this.#count--;
  }
}
