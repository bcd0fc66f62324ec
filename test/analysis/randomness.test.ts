import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chiSquare,
  chiSquareZ,
  entropy,
  expectedEntropy,
  expectedEntropySd,
  histogramOf,
  phi2,
  printableShare,
  trimmedDeviation,
} from '../../appliance/analysis/summary/histogram-statistics.ts';
import { RandomBytes } from './labelled/random-bytes.ts';

function near(actual: number | null, expected: number, tolerance: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

test('entropy is 0 of one value, 1 of two, 8 of all', () => {
  near(entropy(histogramOf(Buffer.alloc(99)), 99), 0, 1e-12);
  near(entropy(histogramOf(Buffer.from('abababab')), 8), 1, 1e-12);
  near(entropy(new Uint32Array(256).fill(7), 7 * 256), 8, 1e-12);
  assert.equal(entropy(new Uint32Array(256), 0), null);
});

test('chi-square is exact: ent prints 1275.00 for ten bytes of five values', () => {
  // ent on "aabbccddee": (256/10) * 5 * 4 - 10 = 502.
  near(chiSquare(histogramOf(Buffer.from('aabbccddee')), 10), 502, 1e-9);
});

const EXPECTED: readonly (readonly [n: number, mean: number, sd: number])[] = [
  [32, 4.88, 0.08],
  [64, 5.77, 0.08],
  [128, 6.55, 0.06],
  [200, 6.98, 0.06],
  [256, 7.18, 0.05],
  [512, 7.59, 0.04],
  [1024, 7.81, 0.02],
  [4096, 7.955, 0.004],
];

for (const [n, mean, sd] of EXPECTED) {
  test(`${n} uniform bytes are expected to have ${mean} ± ${sd} bits`, () => {
    near(expectedEntropy(n), mean, 0.006);
    near(expectedEntropySd(n), sd, sd * 0.15 + 0.005);
  });
}

test('the expectation is that of simulated ciphertext', () => {
  const random = new RandomBytes('expectation');
  for (const n of [1, 2, 48, 300, 5000]) {
    const values = Array.from({ length: 400 }, () => entropy(histogramOf(random.bytes(n)), n) ?? 0);
    const mean = values.reduce((sum, h) => sum + h, 0) / values.length;
    near(expectedEntropy(n), mean, 0.01);
  }
});

test('exact expectation and expansion meet where one follows the other', () => {
  const exact = expectedEntropy(100_000);
  assert.ok(exact !== null);
  near(expectedEntropy(100_001), exact, 1e-7);
});

test('the expectation of a single byte is 0 and of none nothing', () => {
  near(expectedEntropy(1), 0, 1e-12);
  assert.equal(expectedEntropy(0), null);
});

test('uniform bytes stay within four deviations, trimmed or not, at every length', () => {
  const random = new RandomBytes('null');
  let beyond = 0;
  for (let i = 0; i < 600; i++) {
    const n = 256 << (i % 9);
    const histogram = histogramOf(random.bytes(n));
    if (Math.abs(chiSquareZ(histogram, n)) >= 4 || Math.abs(trimmedDeviation(histogram, n).z) >= 4) beyond++;
  }
  assert.ok(beyond <= 3, `${beyond} of 600`);
});

test('a fixed header of 16 bytes before 48 of ciphertext is trimmed away', () => {
  const random = new RandomBytes('framing');
  const header = Buffer.from('170303003000000000000000000000aa', 'hex');
  const stream = Buffer.concat(Array.from({ length: 400 }, () => Buffer.concat([header, random.bytes(48)])));
  const histogram = histogramOf(stream);
  assert.ok(phi2(histogram, stream.length) > 1);
  assert.ok(trimmedDeviation(histogram, stream.length).phi2 < 0.05);
});

test('text is printable and far from uniform', () => {
  const text = Buffer.from('{"weight": 81.2, "height": 178, "age": 41}\r\n'.repeat(30));
  assert.equal(printableShare(histogramOf(text), text.length), 1);
  assert.ok(trimmedDeviation(histogramOf(text), text.length).phi2 > 1);
});

test('bytes of only eight values do not break the trimmed statistic', () => {
  const { phi2: effect } = trimmedDeviation(histogramOf(Buffer.from('abcdefgh'.repeat(100))), 800);
  assert.ok(effect > 1);
});
