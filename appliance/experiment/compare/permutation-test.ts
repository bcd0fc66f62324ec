// Could the difference between two selections be chance? The labels A and B are shuffled over blocks of time: where nothing differs,
// any other labelling was as likely (R. A. Fisher 1935; E. J. G. Pitman 1937). Several measures are judged together by the
// largest standardised difference (P. H. Westfall, S. S. Young 1993), so that looking at four does not make a fourfold chance. Pure.

import { gammaln } from 'simple-statistics';
import type { Blocks } from './block-series.ts';
import type { Random } from './seeded-random.ts';

export interface TestResult {
  /** Probability of such a difference, or a larger one, by chance. */
  readonly p: number;
  /** The smallest that these blocks could have given: above a level, nothing could ever be said at that level. */
  readonly least: number;
  /** `exact`: all labellings; `drawn`: a sample of them. */
  readonly method: 'exact' | 'drawn';
  /** The measure that differs most, an index into the measures that were tested. */
  readonly measure: number;
}

/** Distinguishable labellings that are all looked at. */
const MAX_ENUMERATED = 4000;
/** Of a sample: p can be as small as one in so many. */
const MAX_DRAWN = 19_999;
/** After so many labellings with as large a difference the answer is no (J. Besag, P. Clifford 1991: p stays exact). */
const ENOUGH = 25;
/** Differences that are equal but for rounding. */
const ROUNDING = 1e-9;

/**
 * @param measures which of MEASURES take part
 * @returns p for two sides; 1 where nothing happened, or one selection has no block
 */
export function permutationTest(a: Blocks, b: Blocks, measures: readonly number[], random: Random): TestResult {
  const values = [...b.active, ...a.active].map((block) => measures.map((measure) => block[measure]!));
  const all = a.count + b.count;
  const scales = measures.map((_, i) => scaleOf(values, i, all, b.count));
  const observed = b.active.reduce<number[]>(
    (sums, block) => sums.map((sum, i) => sum + block[measures[i]!]!),
    measures.map(() => 0),
  );
  const differences = observed.map((sum, i) => standardised(sum, scales[i]!));
  const largest = Math.max(0, ...differences);
  const measure = Math.max(0, differences.indexOf(largest));
  if (largest === 0) return { p: 1, least: 1, method: 'exact', measure };
  const shuffle: Shuffle = { values, scales, all, chosen: b.count, largest: largest - ROUNDING };
  const exact = enumerate(shuffle);
  return { ...(exact ?? draw(shuffle, random)), measure };
}

interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

interface Shuffle {
  /** Of blocks in which something happened, by measure. */
  readonly values: readonly (readonly number[])[];
  readonly scales: readonly Scale[];
  readonly all: number;
  /** Blocks that are called B. */
  readonly chosen: number;
  readonly largest: number;
}

/** Of the sum over `chosen` of `all` blocks, drawn without replacement (W. G. Cochran, Sampling Techniques, §2.5). */
function scaleOf(values: readonly (readonly number[])[], i: number, all: number, chosen: number): Scale {
  if (all < 2) return { mean: 0, deviation: 0 };
  const mean = values.reduce((sum, block) => sum + block[i]!, 0) / all;
  const silent = all - values.length;
  const squares = values.reduce((sum, block) => sum + (block[i]! - mean) ** 2, silent * mean ** 2);
  const variance = (chosen * (all - chosen) * squares) / (all * (all - 1));
  return { mean: chosen * mean, deviation: Math.sqrt(variance) };
}

function standardised(sum: number, { mean, deviation }: Scale): number {
  return deviation <= ROUNDING ? 0 : Math.abs(sum - mean) / deviation;
}

/** Undefined where there are too many. Silent blocks are alike: two labellings differ only in which of the other blocks are called B. */
function enumerate({ values, scales, all, chosen, largest }: Shuffle): Omit<TestResult, 'measure'> | undefined {
  const active = values.length;
  const silent = all - active;
  const fewest = Math.max(0, chosen - silent);
  const most = Math.min(active, chosen);
  let labellings = 0;
  for (let k = fewest; k <= most && labellings <= MAX_ENUMERATED; k++) labellings += choose(active, k);
  if (labellings > MAX_ENUMERATED) return undefined;
  const total = logChoose(all, chosen);
  let p = 0;
  let top = 0;
  let least = 1;
  const sums = scales.map(() => 0);
  const visit = (at: number, taken: number): void => {
    if (taken > most || taken + active - at < fewest) return;
    if (at < active) {
      visit(at + 1, taken);
      for (let i = 0; i < sums.length; i++) sums[i]! += values[at]![i]!;
      visit(at + 1, taken + 1);
      for (let i = 0; i < sums.length; i++) sums[i]! -= values[at]![i]!;
      return;
    }
    const weight = Math.exp(logChoose(silent, chosen - taken) - total);
    const difference = Math.max(...sums.map((sum, i) => standardised(sum, scales[i]!)));
    if (difference >= largest) p += weight;
    if (difference > top + ROUNDING) [top, least] = [difference, weight];
    else if (difference > top - ROUNDING) least += weight;
  };
  visit(0, 0);
  return { p: Math.min(1, p), least: Math.min(1, least), method: 'exact' };
}

function draw({ values, scales, all, chosen, largest }: Shuffle, random: Random): Omit<TestResult, 'measure'> {
  const width = scales.length;
  const flat = Float64Array.from(values.flat());
  const active = values.length;
  const sums = new Float64Array(width);
  const least = 1 / (MAX_DRAWN + 1);
  let asLarge = 0;
  for (let drawn = 1; drawn <= MAX_DRAWN; drawn++) {
    sums.fill(0);
    let open = chosen;
    // Each block in turn is called B with the share of B that is still to be given away: a labelling without a bias.
    for (let at = 0; at < active && open > 0; at++) {
      if (random() * (all - at) >= open) continue;
      open--;
      for (let i = 0; i < width; i++) sums[i]! += flat[at * width + i]!;
    }
    let difference = 0;
    for (let i = 0; i < width; i++) difference = Math.max(difference, standardised(sums[i]!, scales[i]!));
    if (difference < largest) continue;
    asLarge++;
    if (asLarge === ENOUGH) return { p: ENOUGH / drawn, least, method: 'drawn' };
  }
  return { p: (asLarge + 1) / (MAX_DRAWN + 1), least, method: 'drawn' };
}

/** Natural logarithms of factorials met so far: the same few hundred are asked for a thousand times. */
const factorials: number[] = [];

function logFactorialOf(n: number): number {
  return (factorials[n] ??= gammaln(n + 1));
}

function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  return logFactorialOf(n) - logFactorialOf(k) - logFactorialOf(n - k);
}

function choose(n: number, k: number): number {
  return Math.round(Math.exp(logChoose(n, k)));
}
