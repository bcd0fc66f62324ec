// How large a difference is, and how well that is known. Pure.

import { quantileSorted } from 'simple-statistics';
import type { Blocks } from './block-series.ts';
import type { Random } from './seeded-random.ts';

/** 95 % of such intervals hold the true value. */
export type Interval = readonly [low: number, high: number];

const TAILS: readonly [number, number] = [0.025, 0.975];
const RESAMPLES = 399;
/** With fewer blocks in which something happened a resample says nothing about those that were not seen. */
const LEAST_ACTIVE = 5;

/**
 * Rate in B divided by rate in A, by resampling blocks with replacement (percentile bootstrap: B. Efron 1979; blocks: H. R. Künsch 1989).
 * Null where something happened in too few blocks of one of them.
 */
export function rateRatioInterval(a: Blocks, b: Blocks, measure: number, random: Random): Interval | null {
  if (happened(a, measure) < LEAST_ACTIVE || happened(b, measure) < LEAST_ACTIVE) return null;
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const before = resampled(a, measure, random) / a.count;
    const after = resampled(b, measure, random) / b.count;
    return before === 0 ? Number.POSITIVE_INFINITY : after / before;
  }).sort((x, y) => x - y);
  const [low, high] = TAILS.map((tail) => quantileSorted(ratios, tail));
  return Number.isFinite(high) ? [low!, high!] : null;
}

function happened({ active }: Blocks, measure: number): number {
  return active.reduce((count, block) => count + (block[measure]! > 0 ? 1 : 0), 0);
}

function resampled({ count, active }: Blocks, measure: number, random: Random): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += active[Math.floor(random() * count)]?.[measure] ?? 0;
  return sum;
}

/**
 * N. Cliff 1993: how much more likely a block of B has more than a block of A than less; -1 to 1, 0 where neither is larger.
 */
export function cliffsDelta(a: Blocks, b: Blocks, measure: number): number {
  if (a.count === 0 || b.count === 0) return 0;
  const [before, after] = [sorted(a, measure), sorted(b, measure)];
  let sum = 0;
  let [below, upTo] = [0, 0];
  for (const value of after) {
    while (below < before.length && before[below]! < value) below++;
    while (upTo < before.length && before[upTo]! <= value) upTo++;
    sum += below - (before.length - upTo);
  }
  return sum / (a.count * b.count);
}

function sorted({ count, active }: Blocks, measure: number): Float64Array {
  const values = new Float64Array(count);
  for (const [i, block] of active.entries()) values[i] = block[measure]!;
  return values.sort();
}

/**
 * What was never seen in `seconds` may happen so often an hour and be missed with a chance of 5 % (Poisson: 0 events at -ln 0.05,
 * "rule of three").
 */
export function unseenAtMost(seconds: number): number | null {
  return seconds <= 0 ? null : (-Math.log(0.05) * 3600) / seconds;
}

/**
 * How long one would have to watch without seeing it, for its absence to be significant at `level`, where it happened in `active`
 * blocks during `seconds`: then all of them lie in the first part with probability (s / (s + t))^active.
 */
export function secondsToMiss(active: number, seconds: number, level: number): number | null {
  return active <= 0 ? null : seconds * (level ** (-1 / active) - 1);
}
