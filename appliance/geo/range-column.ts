// Collects ranges of one address version in ascending order and turns them into the two columns that a geo table holds:
// where a value begins, and the value; 0 for the gaps between.

import type { Address } from './address.ts';
import { compareAddresses, nextAddress } from './csv-rows.ts';

export class RangeColumn {
  readonly #width: 4 | 16;
  #starts: Uint8Array;
  readonly #values: number[] = [];
  /** First address that no range covers yet; undefined after the last address of all. */
  #next: Address | undefined;
  /** Ranges that began inside the one before them; their covered part was dropped. */
  overlaps = 0;

  constructor(version: 4 | 6) {
    this.#width = version === 4 ? 4 : 16;
    this.#starts = new Uint8Array(this.#width * 4096);
    this.#next = version === 4 ? 0 : new Uint8Array(16);
  }

  /** Ranges must come with rising starts; `value` is not 0. */
  add(start: Address, end: Address, value: number): void {
    if (this.#next === undefined || compareAddresses(end, this.#next) < 0) {
      this.overlaps++;
      return;
    }
    const position = compareAddresses(start, this.#next);
    if (position > 0) this.#begin(this.#next, 0);
    if (position < 0) this.overlaps++;
    this.#begin(position < 0 ? this.#next : start, value);
    this.#next = nextAddress(end);
  }

  #begin(start: Address, value: number): void {
    if (this.#values.at(-1) === value) return;
    const at = this.#values.length * this.#width;
    if (at + this.#width > this.#starts.length) this.#grow();
    if (typeof start === 'number') new DataView(this.#starts.buffer).setUint32(at, start, true);
    else this.#starts.set(start, at);
    this.#values.push(value);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#starts.length * 2);
    larger.set(this.#starts);
    this.#starts = larger;
  }

  /** Call once, after the last `add`. */
  end(): { starts: Uint8Array; values: readonly number[] } {
    if (this.#next !== undefined) this.#begin(this.#next, 0);
    return { starts: this.#starts.subarray(0, this.#values.length * this.#width), values: this.#values };
  }
}
