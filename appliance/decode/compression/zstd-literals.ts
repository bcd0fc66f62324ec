// The literals of a block of Zstandard (RFC 8878 §3.1.1.3.1): as they are, one repeated, or coded by Huffman.
import { STOP } from './unpacked.ts';
import { BackwardBits } from './zstd-bits.ts';
import { type HuffmanTable, readHuffman, readHuffmanTable } from './zstd-tables.ts';

/** §3.1.1.2.4: a block gives at most 128 KiB, of which its literals are a part. */
export const MAX_BLOCK = 131_072;

export interface Literals {
  readonly bytes: Uint8Array;
  /** Behind the section. */
  readonly end: number;
  /** What a later block may use again. */
  readonly table: HuffmanTable | undefined;
}

/** The sizes that a section's head says; `packed` is -1 where the literals are not coded by Huffman. */
interface Sizes {
  readonly plain: number;
  readonly packed: number;
  readonly streams: 1 | 4;
  readonly head: number;
}

export function readLiterals(bytes: Uint8Array, start: number, end: number, known: HuffmanTable | undefined): Literals {
  const kind = (bytes[start] ?? 0) & 3;
  const sizes = kind < 2 ? plainSizes(bytes, start, end) : codedSizes(bytes, start, end);
  const at = start + sizes.head;
  if (at > end || sizes.plain > MAX_BLOCK) throw STOP;
  if (kind === 0) {
    if (at + sizes.plain > end) throw STOP;
    return { bytes: bytes.subarray(at, at + sizes.plain), end: at + sizes.plain, table: known };
  }
  if (kind === 1) {
    if (at >= end) throw STOP;
    return { bytes: new Uint8Array(sizes.plain).fill(bytes[at]!), end: at + 1, table: known };
  }
  const stop = at + sizes.packed;
  if (stop > end) throw STOP;
  const described = kind === 2 ? readHuffmanTable(bytes, at, stop) : { table: known, end: at };
  if (described.table === undefined) throw STOP;
  const plain = new Uint8Array(sizes.plain);
  if (sizes.streams === 4) readFour(described.table, bytes, described.end, stop, plain);
  else readHuffman(described.table, new BackwardBits(bytes, described.end, stop), plain, 0, plain.length);
  return { bytes: plain, end: stop, table: described.table };
}

function littleEndian(bytes: Uint8Array, start: number, end: number, count: number): number {
  if (start + count > end) throw STOP;
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[start + i]!;
  return value;
}

function plainSizes(bytes: Uint8Array, start: number, end: number): Sizes {
  const format = ((bytes[start] ?? 0) >> 2) & 3;
  const head = format === 1 ? 2 : format === 3 ? 3 : 1;
  const value = littleEndian(bytes, start, end, head);
  return { plain: head === 1 ? value >> 3 : value >> 4, packed: -1, streams: 1, head };
}

function codedSizes(bytes: Uint8Array, start: number, end: number): Sizes {
  const format = ((bytes[start] ?? 0) >> 2) & 3;
  const head = format < 2 ? 3 : format + 2;
  const width = format < 2 ? 10 : format === 2 ? 14 : 18;
  // Up to 40 bits: no shifts.
  const value = Math.floor(littleEndian(bytes, start, end, head) / 16);
  const plain = value % 2 ** width;
  return { plain, packed: Math.floor(value / 2 ** width), streams: format === 0 ? 1 : 4, head };
}

/** §3.1.1.3.1.6: three sizes, then four streams that give a quarter each. */
function readFour(table: HuffmanTable, bytes: Uint8Array, start: number, end: number, plain: Uint8Array): void {
  const quarter = (plain.length + 3) >> 2;
  if (quarter * 3 > plain.length) throw STOP;
  let at = start + 6;
  for (let i = 0; i < 4; i++) {
    const stop = i < 3 ? at + littleEndian(bytes, start + i * 2, end, 2) : end;
    if (stop > end) throw STOP;
    const stream = new BackwardBits(bytes, at, stop);
    readHuffman(table, stream, plain, quarter * i, i < 3 ? quarter * (i + 1) : plain.length);
    at = stop;
  }
}
