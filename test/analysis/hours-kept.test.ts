// A home of twenty devices fills the room for hours in six weeks: what is new must still be there then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepHours } from '../../appliance/analysis/summary/hours-kept.ts';
import type { Table } from '../../appliance/analysis/summary/summary.ts';

const HOUR = 3600;

function hoursOf(macs: readonly string[], count: number): Table<number[]> {
  const rows: Table<number[]> = {};
  for (let i = 0; i < count; i++) for (const mac of macs) rows[`${mac} ${i * HOUR}`] = [1, 2, 3, 4];
  return rows;
}

const macOf = (i: number) =>
  `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;

test('of each device the newest hours stay, in equal shares and in their order, and what goes is counted', () => {
  const macs = [macOf(1), macOf(2), macOf(3)];
  let dropped = 0;
  const kept = keepHours(hoursOf(macs, 100), 60, (count) => void (dropped += count));
  const expected = Array.from({ length: 20 }, (_, i) => macs.map((mac) => `${mac} ${(80 + i) * HOUR}`)).flat();
  assert.deepEqual(Object.keys(kept), expected);
  assert.equal(dropped, 240);
});

test('where all have room nothing changes', () => {
  const rows = hoursOf([macOf(1)], 60);
  assert.equal(
    keepHours(rows, 60, () => assert.fail()),
    rows,
  );
});

test('a device that speaks seldom keeps all of its hours next to one that never stops', () => {
  const rows = { ...hoursOf([macOf(1)], 200), ...hoursOf([macOf(2)], 5) };
  const kept = Object.keys(keepHours(rows, 100, () => undefined));
  assert.equal(kept.filter((key) => key.startsWith(macOf(2))).length, 5);
  assert.equal(kept.length, 100);
});

test('ten thousand invented addresses leave the devices that were there before a fair part', () => {
  const honest = hoursOf([macOf(1), macOf(2)], 1000);
  const invented = hoursOf(
    Array.from({ length: 10_000 }, (_, i) => macOf(100 + i)),
    1,
  );
  const kept = Object.keys(keepHours({ ...honest, ...invented }, 2000, () => undefined));
  const own = kept.filter((key) => key.startsWith(macOf(1)) || key.startsWith(macOf(2)));
  assert.equal(kept.length, 2000);
  assert.equal(own.length, 2000 - 254);
});

test('parts that are added one after the other keep the newest hours of the whole', () => {
  const whole = hoursOf([macOf(1)], 300);
  const keys = Object.keys(whole);
  let sum: Table<number[]> = {};
  for (let at = 0; at < keys.length; at += 24) {
    for (const key of keys.slice(at, at + 24)) sum[key] = whole[key]!;
    sum = keepHours(sum, 50, () => undefined);
  }
  assert.deepEqual(Object.keys(sum), keys.slice(-50));
});
