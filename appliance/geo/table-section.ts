// A part of a table that stays where it lies and is read in blocks when it is asked: of the 19 MB of the geo table a capture
// needs some hundred kilobytes. Made by table-file.ts, which has checked the whole file.

/** A multiple of every element's size, so that none lies across two blocks. */
const BLOCK_BYTES = 4096;
const BLOCK_SHIFT = 12;
/** Blocks kept of one section; beyond, all are read again. */
const MAX_BLOCKS = 128;

/** Numbers are little-endian; the caller stays within `length`. */
export class Section {
  readonly length: number;
  readonly #read: (at: number, length: number) => Uint8Array;
  readonly #blocks = new Map<number, DataView>();

  constructor(length: number, read: (at: number, length: number) => Uint8Array) {
    this.length = length;
    this.#read = read;
  }

  u16(at: number): number {
    return this.#block(at).getUint16(at & (BLOCK_BYTES - 1), true);
  }

  u32(at: number): number {
    return this.#block(at).getUint32(at & (BLOCK_BYTES - 1), true);
  }

  /** Of the 16 bytes at `at`, a multiple of 16, against others: below, at or above 0 as they come before, with or after. */
  compare16(at: number, key: Uint8Array): number {
    const block = this.#block(at);
    const base = at & (BLOCK_BYTES - 1);
    for (let i = 0; i < 16; i++) {
      const difference = block.getUint8(base + i) - key[i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  bytes(from: number, to: number): Uint8Array {
    return this.#read(from, to - from);
  }

  #block(at: number): DataView {
    const number = at >>> BLOCK_SHIFT;
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const start = number * BLOCK_BYTES;
    const { buffer, byteOffset, byteLength } = this.#read(start, Math.min(BLOCK_BYTES, this.length - start));
    const block = new DataView(buffer, byteOffset, byteLength);
    if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.clear();
    this.#blocks.set(number, block);
    return block;
  }
}
