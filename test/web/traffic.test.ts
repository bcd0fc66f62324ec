// The chart's columns: nothing is invented for seconds that were not measured.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  fillGaps,
  findGaps,
  type Second,
  toChart,
  toMinuteRates,
  total,
  withoutUnread,
} from '../../web/src/traffic.ts';

const parts = (tcp: number, udp: number, http: number, https: number) => ({ total: tcp + udp, tcp, udp, http, https });
const at = (second: number) => ({ second, in: parts(100, 20, 30, 60), out: parts(10, 0, 0, 10) });
const ALL = { directions: ['in', 'out'], protocols: ['https', 'http', 'tcp', 'udp'] } as const;

test('a second that was not measured is a gap and not a zero', () => {
  const seconds = fillGaps([at(10), at(12)], 10, 12, []);
  assert.deepEqual(findGaps(seconds), [{ from: 11, to: 12 }]);
  for (const column of toChart(seconds, ALL).columns) assert.equal(column.values[1], null);
});

test('a second inside a recorded gap is unknown even where a zero was counted', () => {
  const seconds = fillGaps([at(10), at(11), at(12)], 10, 12, [{ from: 11, to: 12 }]);
  assert.equal(seconds[1]?.in, null);
});

test('neighbouring unknown seconds are one stretch', () => {
  assert.deepEqual(findGaps(fillGaps([at(10), at(14)], 10, 15, [])), [
    { from: 11, to: 14 },
    { from: 15, to: 16 },
  ]);
});

test('in lies above the axis and out below it, each outermost first', () => {
  const { columns } = toChart([at(10)], ALL);
  const edges = columns.map(({ direction, protocol, values }) => `${direction} ${protocol} ${values[0]}`);
  assert.deepEqual(edges, [
    'in udp 120',
    'in tcp 100',
    'in http 90',
    'in https 60',
    'out udp -10',
    'out tcp -10',
    'out http -10',
    'out https -10',
  ]);
});

test('the outer edge of everything is all that was counted, also when QUIC carries HTTPS', () => {
  const quic: Second = { second: 1, in: parts(50, 400, 0, 420), out: parts(0, 0, 0, 0) };
  assert.equal(toChart([quic], ALL).columns[0]?.values[0], 450);
});

test('a protocol that is switched off leaves no room', () => {
  const { columns } = toChart([at(10)], { directions: ['in'], protocols: ['http', 'udp'] });
  assert.deepEqual(
    columns.map((column) => column.values[0]),
    [50, 30],
  );
});

test('a total over seconds of which none was measured is unknown', () => {
  assert.equal(total(fillGaps([], 10, 12, []), 'in', 'total'), null);
  assert.equal(total(fillGaps([at(10)], 10, 12, []), 'in', 'total'), 120);
});

test('leading zeros from before the appliance started are unknown, what was read of that time is kept', () => {
  const silent = (second: number) => ({ second, in: parts(0, 0, 0, 0), out: parts(0, 0, 0, 0) });
  const known = (started: number) =>
    withoutUnread([silent(7), at(8), silent(9), silent(10)], started).map(({ second }) => second);
  assert.deepEqual(known(10), [8, 9, 10]);
  assert.deepEqual(known(7), [7, 8, 9, 10]);
});

test('a minute is shown as its mean rate', () => {
  const bytes = {
    out_udp: 60,
    out_tcp: 120,
    out_http: 0,
    out_https: 120,
    in_udp: 0,
    in_tcp: 6,
    in_http: 6,
    in_https: 0,
  };
  const rates = toMinuteRates([
    { minute: '1970-01-01T00:00:00.000Z', minutes: 60, ...bytes },
    { minute: '1970-01-01T00:02:00.000Z', minutes: 1, ...bytes },
  ]);
  const [rate] = rates;
  assert.equal(rates.length, 1, 'an hour is no minute');
  assert.equal(rate?.second, 120);
  assert.deepEqual(rate?.out, parts(2, 1, 0, 2));
});
