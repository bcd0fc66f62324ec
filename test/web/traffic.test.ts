// The chart's columns: nothing is invented for seconds that were not measured.

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  fillGaps,
  hatches,
  hourUntil,
  type Second,
  stepOf,
  toChart,
  toRates,
  total,
  withoutUnread,
} from '../../web/src/traffic.ts';

const parts = (tcp: number, udp: number, http: number, https: number) => ({ total: tcp + udp, tcp, udp, http, https });
const at = (second: number) => ({ second, in: parts(100, 20, 30, 60), out: parts(10, 0, 0, 10) });
const ALL = { directions: ['in', 'out'], protocols: ['https', 'http', 'tcp', 'udp'] } as const;

const silent = (second: number) => ({ second, in: parts(0, 0, 0, 0), out: parts(0, 0, 0, 0) });

test('a second that was not measured has no value, and is not hatched: nobody said that it was not recorded', () => {
  const seconds = fillGaps([at(10), at(12)], 10, 12, []);
  for (const column of toChart(seconds, ALL).columns) assert.equal(column.values[1], null);
  assert.deepEqual(hatches(seconds, []), []);
});

test('a zero inside a gap is no measurement; what was counted there stays and is never hatched', () => {
  const gaps = [{ from: 10, to: 14 }];
  const seconds = fillGaps([at(9), silent(10), at(11), silent(12), silent(13), silent(14)], 9, 14, gaps);
  assert.deepEqual(
    seconds.map((second) => second.in?.total ?? null),
    [120, null, 120, null, null, 0],
  );
  assert.deepEqual(hatches(seconds, gaps), [
    { from: 10, to: 11 },
    { from: 12, to: 14 },
  ]);
});

test('an outage shorter than a step is hatched where it was, and the step keeps its value', () => {
  const gaps = [{ from: 75, to: 95 }];
  const minutes = fillGaps([at(0), at(60), silent(120)], 0, 120, gaps, 60);
  assert.deepEqual(
    minutes.map((one) => one.in?.total),
    [120, 120, 0],
  );
  assert.deepEqual(hatches(minutes, gaps, 60), gaps);
});

test('the hatched stretches are the ledger’s gaps in the window, whatever order and overlap they have', () => {
  const gaps = [
    { from: 40, to: 45 },
    { from: Number.NEGATIVE_INFINITY, to: 3 },
    { from: 12, to: 20 },
    { from: 18, to: 22 },
    { from: 99, to: 200 },
  ];
  assert.deepEqual(hatches(fillGaps([], 0, 49, gaps), gaps), [
    { from: 0, to: 3 },
    { from: 12, to: 22 },
    { from: 40, to: 45 },
  ]);
});

test('the last hour of a device that has been silent ends now, and knows of the outage in it', () => {
  const values = Array.from({ length: 60 }, (_, index) => (index === 59 ? 7 : 0));
  const to = 1_795_176_000;
  const hour = hourUntil(to + 600, values, to, [{ from: to + 120, to: to + 240 }]);
  assert.equal(hour[59 - 10], 7);
  assert.deepEqual(hour.slice(50), [0, null, null, 0, 0, 0, 0, 0, 0, 0]);
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
  const rows = [
    { minute: '1970-01-01T00:00:00.000Z', minutes: 60, ...bytes },
    { minute: '1970-01-01T01:02:00.000Z', minutes: 1, ...bytes },
    { minute: '1970-01-01T01:03:00.000Z', minutes: 1, ...bytes },
  ] as const;
  const [rate, ...more] = toRates(rows, 60);
  assert.equal(more.length, 1, 'an hour is no minute');
  assert.equal(rate?.second, 3720);
  assert.deepEqual(rate?.out, parts(2, 1, 0, 2));
  // By the hour, both minutes are one column, next to the hour that the document has.
  const hours = toRates(rows, 3600);
  assert.deepEqual(
    hours.map(({ second, out }) => [second, out.total * 3600]),
    [
      [0, 180],
      [3600, 360],
    ],
  );
  // Columns are as coarse as what lies in the span, or as fits the screen.
  assert.equal(stepOf(rows, 3600, 3600), 60);
  assert.equal(stepOf(rows, 0, 7200), 3600);
  assert.equal(stepOf(rows, 3600, 30 * 86_400), 3600);
  assert.equal(stepOf([], 0, 400 * 86_400), 86_400);
});
