// DEFLATE (RFC 1951) and its wrappings zlib (RFC 1950) and gzip (RFC 1952), decoded up to a limit: what was unpacked before a
// cut, a fault or the limit is. Node's zlib gives nothing in these cases, and a bomb must cost no more than its limit.

import { STOP, type Unpacked } from './unpacked.ts';

/** Codes of literals and lengths: base and extra bits (§3.2.5). */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Order in which the lengths of the code length code appear (§3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST_CODE = 15;
const END_OF_BLOCK = 256;

/** A canonical Huffman code: how many codes of each length, and the symbols in their order. */
interface Huffman {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function huffman(lengths: Uint8Array): Huffman {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const places = new Uint16Array(LONGEST_CODE + 2);
  for (let i = 1; i <= LONGEST_CODE; i++) places[i + 1] = places[i]! + counts[i]!;
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) if (length > 0) symbols[places[length]!++] = symbol;
  return { counts, symbols };
}

const FIXED_LENGTHS = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
const FIXED = { literals: huffman(FIXED_LENGTHS), distances: huffman(new Uint8Array(30).fill(5)) };

class Inflater {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #limit: number;
  #at: number;
  #bits = 0;
  #bitCount = 0;
  /** History, then what was unpacked. */
  #out: Uint8Array;
  #length: number;

  constructor(bytes: Uint8Array, start: number, end: number, limit: number, history: Uint8Array) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#limit = history.length + limit;
    this.#out = new Uint8Array(Math.min(this.#limit, history.length + 4096));
    this.#out.set(history);
    this.#length = history.length;
  }

  get at(): number {
    return this.#at;
  }

  /** Everything behind `from`. */
  taken(from: number): Uint8Array {
    return this.#out.subarray(from, this.#length);
  }

  /** Blocks up to the last one; false where they end before. A stream that is flushed block by block may be `open`. */
  run(open: boolean): boolean {
    try {
      for (let last = 0; last === 0; ) {
        if (open && this.#isAtEnd()) return true;
        last = this.#take(1);
        this.#block(this.#take(2));
      }
      return true;
    } catch (thrown) {
      if (thrown === STOP) return false;
      throw thrown;
    }
  }

  /** Fewer bits are left than a block needs, all of them padding of the last byte. */
  #isAtEnd(): boolean {
    return this.#at >= this.#end && this.#bitCount < 8;
  }

  #take(count: number): number {
    while (this.#bitCount < count) {
      if (this.#at >= this.#end) throw STOP;
      this.#bits |= this.#bytes[this.#at++]! << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #put(byte: number): void {
    if (this.#length >= this.#limit) throw STOP;
    if (this.#length === this.#out.length) {
      const larger = new Uint8Array(Math.min(this.#limit, this.#out.length * 2));
      larger.set(this.#out);
      this.#out = larger;
    }
    this.#out[this.#length++] = byte;
  }

  #block(type: number): void {
    if (type === 0) this.#stored();
    else if (type === 1) this.#coded(FIXED.literals, FIXED.distances);
    else if (type === 2) this.#dynamic();
    else throw STOP;
  }

  /** §3.2.4: at a byte boundary, length and its complement. */
  #stored(): void {
    this.#bits = 0;
    this.#bitCount = 0;
    const length = this.#take(16);
    if ((this.#take(16) ^ 0xffff) !== length) throw STOP;
    for (let i = 0; i < length; i++) this.#put(this.#take(8));
  }

  /** §3.2.7: the lengths of both codes, themselves coded. */
  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const given = this.#take(4) + 4;
    const order = new Uint8Array(19);
    for (let i = 0; i < given; i++) order[ORDER[i]!] = this.#take(3);
    const code = huffman(order);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) i = this.#lengthsFrom(lengths, i, this.#symbol(code));
    this.#coded(huffman(lengths.subarray(0, literals)), huffman(lengths.subarray(literals)));
  }

  /** 16 repeats the length before, 17 and 18 are runs of zero. */
  #lengthsFrom(lengths: Uint8Array, at: number, symbol: number): number {
    if (symbol < 16) {
      lengths[at] = symbol;
      return at + 1;
    }
    if (symbol === 16 && at === 0) throw STOP;
    const run = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
    if (at + run > lengths.length) throw STOP;
    lengths.fill(symbol === 16 ? lengths[at - 1]! : 0, at, at + run);
    return at + run;
  }

  #symbol({ counts, symbols }: Huffman): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= this.#take(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw STOP;
  }

  #coded(literals: Huffman, distances: Huffman): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) this.#put(symbol);
      else this.#copy(symbol - 257, distances);
    }
  }

  #copy(index: number, distances: Huffman): void {
    const base = LENGTH_BASE[index];
    if (base === undefined) throw STOP;
    const length = base + this.#take(LENGTH_EXTRA[index]!);
    const code = this.#symbol(distances);
    const distanceBase = DISTANCE_BASE[code];
    if (distanceBase === undefined) throw STOP;
    const distance = distanceBase + this.#take(DISTANCE_EXTRA[code]!);
    if (distance > this.#length) throw STOP;
    for (let i = 0; i < length; i++) this.#put(this.#out[this.#length - distance]!);
  }
}

