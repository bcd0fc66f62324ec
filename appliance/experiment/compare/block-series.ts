// What happened in each block of time of two selections: the rows that permutation-test.ts shuffles. Only blocks in which something
// happened are held, as most destinations are silent most of the time. Pure.

/** What is counted of a row, in this order. */
export const MEASURES = ['sessions', 'packets', 'bytes_up', 'bytes_down'] as const;
/** Indices of all of them. */
export const ALL_MEASURES: readonly number[] = MEASURES.map((_, i) => i);

/** Sums over one block of time, in the order of `MEASURES`. */
export type BlockSums = readonly [sessions: number, packets: number, bytesUp: number, bytesDown: number];

/** Blocks of equal length of one selection. */
export interface Blocks {
  /** All of them, silent ones too. */
  readonly count: number;
  /** Those in which something happened. */
  readonly active: readonly BlockSums[];
}
