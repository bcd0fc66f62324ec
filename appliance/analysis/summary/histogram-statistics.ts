// What a byte histogram says about randomness, and how much of it n bytes can say at all. Pure arithmetic on counts;
// used by the flow table for windows and by verdict.ts. Formulas and measurements: see each function.

/** 256 byte counts; any integer array. */
export type Histogram = ArrayLike<number>;

/** Most counts are below this; of them the logarithm is taken once. */
export const KNOWN_COUNTS = 65_536;
/** c log2 c, exact to the double; 0 for 0 and 1. */
export const C_LOG_C = new Float64Array(KNOWN_COUNTS);
for (let c = 2; c < KNOWN_COUNTS; c++) C_LOG_C[c] = c * Math.log2(c);

/** Plug-in Shannon entropy in bits per byte: log2 n - (1/n) sum c log2 c. Null without bytes. */
export function entropy(histogram: Histogram, n: number): number | null {
  if (n <= 0) return null;
  let sum = 0;
  for (let i = 0; i < 256; i++) {
    const c = histogram[i] ?? 0;
    if (c > 1) sum += C_LOG_C[c] ?? c * Math.log2(c);
  }
  // Rounding may leave a constant stream at -1e-16.
  return Math.max(0, Math.log2(n) - sum / n);
}

/** Pearson's statistic against 256 equal cells, from integers only: (256/n) sum c^2 - n. Zero without bytes. */
export function chiSquare(histogram: Histogram, n: number): number {
  if (n <= 0) return 0;
  let sum = 0;
  for (let i = 0; i < 256; i++) {
    const c = histogram[i] ?? 0;
    sum += c * c;
  }
  return (256 / n) * sum - n;
}

/** Deviations of `chiSquare` from its mean under uniform bytes: 255, variance 510 (n-1)/n, exact for every n. */
export function chiSquareZ(histogram: Histogram, n: number): number {
  if (n <= 1) return 0;
  return (chiSquare(histogram, n) - 255) / Math.sqrt((510 * (n - 1)) / n);
}

/** Effect size: how far from uniform, whatever n is. About 0 for ciphertext, 0.002 gzip, 0.03 JPEG, above 5 for text. */
export function phi2(histogram: Histogram, n: number): number {
  return n <= 0 ? 0 : (chiSquare(histogram, n) - 255) / n;
}

/** Share of bytes that are printable ASCII, tab, line feed or carriage return. Null without bytes. */
export function printableShare(histogram: Histogram, n: number): number | null {
  if (n <= 0) return null;
  let count = (histogram[9] ?? 0) + (histogram[10] ?? 0) + (histogram[13] ?? 0);
  for (let i = 0x20; i < 0x7f; i++) count += histogram[i] ?? 0;
  return count / n;
}

/** The histogram of a few bytes. */
export function histogramOf(bytes: Uint8Array): Uint32Array {
  const histogram = new Uint32Array(256);
  for (const byte of bytes) histogram[byte]! += 1;
  return histogram;
}

/**
 * Far from uniform: plain text, tables, counters, records of a binary protocol. Neither ciphertext nor compression
 * comes near it (measured up to 0.13, MPEG-TS). A window of 16 KiB with one eighth text has about 0.2.
 */
export function isStructured(histogram: Histogram, n: number): boolean {
  return n >= 256 && phi2(histogram, n) > 0.15 && chiSquareZ(histogram, n) > 4;
}

/** Bytes up to which the sum itself is computed; beyond, the leading terms of its expansion take its place. */
const NATURAL_LIMIT = 100_000;
const expectedCache = new Map<string, number>();
/** Results computed before, kept to save work; others are computed again. */
const CACHE_LIMIT = 4096;

/**
 * Expected plug-in entropy of n uniform bytes, bits per byte. Exact up to 100,000 bytes: a cell's count is binomial
 * (n, 1/256), so E[H] = log2 n - (256/n) E[c log2 c]; beyond, the two leading terms of its expansion (error < 1e-9).
 * 128 ciphertext bytes: 6.55; 1,024: 7.81. Null without bytes.
 */
export function expectedEntropy(n: number): number | null {
  if (n <= 0) return null;
  if (n > NATURAL_LIMIT) return 8 - 255 / (2 * n * Math.LN2) - (256 * 256 - 1) / (12 * n * n * Math.LN2);
  const key = String(n);
  const known = expectedCache.get(key);
  if (known !== undefined) return known;
  const value = Math.log2(n) - (256 / n) * binomialMean(n, (c) => c * Math.log2(c));
  if (expectedCache.size < CACHE_LIMIT) expectedCache.set(key, value);
  return value;
}

