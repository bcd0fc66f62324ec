// When was recorded, read from ledgers as capture writes them: stops, crashes, pauses, and what dies inside a pause.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import { MAX_KEPT, RecordedTime } from '../../appliance/store/tail/recorded-time.ts';

type Written = readonly [at: number, type: string, fields?: Readonly<Record<string, unknown>>];

const ts = (at: number) => `${1_795_176_000 + at}.000000000`;
const gap = (from: number, to: number, reason: string): Written => [
  to,
  'gap',
  { from: ts(from), to: ts(to), reason, lost: null },
];

function read(lines: readonly Written[]): RecordedTime {
  const recorded = new RecordedTime();
  lines.forEach(([at, type, fields], n) => recorded.apply({ n, ts: ts(at), type, ...fields } as unknown as LedgerLine));
  return recorded;
}

test('a running capture has no open gap, and nothing before its first line is claimed', () => {
  const recorded = read([
    [10, 'start'],
    [10, 'phase', { phase: 'idle', interaction: 'none', by: 'start', note: '' }],
    [70, 'counters'],
  ]);
  assert.deepEqual([recorded.begun, recorded.open, recorded.covered], [ts(10), null, ts(70)]);
  assert.deepEqual(
    recorded.phases.map(({ since, phase }) => [since, phase]),
    [[ts(10), 'idle']],
  );
});

test('a stop opens a gap where the engine ended, until the gap of the next run closes it', () => {
  const stopped: Written[] = [
    [0, 'start'],
    [100, 'stop', { until: ts(97) }],
    [101, 'seal'],
  ];
  assert.deepEqual(read(stopped).open, { n: 1, from: ts(97), reason: 'capture was stopped' });
  const again = read([...stopped, [150, 'recovered'], [160, 'start'], gap(97, 165, 'capture was stopped')]);
  assert.equal(again.open, null);
  assert.deepEqual(
    again.gaps.map(({ from, to }) => [from, to]),
    [[ts(97), ts(165)]],
  );
});

test('after a crash the time behind the last line is open from the next start on, whatever recovery writes', () => {
  const recorded = read([
    [0, 'start'],
    [60, 'counters'],
    [300, 'recovered'],
    [300, 'segment-closed'],
    [301, 'start'],
  ]);
  assert.deepEqual(recorded.open, { n: 4, from: ts(60), reason: 'capture ended without a stop' });
});

test('a gap of an engine inside a pause does not end the pause', () => {
  const paused: Written[] = [
    [0, 'start'],
    [50, 'paused', { by: 'page', note: 'visitors' }],
  ];
  const inside = read([...paused, gap(55, 60, 'no radio carried the bridge: the access point was down')]);
  assert.deepEqual(inside.open, { n: 1, from: ts(50), reason: 'paused by page: visitors' });
  assert.equal(read([...paused, gap(50, 80, 'paused by page: visitors')]).open, null);
});

test('a pause in which capture dies stays reported, though no line of capture reports its end', () => {
  const recorded = read([
    [0, 'start'],
    [50, 'paused', { by: 'cli', note: '' }],
    [110, 'counters'],
    [400, 'start'],
  ]);
  assert.deepEqual(
    recorded.gaps.map(({ from, to, reason }) => [from, to, reason]),
    [[ts(50), ts(110), 'paused by cli']],
  );
  assert.deepEqual(recorded.open, { n: 3, from: ts(110), reason: 'capture ended without a stop' });
});

test('a pause in which capture died is reported once, by the gap line of the next start', () => {
  const recorded = read([
    [0, 'start'],
    [50, 'paused', { by: 'cli', note: '' }],
    [110, 'counters'],
    [400, 'start'],
    gap(48, 401, 'capture ended without a stop (paused by cli)'),
  ]);
  assert.deepEqual(
    recorded.gaps.map(({ from, to }) => [from, to]),
    [[ts(48), ts(401)]],
  );
  assert.equal(recorded.open, null);
});

test('a tag is there once from its start on, and stays after its end', () => {
  const tag = (type: string, name: string, at: number): Written => [
    at,
    type,
    { tag: name, device: null, owner: 'page' },
  ];
  const recorded = read([
    [0, 'start'],
    tag('tag-started', 'on', 10),
    tag('tag-stopped', 'on', 20),
    tag('tag-started', 'on', 30),
    tag('tag-started', 'off', 31),
    tag('tag-cancelled', 'off', 32),
  ]);
  assert.deepEqual(
    recorded.tags.map(({ tag: name, from, to, cancelled }) => [name, from, to, cancelled]),
    [
      ['on', ts(10), ts(20), false],
      ['on', ts(30), null, false],
      ['off', ts(31), ts(32), true],
    ],
  );
});

test('a ledger of very many gaps keeps the newest and says how many it does not', () => {
  const lines = Array.from({ length: MAX_KEPT + 5 }, (_, i): Written => gap(i, i + 1, 'x'));
  const recorded = read([[0, 'start'], ...lines]);
  assert.deepEqual([recorded.gaps.length, recorded.leftOut, recorded.gaps[0]?.from], [MAX_KEPT, 5, ts(5)]);
});

test('lines whose times are no times, and fields of any kind, say nothing and break nothing', () => {
  const odd: unknown[] = [null, 7, '', 'x', {}, [], '1e99', -1];
  for (const value of odd) {
    const fields = {
      from: value,
      to: value,
      until: value,
      tag: value,
      phase: value,
      note: value,
      by: value,
      reason: value,
    };
    for (const type of ['start', 'gap', 'stop', 'paused', 'phase', 'tag-started', 'tag-stopped'])
      assert.doesNotThrow(() =>
        read([
          [0, 'start'],
          [1, type, { ...fields, ts: value }],
          [2, type, fields],
        ]),
      );
  }
  assert.deepEqual(read([[1, 'gap', { from: 'x', to: ts(1), reason: '' }]]).gaps, []);
});

test('the line that changed a window last is known, and lines that say nothing of time do not count', () => {
  const scan = { scan: 'a', device: null, address: '0.0.0.0', first_port: 1, last_port: 2, profile: 'quick', by: 'x' };
  const written: Written[] = [
    [0, 'start'],
    [1, 'scan-started', scan],
  ];
  const before = read(written).changedBy;
  assert.equal(read([...written, [2, 'counters'], [3, 'seal']]).changedBy, before);
  assert.ok(read([...written, [2, 'annotation', { by: 'x', text: 'y' }]]).changedBy > before);
  assert.ok(read([...written, [2, 'scan-ended', { scan: 'a', until: ts(2) }]]).changedBy > before);
});
