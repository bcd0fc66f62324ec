// Numbers as a person reads them: short, and never claiming more than is known.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  bytes,
  count,
  entropy,
  exactBytes,
  percent,
  plural,
  rate,
  shortCount,
} from '../../../web/src/format/quantity.ts';

test('what is not known is never shown as zero', () => {
  for (const format of [bytes, exactBytes, rate, count, shortCount, percent]) {
    for (const unknown of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(format(unknown), 'no data');
    }
  }
  assert.equal(entropy(null), 'no payload');
});

test('bytes have three significant digits and decimal units', () => {
  const expected: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1536, '1.54 kB'],
    [99_949, '99.9 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [31_900_000_000, '31.9 GB'],
  ];
  for (const [value, text] of expected) assert.equal(bytes(value), text);
});

test('rounding never prints a thousand of a unit', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 50), (value) => {
      assert.ok(Number.parseFloat(bytes(value)) < 1000, bytes(value));
    }),
  );
});

test('the exact value names every byte', () => {
  assert.equal(exactBytes(1_234_567), '1,234,567 bytes');
  assert.equal(exactBytes(1), '1 byte');
});

test('a share that is not whole never reads as all or nothing', () => {
  assert.equal(percent(1), '100 %');
  assert.equal(percent(0), '0 %');
  assert.equal(percent(0.999_999), '> 99.9 %');
  assert.equal(percent(0.000_001), '< 0.1 %');
  assert.equal(percent(0.1234), '12.3 %');
});

test('entropy keeps three decimals', () => {
  assert.equal(entropy(7.912_345), '7.912');
  assert.equal(entropy(0), '0.000');
});

test('one thing is singular', () => {
  assert.equal(plural(1, 'device'), '1 device');
  assert.equal(plural(0, 'device'), '0 devices');
  assert.equal(plural(2, 'query', 'queries'), '2 queries');
});