const NOTHING = new Uint8Array(0);

/**
 * Raw DEFLATE of [start, end), at most `limit` bytes of it. `history` is the preceding output, for streams that go on
 * (RFC 7692 §7.2.2); such a stream is whole where its bytes end.
 */
export function inflateRaw(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
  history?: Uint8Array,
): Unpacked {
  const before = history ?? NOTHING;
  const inflater = new Inflater(bytes, start, end, limit, before);
  const whole = inflater.run(history !== undefined);
  return { bytes: inflater.taken(before.length), whole };
}

/** `undefined` without a zlib header: method 8, a check sum by 31, no preset dictionary. */
export function inflateZlib(bytes: Uint8Array, start: number, end: number, limit: number): Unpacked | undefined {
  const first = bytes[start] ?? 0;
  const second = bytes[start + 1] ?? 0;
  if (end - start < 2 || (first & 15) !== 8 || first >> 4 > 7 || (first * 256 + second) % 31 !== 0) return undefined;
  return (second & 0x20) !== 0 ? undefined : inflateRaw(bytes, start + 2, end, limit);
}

/** gzip members in one body (RFC 1952 §2.2); further ones are not unpacked, and the body counts as not whole. */
const MAX_MEMBERS = 64;

/** All members behind each other; `undefined` without a gzip header. */
export function gunzip(bytes: Uint8Array, start: number, end: number, limit: number): Unpacked | undefined {
  const parts: Uint8Array[] = [];
  let room = limit;
  let at = start;
  for (let members = 0; members < MAX_MEMBERS; members++) {
    const dataAt = gzipDataAt(bytes, at, end);
    if (dataAt < 0) break;
    const inflater = new Inflater(bytes, dataAt, end, room, NOTHING);
    const whole = inflater.run(false);
    parts.push(inflater.taken(0));
    room -= inflater.taken(0).length;
    at = inflater.at + 8; // check sum and length
    if (!whole || at >= end) return { bytes: Buffer.concat(parts), whole: whole && at === end };
  }
  return parts.length === 0 ? undefined : { bytes: Buffer.concat(parts), whole: false };
}

/** RFC 1952 §2.3: ten bytes, then extra field, name, comment and check sum as the flags say; -1 where that is no header. */
function gzipDataAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 10 || bytes[start] !== 0x1f || bytes[start + 1] !== 0x8b || bytes[start + 2] !== 8) return -1;
  const flags = bytes[start + 3]!;
  let at = start + 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 256;
  for (const flag of [8, 16]) if ((flags & flag) !== 0) at = textEnd(bytes, at, end);
  if ((flags & 2) !== 0) at += 2;
  return Math.min(at, end);
}

function textEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  return at + 1;
}
