import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rangeOf, reachesInto, spanKey, spanPath, spanQuery, spanText } from '../../web/src/time/span.ts';

const NOON = Date.parse('2026-11-17T12:00:00Z') / 1000;
const PRESENT = { now: NOON, today: NOON - 12 * 3600 };
const range = (query: string) => rangeOf(new URLSearchParams(query), PRESENT);

test('a span of the address becomes the address of one pcap, in UTC', () => {
  const chosen = range('from=2026-11-17T10:00&to=2026-11-17T11:00:00');
  assert.equal(chosen.problem, '');
  assert.equal(
    spanPath('aabbcc000102', chosen),
    'api/v1/devices/aabbcc000102/pcap?from=2026-11-17T10%3A00%3A00Z&to=2026-11-17T11%3A00%3A00Z',
  );
  assert.equal(spanPath('aabbcc000102', range('span=all')), 'api/v1/devices/aabbcc000102/pcap');
});

test('a word of the address is a span that moves with the clock, and its key stays', () => {
  const hour = range('span=hour');
  assert.deepEqual([hour.word, hour.from, hour.to, hour.isChosen], ['hour', NOON - 3600, null, true]);
  assert.deepEqual(spanQuery(hour), { from: '2026-11-17T11:00:00Z' });
  const later = rangeOf(new URLSearchParams('span=hour'), { ...PRESENT, now: NOON + 60 });
  assert.equal(spanKey(hour), spanKey(later));
  assert.notEqual(spanKey(range('span=today')), spanKey(range('span=week')));
});

test('where nothing is said everything is shown, and nobody chose it', () => {
  const usual = range('');
  assert.deepEqual([usual.word, usual.from, usual.to, usual.isChosen], ['all', null, null, false]);
  assert.deepEqual(spanQuery(usual), {});
  const today = range('span=today');
  assert.deepEqual([today.word, today.from, today.isChosen], ['today', PRESENT.today, true]);
});

test('what is no time is absent, and an end before the begin is reported', () => {
  assert.equal(range('from=noon&to=2026-13-40T99:00&span=never').word, 'all');
  assert.match(range('from=2026-11-17T11:00&to=2026-11-17T10:00').problem, /not later/);
});

test('a span holds what reaches into it, its end excluded', () => {
  const span = { from: 100, to: 200 };
  assert.ok(reachesInto(span, 50, 100) && reachesInto(span, 199, 300));
  assert.ok(!reachesInto(span, 50, 99) && !reachesInto(span, 200, 300));
  assert.ok(reachesInto({ from: null, to: null }, 1, 1));
  assert.equal(spanText(NOON), '2026-11-17T12:00:00');
});
