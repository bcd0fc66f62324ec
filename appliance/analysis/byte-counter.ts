// The innermost loop: counts the byte values of one payload into a histogram and returns the payload's own entropy.
// Four interleaved tables, because consecutive equal bytes would wait for each other's increment in one; four bytes are
// read at once, and sums of c log2 c run in four lanes for the same reason. Called for every packet with payload.

import { C_LOG_C, KNOWN_COUNTS } from './randomness.ts';

/** Entropies of packets are summed in this many units a bit, so that sums are integers and order does not matter. */
export const ENTROPY_UNITS = 1_048_576;

/** Below this one table and a second look at the bytes are cheaper than a walk over 256 cells. */
const SHORT = 160;

/** What (c+1) log2 (c+1) has over c log2 c. */
const STEP = new Float64Array(SHORT + 1);
for (let c = 0; c < STEP.length; c++) STEP[c] = C_LOG_C[c + 1]! - C_LOG_C[c]!;

/** The four tables: cell v of table k is at 256 k + v. All zero between calls. */
const tables = new Int32Array(1024);
const discarded = new Uint32Array(256);

export class ByteCounter {
  #words: Int32Array = new Int32Array(0);
  #buffer: ArrayBufferLike | undefined;

  /** Adds bytes [start, end) to the 256 cells from `base`; returns their entropy in units, 0 for none. */
  count(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): number {
    const n = end - start;
    if (n <= 0) return 0;
    // Only payloads of jumbograms are longer.
    if (n >= KNOWN_COUNTS) return this.#countLong(bytes, start, end, cells, base);
    const sum =
      n < SHORT ? countShort(bytes, start, end, cells, base) : this.#countUsual(bytes, start, end, cells, base);
    return Math.round((Math.log2(n) - sum / n) * ENTROPY_UNITS);
  }

  /** The entropy alone, for payload that is kept as it is. */
  entropy(bytes: Uint8Array, start: number, end: number): number {
    return this.count(bytes, start, end, discarded, 0);
  }

  #countUsual(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): number {
    if (this.#buffer !== bytes.buffer) this.#look(bytes);
    fill(bytes, this.#words, start, end);
    return merge(cells, base);
  }

  /** A view of the same memory in aligned words, kept as long as the buffer stays the same. */
  #look(bytes: Uint8Array): void {
    this.#buffer = bytes.buffer;
    this.#words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
  }

  /** A jumbogram: counts may be beyond the table of logarithms. */
  #countLong(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): number {
    const counts = new Uint32Array(256);
    for (let i = start; i < end; i++) counts[bytes[i]!]!++;
    let sum = 0;
    for (let v = 0; v < 256; v++) {
      const c = counts[v]!;
      if (c > 1) sum += c * Math.log2(c);
      cells[base + v]! += c;
    }
    const n = end - start;
    return Math.round((Math.log2(n) - sum / n) * ENTROPY_UNITS);
  }
}

/** Returns the sum of c log2 c. */
function countShort(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): number {
  const table = tables;
  const step = STEP;
  let sum = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    const c = table[byte]!;
    sum += step[c]!;
    table[byte] = c + 1;
  }
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    cells[base + byte]!++;
    table[byte] = 0;
  }
  return sum;
}

function fill(bytes: Uint8Array, words: Int32Array, start: number, end: number): void {
  const table = tables;
  const offset = bytes.byteOffset;
  let i = start;
  while (((i + offset) & 3) !== 0) table[bytes[i++]!]!++;
  const stop = ((i + offset) >> 2) + ((end - i) >> 2);
  for (let w = (i + offset) >> 2; w < stop; w++) {
    const word = words[w]!;
    table[word & 255]!++;
    table[256 + ((word >>> 8) & 255)]!++;
    table[512 + ((word >>> 16) & 255)]!++;
    table[768 + (word >>> 24)]!++;
  }
  for (i = (stop << 2) - offset; i < end; i++) table[bytes[i]!]!++;
}

/** Moves the four tables into the cells; returns the sum of c log2 c of what was moved. */
function merge(cells: Uint32Array, base: number): number {
  const t = tables;
  const cLogC = C_LOG_C;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let v = 0; v < 256; v += 4) {
    const c0 = t[v]! + t[v + 256]! + t[v + 512]! + t[v + 768]!;
    const c1 = t[v + 1]! + t[v + 257]! + t[v + 513]! + t[v + 769]!;
    const c2 = t[v + 2]! + t[v + 258]! + t[v + 514]! + t[v + 770]!;
    const c3 = t[v + 3]! + t[v + 259]! + t[v + 515]! + t[v + 771]!;
    sum0 += cLogC[c0]!;
    sum1 += cLogC[c1]!;
    sum2 += cLogC[c2]!;
    sum3 += cLogC[c3]!;
    cells[base + v]! += c0;
    cells[base + v + 1]! += c1;
    cells[base + v + 2]! += c2;
    cells[base + v + 3]! += c3;
  }
  t.fill(0);
  return sum0 + sum1 + (sum2 + sum3);
}
