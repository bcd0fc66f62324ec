// Moments and durations as a person reads them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ago, clockTime, duration, since, stamp, toMillis } from '../../../web/src/format/time.ts';

test('decimal seconds and ISO 8601 are the same moment', () => {
  assert.equal(toMillis('1795176000.250000000'), 1_795_176_000_250);
  assert.equal(toMillis('2026-11-20T12:00:00.250Z'), 1_795_176_000_250);
  assert.equal(stamp('1795176000.250000000'), '2026-11-20T12:00:00Z');
  assert.equal(clockTime(1_795_176_000), '12:00:00Z');
  assert.equal(since(1_795_176_000, 1_795_179_600_000), '12:00Z');
  assert.equal(since(1_795_176_000, 1_795_279_600_000), '2026-11-20T12:00Z');
});

test('what is no moment is no data, not 1970', () => {
  for (const wrong of [null, undefined, '', 'yesterday', '1e300', Number.NaN]) {
    assert.equal(toMillis(wrong), undefined);
    assert.equal(stamp(wrong), 'no data');
  }
  assert.equal(ago(null, 0), 'never');
});

test('a moment in the future is a clock that disagrees', () => {
  assert.equal(ago(160, 100_000), "1 min ahead of this computer's clock");
  assert.equal(ago(101, 100_000), 'now');
  assert.equal(ago(40, 100_000), '1 min ago');
});

test('durations have two units at most', () => {
  const expected: [number, string][] = [
    [0.004, '4 ms'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3600, '1 h'],
    [4200, '1 h 10 min'],
    [93_600, '1 d 2 h'],
    [8 * 86_400, '8 d'],
  ];
  for (const [seconds, text] of expected) assert.equal(duration(seconds), text);
  assert.equal(duration(null), 'no data');
});
