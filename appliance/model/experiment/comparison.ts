// Two selections of recorded traffic held against each other, as `weir diff`, API and page show it. Made by experiment/compare/.
// Versioned by `schema`; it only ever gains fields. Bytes are those of frames, times ISO 8601 UTC or seconds, rates per hour watched.

/**
 * `added`, `gone`: never seen on one side, and by chance that happens in fewer than `level` of such comparisons. `changed`: on both, and
 * the rates differ beyond chance. `alike`: on both, and the rates surely differ by less than a factor of two. Else `cannot_say`.
 */
export const COMPARISON_VERDICTS = ['added', 'gone', 'changed', 'cannot_say', 'alike'] as const;
export type ComparisonVerdict = (typeof COMPARISON_VERDICTS)[number];

/** What is held against each other. `total` are the comparisons named beforehand; the others are as long as what was found. */
export const COMPARISON_LISTS = [
  'total',
  'destination',
  'organisation',
  'country',
  'port',
  'protocol',
  'protection',
  'cleartext',
  'tls_version',
  'tls_cipher',
  'tls_client',
  'tls_certificate',
  'party',
  'period',
] as const;
export type ComparisonList = (typeof COMPARISON_LISTS)[number];

/** Where to look: file of the selection, number of the packet in it from 1. */
export interface ComparisonPacket {
  readonly file: string;
  /** Number of the file among the segments of an appliance; null for any other file. */
  readonly segment: number | null;
  readonly packet: number;
  readonly ts: string;
}

/** What one side has of a row; rates are per hour that was watched. */
export interface ComparedTraffic {
  /** Of a period: bursts that came one period after the one before. */
  readonly sessions: number;
  readonly packets: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  readonly sessions_per_hour: number;
  readonly packets_per_hour: number;
  readonly bytes_up_per_hour: number;
  readonly bytes_down_per_hour: number;
  /** Blocks of time in which it was seen, of those that were compared. */
  readonly active_blocks: number;
  /** Null where only sums are kept. */
  readonly first: ComparisonPacket | null;
}

/** B divided by A; the interval holds the true value in 95 of 100 such comparisons. Null where one side has too little. */
export interface ComparedRatio {
  readonly ratio: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface ComparedRow {
  readonly list: ComparisonList;
  readonly name: string;
  readonly verdict: ComparisonVerdict;
  /** One clause for people. */
  readonly why: string;
  /** Null where it was never seen. */
  readonly a: ComparedTraffic | null;
  readonly b: ComparedTraffic | null;
  /** Chance of such a difference where nothing differs; null where it was not tested. */
  readonly p: number | null;
  /** After Holm (`total`) or Benjamini and Hochberg (the lists): judged against half of `level` each. */
  readonly p_adjusted: number | null;
  /** All labellings of the blocks, or a sample of them. */
  readonly method: 'exact' | 'drawn' | null;
  /** That differs most: `sessions`, `packets`, `bytes_up`, `bytes_down`. */
  readonly measure: string | null;
  readonly block_seconds: number | null;
  readonly blocks: { readonly a: number; readonly b: number } | null;
  readonly sessions_ratio: ComparedRatio | null;
  readonly bytes_ratio: ComparedRatio | null;
  /** Of that measure over blocks, -1 to 1: how much more often a block of B has more than one of A than less. */
  readonly cliffs_delta: number | null;
}

export interface ComparedSide {
  readonly label: string;
  /** What was watched, in hours: the rates' denominator. */
  readonly hours: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly packets: number;
  readonly devices: readonly string[];
  /** Addresses on the Internet. */
  readonly destinations: number;
  readonly files: readonly string[];
}

export interface Comparison {
  readonly schema: 'weir.comparison/1';
  readonly tool: { readonly name: 'weir'; readonly version: string; readonly geo: { readonly date: string } | null };
  /** MAC or address; null for all devices together. */
  readonly device: string | null;
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  /** Chance of a false row among all where nothing differs: half of it for `total`, half for the lists. */
  readonly level: number;
  /** Same selections and seed, same digits. */
  readonly seed: string;
  readonly rows: readonly ComparedRow[];
  /** Rows beyond the busiest, packets of conversations that had no room. */
  readonly left_out: { readonly rows: number; readonly packets: number };
  readonly notes: readonly string[];
}