/**
 * Standard deviation of the same. Exact up to 4,096 bytes from the joint distribution of two cells; beyond, from
 * 2 n ln2 (8 - H) being chi-square distributed with 255 degrees of freedom.
 */
export function expectedEntropySd(n: number): number | null {
  if (n <= 0) return null;
  if (n > 4096) return Math.sqrt(510) / (2 * n * Math.LN2);
  const f = (c: number): number => (c > 1 ? c * Math.log2(c) : 0);
  const mean = binomialMean(n, f);
  const single = binomialMean(n, (c) => f(c) ** 2);
  // E[f(c1) f(c2)]: given c1, the second cell is binomial (n - c1, 1/255).
  const joint = binomialMean(n, (c) => (c > 1 ? f(c) * binomialMean(n - c, f, 1 / 255) : 0));
  const variance = 256 * single + 256 * 255 * joint - (256 * mean) ** 2;
  return Math.sqrt(Math.max(0, variance)) / n;
}

/** E[f(c)] for c binomial (n, p); f(0) and f(1) must be 0. Terms beyond 12 deviations are below 1e-30 and left out. */
function binomialMean(n: number, f: (c: number) => number, p = 1 / 256): number {
  const mean = n * p;
  const reach = 12 * Math.sqrt(mean) + 24;
  const from = Math.max(2, Math.floor(mean - reach));
  const to = Math.min(n, Math.ceil(mean + reach));
  if (to < from) return 0;
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logP = logBinomial(n, from) + from * Math.log(p) + (n - from) * Math.log1p(-p);
  let sum = 0;
  for (let c = from; c <= to; c++) {
    sum += Math.exp(logP) * f(c);
    logP += logOdds + Math.log((n - c) / (c + 1));
  }
  return sum;
}

function logBinomial(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series from 32 up (error < 1e-14), summed below. */
function logFactorial(n: number): number {
  if (n >= 32) return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
}

export interface TrimmedDeviation {
  /** Effect size over the 248 remaining cells, about 0 under uniform bytes. */
  readonly phi2: number;
  /** Deviations from its mean under uniform bytes. */
  readonly z: number;
  /** Share of the bytes that were in the cells dropped: 0.03 to 0.12 under uniform bytes. */
  readonly dropped: number;
}

/**
 * Mean and deviation of the trimmed statistic under uniform bytes by log2 n, from 4,000 simulated histograms per n:
 * dropping the largest cells lowers it below 247.
 */
const TRIMMED_NULL: readonly (readonly [log2n: number, mean: number, sd: number])[] = [
  [8, 207.6, 16.2],
  [9, 208.3, 18.0],
  [10, 208.8, 18.6],
  [12, 210.4, 19.0],
  [14, 212.0, 19.4],
  [18, 212.5, 19.5],
];
const TRIMMED_CELLS = 8;
/** The largest cells of the current histogram, largest first. Fresh memory for each would cost more than the arithmetic. */
const largest = new Float64Array(TRIMMED_CELLS);

/**
 * Chi-square of the histogram without its 8 largest cells: framing (record headers, lengths, a counter's high bytes)
 * lands in a few cells, and what is left shows the body. Meaningless below 256 bytes.
 */
export function trimmedDeviation(histogram: Histogram, n: number): TrimmedDeviation {
  largest.fill(0);
  let rest = 0;
  let squares = 0;
  for (let i = 0; i < 256; i++) {
    const c = histogram[i] ?? 0;
    rest += c;
    squares += c * c;
    if (c > largest[TRIMMED_CELLS - 1]!) keepLargest(c);
  }
  for (const c of largest) {
    rest -= c;
    squares -= c * c;
  }
  // Nothing outside eight byte values: as far from uniform as bytes can be.
  if (rest === 0) return { phi2: n > 0 ? 31 : 0, z: n, dropped: n > 0 ? 1 : 0 };
  const [mean, sd] = trimmedNull(Math.log2(n));
  const excess = ((256 - TRIMMED_CELLS) / rest) * squares - rest - mean;
  return { phi2: excess / rest, z: excess / sd, dropped: 1 - rest / n };
}

function keepLargest(value: number): void {
  let i = TRIMMED_CELLS - 1;
  for (; i > 0 && largest[i - 1]! < value; i--) largest[i] = largest[i - 1]!;
  largest[i] = value;
}

function trimmedNull(log2n: number): readonly [mean: number, sd: number] {
  let low = TRIMMED_NULL[0]!;
  for (const high of TRIMMED_NULL) {
    if (log2n <= high[0]) {
      const share = high[0] === low[0] ? 0 : Math.max(0, (log2n - low[0]) / (high[0] - low[0]));
      return [low[1] + share * (high[1] - low[1]), low[2] + share * (high[2] - low[2])];
    }
    low = high;
  }
  return [low[1], low[2]];
}
