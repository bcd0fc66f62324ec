// The statistics behind weir diff against constants that others published.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benjaminiHochberg, holm } from '../../../appliance/experiment/compare/adjust.ts';
import type { BlockSums, Blocks } from '../../../appliance/experiment/compare/block-series.ts';
import { CoveredTime } from '../../../appliance/experiment/compare/covered-time.ts';
import {
  cliffsDelta,
  rateRatioInterval,
  secondsToMiss,
  unseenAtMost,
} from '../../../appliance/experiment/compare/effect.ts';
import { memoryOf } from '../../../appliance/experiment/compare/memory.ts';
import { permutationTest } from '../../../appliance/experiment/compare/permutation-test.ts';
import { seededRandom } from '../../../appliance/experiment/compare/seeded-random.ts';

/** Blocks that hold only packets. */
function blocks(values: readonly number[], silent = 0): Blocks {
  return { count: values.length + silent, active: values.map((value): BlockSums => [0, value, 0, 0]) };
}

const PACKETS = [1];

test('p of all labellings is that of Fisher’s tea: one of seventy to each side', () => {
  // Eight cups, four of each, all identified right: 1/70 (Fisher 1935 §2.5), and the opposite labelling is as far.
  const { p, method, least } = permutationTest(blocks([], 4), blocks([1, 1, 1, 1]), PACKETS, seededRandom('x'));
  assert.equal(method, 'exact');
  assert.ok(Math.abs(p - 2 / 70) < 1e-12, String(p));
  assert.ok(Math.abs(least - 2 / 70) < 1e-12, String(least));
});

test('p of two samples is the one printed in M. D. Ernst 2004 (Statistical Science 19), §2: 0.1143', () => {
  // 4 of the 35 labellings are as far apart.
  const { p } = permutationTest(blocks([19, 22, 25, 26]), blocks([23, 33, 40]), PACKETS, seededRandom('x'));
  assert.ok(Math.abs(p - 4 / 35) < 1e-12, String(p));
});

test('one event in 3 of 171 hours is as likely as those 3 hours', () => {
  const { p } = permutationTest(blocks([], 168), blocks([1], 2), PACKETS, seededRandom('x'));
  assert.ok(Math.abs(p - 3 / 171) < 1e-9, String(p));
});

test('a sample of the labellings agrees with all of them', () => {
  // 14 of 20 ones among 30 of 60: hypergeometric, both sides (scipy.stats.hypergeom: 2 * sf(13, 60, 20, 30)).
  const { p, method } = permutationTest(
    blocks([1, 1, 1, 1, 1, 1], 24),
    blocks(
      Array.from({ length: 14 }, () => 1),
      16,
    ),
    PACKETS,
    seededRandom('x'),
  );
  assert.equal(method, 'drawn');
  assert.ok(Math.abs(p - 0.0539) < 0.015, String(p));
});

test('nothing on both sides, or no block on one, is no result', () => {
  assert.equal(permutationTest(blocks([], 5), blocks([], 5), PACKETS, seededRandom('x')).p, 1);
  assert.equal(permutationTest(blocks([3, 4]), { count: 0, active: [] }, PACKETS, seededRandom('x')).p, 1);
});

test('Benjamini and Hochberg’s own example: of fifteen four are found, by Bonferroni and Holm three', () => {
  // Benjamini & Hochberg 1995 §3.2 (thrombolysis).
  const ps = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ];
  assert.equal(benjaminiHochberg(ps).filter((p) => p <= 0.05).length, 4);
  assert.equal(holm(ps).filter((p) => p <= 0.05).length, 3);
});

test('Holm and Benjamini–Hochberg give what R’s p.adjust gives, in the order of the input', () => {
  const ps = [0.01, 0.04, 0.03, 0.005];
  const round = (values: readonly number[]) => values.map((value) => Number(value.toFixed(6)));
  assert.deepEqual(round(holm(ps)), [0.03, 0.06, 0.06, 0.02]);
  assert.deepEqual(round(benjaminiHochberg(ps)), [0.02, 0.04, 0.04, 0.02]);
});

test('memory of an autoregressive series is (1 + r) / (1 - r)', () => {
  const random = seededRandom('memory');
  const series = new Float64Array(20_000);
  let level = 0;
  for (let i = 0; i < series.length; i++) {
    level = 0.6 * level + random() - 0.5;
    series[i] = level;
  }
  const time = memoryOf([series]);
  assert.ok(time > 3.5 && time < 4.5, String(time));
  const shuffled = series.map(() => random());
  assert.ok(Math.abs(memoryOf([shuffled]) - 1) < 0.15);
});

test('a difference of level between the sides is no memory', () => {
  const random = seededRandom('sides');
  const low = new Float64Array(3000).map(() => random());
  const high = new Float64Array(3000).map(() => 50 + random());
  assert.ok(memoryOf([low, high]) < 1.3);
});

test('Cliff’s delta is 1 where every block of B has more, 0 where both are alike, and counts silent blocks', () => {
  assert.equal(cliffsDelta(blocks([1, 2, 3]), blocks([4, 5, 6]), 1), 1);
  assert.equal(cliffsDelta(blocks([1, 2, 3]), blocks([1, 2, 3]), 1), 0);
  assert.equal(cliffsDelta(blocks([], 4), blocks([7, 7], 2), 1), 0.5);
});

test('an interval of the ratio of two rates holds the true ratio about 95 times in 100', () => {
  let held = 0;
  const random = seededRandom('interval');
  const draw = (mean: number) => blocks(Array.from({ length: 60 }, () => -Math.log(1 - random()) * mean));
  for (let i = 0; i < 100; i++) {
    const interval = rateRatioInterval(draw(10), draw(20), 1, random);
    if (interval !== null && interval[0] <= 2 && interval[1] >= 2) held++;
  }
  assert.ok(held >= 88 && held <= 99, String(held));
});

test('what was not seen: the rule of three, and how long one would have to watch', () => {
  assert.ok(Math.abs((unseenAtMost(3600) ?? 0) - 2.9957) < 1e-4); // -ln 0.05
  assert.equal(secondsToMiss(1, 100, 0.05), 1900); // (100 / 2000)^1 = 0.05
});

test('covered time leaves gaps out and joins what touches', () => {
  const covered = new CoveredTime([
    [100, 200],
    [10, 20],
    [200, 250],
  ]);
  assert.deepEqual(
    [covered.seconds, covered.at(5), covered.at(15), covered.at(50), covered.at(120), covered.at(999)],
    [160, 0, 5, 10, 30, 160],
  );
});

test('the same seed gives the same numbers, another one others', () => {
  const first = (seed: string) => Array.from({ length: 4 }, seededRandom(seed));
  assert.deepEqual(first('weir'), first('weir'));
  assert.notDeepEqual(first('weir'), first('weis'));
});
