// When a device speaks, by weekday and hour of the shown zone. The zone is set before the first date is made.

process.env['TZ'] = 'Europe/Berlin';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { zone } from '../../web/src/time/zone.ts';
import { hoursOfWeek, stretchesOf } from '../../web/src/week.ts';

const hour = (time: string, bytes: number) => ({
  device: '02:00:00:00:00:21',
  hour: time,
  packets_sent: 1,
  bytes_sent: bytes,
  packets_received: 1,
  bytes_received: 100,
});
const place = (day: number, at: number) => day * 24 + at;

afterEach(() => {
  zone.value = 'utc';
});

test('an hour of the week is the mean of the hours in which the device was heard, and empty where it never was', () => {
  // A Monday and the next, and a Sunday's last hour.
  const week = hoursOfWeek([
    hour('2026-11-16T10:00:00Z', 1000),
    hour('2026-11-23T10:00:00Z', 3000),
    hour('2026-11-22T23:00:00Z', 50),
  ]);
  assert.equal(week.length, 168);
  assert.equal(week[place(0, 10)], 2100);
  assert.equal(week[place(6, 23)], 150);
  assert.equal(week.filter((mean) => mean !== null).length, 2);
});

test('the hours are those of the zone that is shown', () => {
  zone.value = 'local';
  const week = hoursOfWeek([hour('2026-11-22T23:00:00Z', 50), hour('2026-07-01T10:00:00Z', 1)]);
  assert.equal(week[place(0, 0)], 150, 'midnight of Monday in winter');
  assert.equal(week[place(2, 12)], 101, 'noon of Wednesday in summer');
});

test('hours in a row are one stretch, whatever order they come in, newest first', () => {
  const stretches = stretchesOf([
    hour('2026-11-16T12:00:00Z', 1),
    hour('2026-11-16T10:00:00Z', 2),
    hour('2026-11-16T11:00:00Z', 3),
    hour('2026-11-16T14:00:00Z', 4),
  ]);
  assert.deepEqual(
    stretches.map(({ from, to, bytes }) => [
      new Date(from).toISOString().slice(11, 16),
      (to - from) / 3_600_000,
      bytes,
    ]),
    [
      ['14:00', 1, 104],
      ['10:00', 3, 306],
    ],
  );
});
