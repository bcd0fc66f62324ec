// Bits of Zstandard (RFC 8878 §4): descriptions of tables are read forwards, coded symbols backwards from a last bit that is set.
import { STOP } from './unpacked.ts';

/** Reads from the first byte on, lowest bits first (§4.1.1). */
export class ForwardBits {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** In bits from the beginning of the bytes. */
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#end = end * 8;
    this.#at = start * 8;
  }

  take(count: number): number {
    if (this.#at + count > this.#end) throw STOP;
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) value |= ((this.#bytes[this.#at >> 3]! >> (this.#at & 7)) & 1) << i;
    return value;
  }

  /** Takes back the last bit. */
  back(): void {
    this.#at--;
  }

  /** The next whole byte. */
  get byteAt(): number {
    return (this.#at + 7) >> 3;
  }
}

/** Most bits that may be taken at once: four bytes hold them wherever they begin. */
export const MAX_BITS = 24;

/** Reads from the last byte on (§4.1, §4.2.2); below the first bit there are zeros, which `isPast` reports. */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  readonly #first: number;
  /** Bits that are left. */
  left: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start ? bytes[end - 1]! : 0;
    if (last === 0) throw STOP;
    this.#bytes = bytes;
    this.#first = start;
    this.left = (end - start) * 8 - 8 + (31 - Math.clz32(last));
  }

  get isPast(): boolean {
    return this.left < 0;
  }

  /** The next `count` bits, at most MAX_BITS; they stay. */
  peek(count: number): number {
    if (count === 0) return 0;
    const low = this.left - count;
    if (low < 0) return this.#at(0, this.left) << -low;
    return this.#at(low, count);
  }

  take(count: number): number {
    const value = this.peek(count);
    this.left -= count;
    return value;
  }

  #at(bit: number, count: number): number {
    if (count <= 0) return 0;
    const at = this.#first + (bit >> 3);
    const bytes = this.#bytes;
    const four =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    return (four >>> (bit & 7)) & ((1 << count) - 1);
  }
}
