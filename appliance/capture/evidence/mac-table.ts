// From the six address bytes of a frame to a small number, without making a string per packet.
// Addresses are the attacker's, so the table is an own one: it only ever holds the few that were admitted (devices up to the
// limit, and the access point's), in at least four times as many slots, with a secret start value. The worst crafted set costs
// `size` comparisons.

import { randomInt } from 'node:crypto';

export const UNKNOWN = -1;

export class MacTable {
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #value: Int32Array;
  readonly #mask: number;
  readonly #secret = randomInt(1, 0x7fffffff);
  #size = 0;

  /** `entries`: how many addresses it must hold. */
  constructor(entries: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(entries, 16) * 4));
    this.#high = new Int32Array(slots);
    this.#low = new Int32Array(slots);
    this.#value = new Int32Array(slots).fill(UNKNOWN);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The number given to the address at `at`, or UNKNOWN. The caller has checked that six bytes are there. */
  find(bytes: Uint8Array, at: number): number {
    const high = (bytes[at]! << 8) | bytes[at + 1]!;
    const low = (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
    for (let slot = this.#slot(high, low); ; slot = (slot + 1) & this.#mask) {
      const value = this.#value[slot]!;
      if (value === UNKNOWN || (this.#low[slot] === low && this.#high[slot] === high)) return value;
    }
  }

  /** Gives the address at `at` a number >= 0 (or below UNKNOWN); false when half the slots are taken. */
  add(bytes: Uint8Array, at: number, value: number): boolean {
    if (this.#size > this.#mask / 2) return false;
    const high = (bytes[at]! << 8) | bytes[at + 1]!;
    const low = (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
    let slot = this.#slot(high, low);
    while (this.#value[slot] !== UNKNOWN) slot = (slot + 1) & this.#mask;
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#value[slot] = value;
    this.#size++;
    return true;
  }

  /** Takes the address at `at` out; those behind it move up, so that a search still ends at the first empty slot. */
  remove(bytes: Uint8Array, at: number): void {
    if (this.find(bytes, at) === UNKNOWN) return;
    let hole = this.#slotOf(bytes, at);
    this.#size--;
    for (let slot = (hole + 1) & this.#mask; this.#value[slot] !== UNKNOWN; slot = (slot + 1) & this.#mask) {
      const home = this.#slot(this.#high[slot]!, this.#low[slot]!);
      // It may move into the hole if the hole lies between its home slot and its current one.
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      this.#high[hole] = this.#high[slot]!;
      this.#low[hole] = this.#low[slot]!;
      this.#value[hole] = this.#value[slot]!;
      hole = slot;
    }
    this.#value[hole] = UNKNOWN;
  }

  /** Of an address that is in the table. */
  #slotOf(bytes: Uint8Array, at: number): number {
    const high = (bytes[at]! << 8) | bytes[at + 1]!;
    const low = (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
    let slot = this.#slot(high, low);
    while (this.#low[slot] !== low || this.#high[slot] !== high) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #slot(high: number, low: number): number {
    const mixed = Math.imul(low ^ this.#secret, 0x9e3779b1) ^ Math.imul(high + this.#secret, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}
