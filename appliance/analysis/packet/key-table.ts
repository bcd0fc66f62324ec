// Finds the row of a key made of a few 32-bit words: conversations, MAC addresses, address pairs. Open addressing in one
// Int32Array; the analyzer's tables are columns indexed by the row. Hash keys are drawn per table, so that a device cannot
// choose its addresses and ports to collide.

import { randomBytes } from 'node:crypto';

const EMPTY = -1;

export class KeyTable {
  /** Words of a key. */
  readonly width: number;
  readonly limit: number;
  /** Write a key here, then call `find` or `insert`. */
  readonly key: Int32Array;
  #slots: Int32Array;
  #mask: number;
  /** Keys by row, `width` words each. */
  #rows: Int32Array;
  #hashes: Int32Array;
  #free: number[] = [];
  #used = 0;
  #count = 0;
  /** Found last: packets come in runs, and comparing costs less than hashing. */
  #last = -1;
  /** Found before it: packets go to and fro. */
  #before = -1;
  readonly #secret: Int32Array;

  constructor(width: number, limit: number, initial = 64) {
    this.width = width;
    this.limit = limit;
    this.key = new Int32Array(width);
    this.#secret = secretWords(width + 1);
    this.#slots = new Int32Array(initial * 2).fill(EMPTY);
    this.#mask = initial * 2 - 1;
    this.#rows = new Int32Array(initial * width);
    this.#hashes = new Int32Array(initial);
  }

  /** Keys in the table. */
  get count(): number {
    return this.#count;
  }

  /** Rows ever used: columns need this many entries. */
  get rows(): number {
    return this.#used;
  }

  get full(): boolean {
    return this.#count >= this.limit;
  }

  /** The table's copy of the keys; row r begins at r * width. */
  get words(): Int32Array {
    return this.#rows;
  }

  /** Row of `key`, or -1. */
  find(): number {
    return this.#slots[this.#probe(this.#hash())]!;
  }

  /** Row of `key`, made if need be; -1 when the table is at its limit. A new row is the one that `rows` or `count` grew by. */
  insert(): number {
    const last = this.#last;
    if (last >= 0 && this.#equals(last)) return last;
    const before = this.#before;
    this.#before = last;
    if (before >= 0 && this.#equals(before)) {
      this.#last = before;
      return before;
    }
    const hash = this.#hash();
    const slot = this.#probe(hash);
    const found = this.#slots[slot]!;
    if (found !== EMPTY) {
      this.#last = found;
      return found;
    }
    if (this.full) return -1;
    const row = this.#free.pop() ?? this.#newRow();
    this.#rows.set(this.key, row * this.width);
    this.#hashes[row] = hash;
    this.#slots[slot] = row;
    this.#count++;
    if (this.#count * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    return row;
  }

  /** Forgets a row; its number is given out again. */
  remove(row: number): void {
    let slot = this.#hashes[row]! & this.#mask;
    while (this.#slots[slot] !== row) slot = (slot + 1) & this.#mask;
    this.#closeGap(slot);
    this.#last = -1;
    this.#before = -1;
    this.#free.push(row);
    this.#count--;
  }

  /** Linear probing needs no tombstones when the entries behind the gap move up. */
  #closeGap(start: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let gap = start;
    for (let slot = (gap + 1) & mask; slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = this.#hashes[slots[slot]!]! & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = slots[slot]!;
      gap = slot;
    }
    slots[gap] = EMPTY;
  }

  #newRow(): number {
    const row = this.#used++;
    if (row >= this.#hashes.length) {
      this.#hashes = grow(this.#hashes, row + 1);
      this.#rows = grow(this.#rows, this.#hashes.length * this.width);
    }
    return row;
  }

  #rehash(size: number): void {
    const old = this.#slots;
    this.#slots = new Int32Array(size).fill(EMPTY);
    this.#mask = size - 1;
    for (const row of old) {
      if (row === EMPTY) continue;
      let slot = this.#hashes[row]! & this.#mask;
      while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = row;
    }
  }

  #hash(): number {
    const { key, width } = this;
    const secret = this.#secret;
    let hash = secret[width]!;
    for (let i = 0; i < width; i++) {
      hash = Math.imul(hash ^ key[i]!, secret[i]!);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x2c1b3c6d);
    return hash ^ (hash >>> 12);
  }

  /** Slot of `key`, or the empty slot where it belongs. */
  #probe(hash: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = hash & mask;
    for (;;) {
      const row = slots[slot]!;
      if (row === EMPTY || (this.#hashes[row] === hash && this.#equals(row))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(row: number): boolean {
    const { key, width } = this;
    const rows = this.#rows;
    const base = row * width;
    for (let i = 0; i < width; i++) if (rows[base + i] !== key[i]) return false;
    return true;
  }
}

/** Odd multipliers that only this process knows. */
function secretWords(count: number): Int32Array {
  const words = new Int32Array(count);
  const random = randomBytes(count * 4);
  for (let i = 0; i < count; i++) words[i] = random.readInt32LE(i * 4) | 1;
  return words;
}

/** At least `size` entries, doubled. */
export function grow<T extends Int32Array | Float64Array | Uint8Array>(array: T, size: number): T {
  if (array.length >= size) return array;
  let length = Math.max(16, array.length);
  while (length < size) length *= 2;
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}
