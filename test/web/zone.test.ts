// Times in the zone of the computer, where summer time makes days of 23 and 25 hours. The zone is set before the first date is made.

process.env['TZ'] = 'Europe/Berlin';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { clockTime, since, stamp } from '../../web/src/format/time.ts';
import { dayStart, localZoneName, offsetMinutes, roundTimes, zone } from '../../web/src/time/zone.ts';

const at = (iso: string) => Date.parse(iso);
const HOUR = 3_600_000;

afterEach(() => {
  zone.value = 'utc';
});

test('a time names its zone: Z, or how far it is ahead of UTC on that day', () => {
  assert.equal(stamp('2026-07-01T12:00:00Z'), '2026-07-01T12:00:00Z');
  zone.value = 'local';
  assert.equal(localZoneName(), 'Europe/Berlin');
  assert.equal(stamp('2026-07-01T12:00:00Z'), '2026-07-01T14:00:00+02:00');
  assert.equal(clockTime('2026-12-01T23:30:00Z'), '00:30:00+01:00');
  assert.equal(since('2026-12-01T23:30:00Z', at('2026-12-02T08:00:00Z')), '00:30+01:00');
});

test('the day in which summer time begins has 23 hours, the one in which it ends has 25', () => {
  zone.value = 'local';
  const length = (day: string) => {
    const start = dayStart(at(day));
    return (dayStart(start + 36 * HOUR) - start) / HOUR;
  };
  assert.equal(length('2026-03-29T10:00:00Z'), 23);
  assert.equal(length('2026-10-25T10:00:00Z'), 25);
  assert.equal(length('2026-10-26T10:00:00Z'), 24);
  zone.value = 'utc';
  assert.equal(length('2026-10-25T10:00:00Z'), 24);
});

test('round times of an axis stay round across the change of the clocks', () => {
  zone.value = 'local';
  const [from, to] = [at('2026-10-24T00:00:00Z') / 1000, at('2026-10-28T00:00:00Z') / 1000];
  const days = roundTimes(from, to, 86_400).map((second) => clockTime(second).slice(0, 8));
  assert.deepEqual(days, ['00:00:00', '00:00:00', '00:00:00', '00:00:00']);
  const sixths = roundTimes(from, to, 6 * 3600);
  assert.ok(sixths.every((second, i) => i === 0 || second > (sixths[i - 1] ?? 0)));
  assert.ok(sixths.every((second) => /^(00|06|12|18):00:00/.test(clockTime(second))));
  assert.equal(offsetMinutes(at('2026-10-26T00:00:00Z')), 60);
});
