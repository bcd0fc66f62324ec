// The innermost loop: counts the byte values of one payload into a histogram and returns the payload's own entropy.
// Short payloads are counted here, others in the kernel (kernel/payload-kernel.ts). Called for every packet with payload.

import { addressOf, CELLS, kernel } from '../../kernel/payload-kernel.ts';
import { C_LOG_C, KNOWN_COUNTS } from '../../summary/histogram-statistics.ts';

/** Entropies of packets are summed in this many units a bit, so that sums are integers and order does not matter. */
export const ENTROPY_UNITS = 1_048_576;

/** Below this one table and a second look at the bytes are cheaper than a walk over 256 cells. */
const SHORT = 160;

/** What (c+1) log2 (c+1) has over c log2 c. */
const STEP = new Float64Array(SHORT + 1);
for (let c = 0; c < STEP.length; c++) STEP[c] = C_LOG_C[c + 1]! - C_LOG_C[c]!;

/** All zero between calls. */
const table = new Int32Array(256);
const discarded = new Uint32Array(256);

export class ByteCounter {
  /** Adds bytes [start, end) to the 256 cells from `base`; returns their entropy in units, 0 for none. */
  count(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): number {
    const n = end - start;
    if (n <= 0) return 0;
    // Only payloads of jumbograms are longer.
    if (n >= KNOWN_COUNTS) return this.#countLong(bytes, start, end, cells, base);
    const sum = n < SHORT ? countShort(bytes, start, end, cells, base) : countUsual(bytes, start, end, cells, base);
    return Math.round((Math.log2(n) - sum / n) * ENTROPY_UNITS);
  }

  /** The entropy alone, for payload that is kept as it is. */
  entropy(bytes: Uint8Array, start: number, end: number): number {
    return this.count(bytes, start, end, discarded, 0);
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
function countUsual(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): number {
  const sum = kernel.count(addressOf(bytes, start, end), end - start);
  for (let v = 0; v < 256; v++) cells[base + v]! += CELLS[v]!;
  return sum;
}

/** The same for few bytes. */
function countShort(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): number {
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
