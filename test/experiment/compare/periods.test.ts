// Periods as rows of a comparison: several in turn, on both sides, not across time that nobody watched, and none of chance.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../appliance/experiment/compare/judge-row.ts';
import { periodQuestions, type StreamSide } from '../../../appliance/experiment/compare/periods.ts';
import { seededRandom } from '../../../appliance/experiment/compare/seeded-random.ts';

/** A call of three packets and 200 bytes at each of these seconds, its answer a second later. */
function side(seconds: readonly number[], joints: readonly number[] = []): StreamSide {
  const entries = seconds.flatMap((at): Entry[] => [
    [at, 0, 2, 120, 0],
    [at + 1, 0, 1, 0, 80],
  ]);
  return { entries, first: null, joints };
}

const SILENT = side([]);
const every = (seconds: number, count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i * seconds);
const found = (a: StreamSide, b: StreamSide) =>
  periodQuestions([{ name: 'hub', a, b }], 1).map(({ name, a: before, b: after }) => [
    name,
    before.entries.length,
    after.entries.length,
  ]);

test('a bridge that alternates 51 s and 58 s keeps two periods, never their mean', () => {
  const times = [0];
  for (let i = 0; i < 40; i++) times.push(times.at(-1)! + (i % 2 === 0 ? 51 : 58));
  const rows = found(side(times), SILENT);
  assert.deepEqual(rows, [
    ['hub, every 51 s', 20, 0],
    ['hub, every 58 s', 20, 0],
  ]);
});

test('what is counted are bursts with all that belongs to them, of the side that keeps the period', () => {
  const [half, third] = periodQuestions([{ name: 'hub', a: side(every(30, 21)), b: side(every(20, 31)) }], 1);
  assert.deepEqual([third?.name, third?.a.entries.length, third?.b.entries.length], ['hub, every 30 s', 20, 0]);
  assert.deepEqual([half?.name, half?.a.entries.length, half?.b.entries.length], ['hub, every 20 s', 0, 30]);
  assert.deepEqual(half?.b.entries[0], [20, 1, 3, 120, 80]);
});

test('both sides keep one period even where one of them is a little late', () => {
  const late = every(900, 12).map((at, i) => at + (i % 3) * 4);
  assert.deepEqual(found(side(every(900, 12)), side(late)), [['hub, every 15 min', 11, 11]]);
});

test('an interval across time that nobody watched is none', () => {
  const [row] = periodQuestions([{ name: 'hub', a: side(every(30, 20), [285]), b: SILENT }], 1);
  assert.equal(row?.a.entries.length, 18);
});

test('calls at random have no period, be they many or few', () => {
  const random = seededRandom('no period');
  for (let run = 0; run < 200; run++) {
    const mean = 8 + 400 * random();
    const times: number[] = [];
    for (let at = 0; times.length < 9 + run; at += 1 - Math.log(1 - random()) * mean) times.push(Math.floor(at));
    assert.deepEqual(found(side([...new Set(times)]), SILENT), [], `${run}: mean ${mean}`);
  }
});
