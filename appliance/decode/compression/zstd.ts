// Zstandard (RFC 8878), decoded up to a limit, as deflate.ts does: Node 20 has none, and what was unpacked before a cut, a fault
// or the limit is wanted. What was unpacked is the window, so memory is the limit's; work is bounded by blocks and by output, for
// each sequence gives three bytes at least. Check sums are not looked at. A frame that needs a dictionary is not decoded.
import { STOP, type Unpacked } from './unpacked.ts';
import { BackwardBits, MAX_BITS } from './zstd-bits.ts';
import { MAX_BLOCK, readLiterals } from './zstd-literals.ts';
import {
  type Described,
  type HuffmanTable,
  readStateTable,
  type StateTable,
  singleState,
  stateTable,
} from './zstd-tables.ts';

const MAGIC = 0xfd2fb528;
/** Frames of others, stepped over (§3.1.2): the lowest four bits are free. */
const SKIPPABLE = 0x184d2a50;
/** A sender of more only wants to keep us busy: a browser's worth of 64 KiB comes in one. */
const MAX_BLOCKS = 4096;
/** Frames in one body, skippable ones too; further ones are not unpacked, and the body counts as not whole. */
const MAX_FRAMES = 64;

/** Codes of lengths: base and extra bits (§3.1.1.3.2.1.1); below the first row a code is its length. */
const LITERAL_BASE = [
  16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
];
const LITERAL_EXTRA = [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const LITERAL_PLAIN = 16;
const MATCH_BASE = [
  35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16_387, 32_771, 65_539,
];
const MATCH_EXTRA = [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const MATCH_PLAIN = 32;
const SHORTEST_MATCH = 3;

/** One of the three codes of sequences: its limits, and the default table where none is described (§3.1.1.3.2.2). */
interface Code {
  readonly mostLog: number;
  readonly symbols: number;
  readonly usual: StateTable;
}

const LITERAL_LENGTHS: Code = {
  mostLog: 9,
  symbols: 36,
  usual: stateTable(
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    6,
  ),
};
const OFFSETS: Code = {
  mostLog: 8,
  symbols: 32,
  usual: stateTable([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5),
};
const MATCH_LENGTHS: Code = {
  mostLog: 9,
  symbols: 53,
  usual: stateTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...Array.from({ length: 37 }, () => 1), -1, -1, -1, -1, -1, -1, -1], 6),
};

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #limit: number;
  #at: number;
  #out: Uint8Array;
  #length = 0;
  #blocks = 0;
  /** Of the frame: where its output begins, and what its blocks hand on. */
  #frameAt = 0;
  #huffman: HuffmanTable | undefined;
  #tables: (StateTable | undefined)[] = [];
  #repeats: [number, number, number] = [1, 4, 8];

  constructor(bytes: Uint8Array, start: number, end: number, limit: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#limit = limit;
    this.#out = new Uint8Array(Math.min(limit, 4096));
  }

  get taken(): Uint8Array {
    return this.#out.subarray(0, this.#length);
  }

  /** All frames; false where they end before their end. */
  run(): boolean {
    try {
      for (let frames = 0; this.#at < this.#end; frames++) {
        if (frames >= MAX_FRAMES) throw STOP;
        this.#frame();
      }
      return true;
    } catch (thrown) {
      if (thrown === STOP) return false;
      throw thrown;
    }
  }

  #number(count: number): number {
    if (this.#at + count > this.#end) throw STOP;
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + this.#bytes[this.#at + i]!;
    this.#at += count;
    return value;
  }

  #frame(): void {
    const magic = this.#number(4);
    if (magic - (magic % 16) === SKIPPABLE) {
      const length = this.#number(4);
      if (length > this.#end - this.#at) throw STOP;
      this.#at += length;
      return;
    }
    if (magic !== MAGIC) throw STOP;
    const hasSum = this.#frameHead();
    this.#frameAt = this.#length;
    this.#huffman = undefined;
    this.#tables = [];
    this.#repeats = [1, 4, 8];
    for (let last = false; !last; ) last = this.#block();
    if (hasSum) this.#number(4);
  }

  /** §3.1.1.1; whether a check sum ends the frame. */
  #frameHead(): boolean {
    const flags = this.#number(1);
    const isSingle = (flags & 32) !== 0;
    if ((flags & 8) !== 0) throw STOP;
    if (!isSingle) this.#number(1);
    if (this.#number([0, 1, 2, 4][flags & 3]!) !== 0) throw STOP;
    const size = flags >> 6;
    this.#number(size === 0 ? (isSingle ? 1 : 0) : 1 << size);
    return (flags & 4) !== 0;
  }

  /** §3.1.1.2; whether it is the frame's last. */
  #block(): boolean {
    if (++this.#blocks > MAX_BLOCKS) throw STOP;
    const head = this.#number(3);
    const size = head >> 3;
    if (size > MAX_BLOCK) throw STOP;
    const kind = (head >> 1) & 3;
    if (kind === 0) this.#copyRaw(size);
    else if (kind === 1) this.#fill(this.#number(1), size);
    else if (kind === 2) this.#compressed(size);
    else throw STOP;
    return (head & 1) === 1;
  }

  /** Of a block that was cut what is there. */
  #copyRaw(size: number): void {
    const stop = Math.min(this.#end, this.#at + size);
    this.#put(this.#bytes, this.#at, stop);
    if (stop < this.#at + size) throw STOP;
    this.#at = stop;
  }

  #fill(byte: number, size: number): void {
    const room = this.#makeRoom(size);
    this.#out.fill(byte, this.#length, this.#length + room);
    this.#length += room;
    if (room < size) throw STOP;
  }

  #put(bytes: Uint8Array, start: number, end: number): void {
    const room = this.#makeRoom(end - start);
    this.#out.set(bytes.subarray(start, start + room), this.#length);
    this.#length += room;
    if (room < end - start) throw STOP;
  }

  /** How many of `count` bytes still fit; for so many there is space then. */
  #makeRoom(count: number): number {
    const room = Math.min(count, this.#limit - this.#length);
    if (this.#length + room <= this.#out.length) return room;
    const larger = new Uint8Array(Math.min(this.#limit, Math.max(this.#length + room, this.#out.length * 2)));
    larger.set(this.#out);
    this.#out = larger;
    return room;
  }

  #compressed(size: number): void {
    const start = this.#at;
    const end = start + size;
    if (end > this.#end) throw STOP;
    const literals = readLiterals(this.#bytes, start, end, this.#huffman);
    this.#huffman = literals.table;
    this.#at = literals.end;
    const count = this.#sequenceCount(end);
    const done = count === 0 ? 0 : this.#sequences(count, end, literals.bytes);
    this.#put(literals.bytes, done, literals.bytes.length);
    this.#at = end;
  }

  /** §3.1.1.3.2.1. */
  #sequenceCount(end: number): number {
    const first = this.#number(1);
    if (first >= 128 && this.#at + (first === 255 ? 2 : 1) > end) throw STOP;
    if (first < 128) return first;
    return first < 255 ? (first - 128) * 256 + this.#number(1) : this.#number(2) + 0x7f00;
  }

  /** Gives how many literals were used. */
  #sequences(count: number, end: number, literals: Uint8Array): number {
    const modes = this.#number(1);
    if ((modes & 3) !== 0) throw STOP;
    const lengths = this.#table(0, modes >> 6, LITERAL_LENGTHS, end);
    const offsets = this.#table(1, (modes >> 4) & 3, OFFSETS, end);
    const matches = this.#table(2, (modes >> 2) & 3, MATCH_LENGTHS, end);
    const from = new BackwardBits(this.#bytes, this.#at, end);
    let length = from.take(lengths.log);
    let offset = from.take(offsets.log);
    let match = from.take(matches.log);
    let done = 0;
    for (let i = 1; ; i++) {
      // §3.1.1.3.2.1.1: the offset's bits come first, then the match's, then the literals'.
      const distanceCode = offsets.symbols[offset]!;
      if (distanceCode > MAX_BITS) throw STOP;
      const value = (1 << distanceCode) + from.take(distanceCode);
      const copied = lengthOf(
        matches.symbols[match]! + SHORTEST_MATCH,
        MATCH_PLAIN + SHORTEST_MATCH,
        MATCH_BASE,
        MATCH_EXTRA,
        from,
      );
      const plain = lengthOf(lengths.symbols[length]!, LITERAL_PLAIN, LITERAL_BASE, LITERAL_EXTRA, from);
      if (from.isPast || done + plain > literals.length) throw STOP;
      this.#put(literals, done, done + plain);
      done += plain;
      this.#copy(this.#distance(value, plain === 0), copied);
      if (i === count) break;
      length = lengths.bases[length]! + from.take(lengths.bits[length]!);
      match = matches.bases[match]! + from.take(matches.bits[match]!);
      offset = offsets.bases[offset]! + from.take(offsets.bits[offset]!);
    }
    if (from.left !== 0) throw STOP;
    return done;
  }

  /** §3.1.1.3.2.1: the usual one, one symbol, described here, or the one before. */
  #table(which: 0 | 1 | 2, mode: number, { mostLog, symbols, usual }: Code, end: number): StateTable {
    if (mode === 3) {
      const before = this.#tables[which];
      if (before === undefined) throw STOP;
      return before;
    }
    const { table, end: at } =
      mode === 0 ? { table: usual, end: this.#at } : this.#described(mode, mostLog, symbols, end);
    this.#at = at;
    this.#tables[which] = table;
    return table;
  }

  #described(mode: number, mostLog: number, symbols: number, end: number): Described<StateTable> {
    if (mode === 2) return readStateTable(this.#bytes, this.#at, end, mostLog, symbols);
    const symbol = this.#bytes[this.#at]!;
    if (this.#at >= end || symbol >= symbols) throw STOP;
    return { table: singleState(symbol), end: this.#at + 1 };
  }

  /** §3.1.1.5: values up to three name one of the last three distances, by one further where no literals come before. */
  #distance(value: number, shifted: boolean): number {
    const [first, second, third] = this.#repeats;
    const which = value > 3 ? 4 : value + (shifted ? 1 : 0);
    if (which === 1) return first;
    const distance = value > 3 ? value - 3 : which === 2 ? second : which === 3 ? third : first - 1;
    this.#repeats = [distance, first, which === 2 ? third : second];
    return distance;
  }

  #copy(distance: number, count: number): void {
    if (distance < 1 || distance > this.#length - this.#frameAt) throw STOP;
    const room = this.#makeRoom(count);
    // Byte by byte: what is copied may be what was just written.
    for (let i = 0; i < room; i++, this.#length++) this.#out[this.#length] = this.#out[this.#length - distance]!;
    if (room < count) throw STOP;
  }
}

/** `code` below `plain` is the length; above, a base and some bits. */
function lengthOf(
  code: number,
  plain: number,
  bases: readonly number[],
  extra: readonly number[],
  from: BackwardBits,
): number {
  return code < plain ? code : bases[code - plain]! + from.take(extra[code - plain]!);
}

/** Whether the first bytes are those of a frame. */
export function isZstd(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    bytes[start] === 0x28 &&
    bytes[start + 1] === 0xb5 &&
    bytes[start + 2] === 0x2f &&
    bytes[start + 3] === 0xfd
  );
}

/** All frames of [start, end), at most `limit` bytes of them; `undefined` where no frame begins there. */
export function unzstd(bytes: Uint8Array, start: number, end: number, limit: number): Unpacked | undefined {
  if (!isZstd(bytes, start, end)) return undefined;
  const decoder = new Decoder(bytes, start, end, limit);
  const whole = decoder.run();
  return { bytes: decoder.taken, whole };
}
