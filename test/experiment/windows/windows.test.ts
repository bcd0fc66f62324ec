// Windows out of ledger lines: what began and ended when, what keeps its name, what is no window any more.

import assert from 'node:assert/strict';
import test from 'node:test';
import { checkMark, type MarkWish } from '../../../appliance/experiment/windows/mark-rules.ts';
import { nanoText } from '../../../appliance/experiment/windows/window-time.ts';
import { chosenWindows, windowsOf } from '../../../appliance/experiment/windows/windows.ts';
import type { LedgerLine } from '../../../appliance/model/ledger.ts';
import { parseDevice } from '../../../appliance/model/mac.ts';
import { formatCompactUtc, parseCompactUtc, parseInstant } from '../../../appliance/model/time/clock.ts';
import { RecordedTime } from '../../../appliance/store/tail/recorded-time.ts';

type Written = readonly [at: number, type: string, fields?: Readonly<Record<string, unknown>>];

const PLUG = '50:c7:bf:00:00:01';
const ts = (at: number) => `${1_795_176_000 + at}.000000000`;
const iso = (at: number) => nanoText(ts(at));

function windows(lines: readonly Written[]) {
  const recorded = new RecordedTime();
  lines.forEach(([at, type, fields], n) => recorded.apply({ n, ts: ts(at), type, ...fields } as unknown as LedgerLine));
  return windowsOf(recorded);
}

const shown = (lines: readonly Written[]) =>
  windows(lines).map(({ window: { id, name, from, to, device } }) => [id, name, from, to, device]);

const DAY: readonly Written[] = [
  [0, 'start'],
  [0, 'phase', { phase: 'idle', interaction: 'none', by: 'start', note: '' }],
  [10, 'tag-started', { tag: 'kettle_on', device: PLUG, owner: 'me', interaction: 'voice', companions: [PLUG] }],
  [20, 'tag-stopped', { tag: 'kettle_on', device: PLUG, owner: 'me' }],
  [30, 'phase', { phase: 'intensive', interaction: 'voice', by: 'me', note: 'tea', since: ts(29) }],
  [40, 'annotation', { by: 'me', text: 'a visitor' }],
  [50, 'paused', { by: 'me', note: 'lunch' }],
];

test('phases, tags, notes and a pause that lasts are windows by their begin, named by the line that began them', () => {
  assert.deepEqual(shown(DAY), [
    ['phase-1', 'idle', iso(0), iso(29), null],
    ['tag-2', 'kettle_on', iso(10), iso(20), PLUG],
    ['phase-4', 'intensive', iso(29), null, null],
    ['note-5', 'note', iso(40), iso(40), null],
    ['pause-6', 'pause', iso(50), null, null],
  ]);
  const [, tag] = windows(DAY);
  assert.deepEqual(
    [tag?.window.interaction, tag?.window.companions, tag?.lines],
    ['voice', [PLUG], { first: 2, last: 3 }],
  );
});

test('a pause keeps its name when it ends', () => {
  const ended = [...DAY, [90, 'gap', { from: ts(50), to: ts(90), reason: 'paused by me: lunch', lost: null }] as const];
  assert.deepEqual(shown(ended).at(-1), ['pause-6', 'pause', iso(50), iso(90), null]);
});

test('what was cancelled or taken back is no window, and a line about another line takes nothing back', () => {
  const mark = { kind: 'tag', name: 'tea', device: null, from: ts(5), to: ts(42), by: 'me' };
  const lines: Written[] = [
    [0, 'start'],
    [1, 'tag-started', { tag: 'wrong', device: null, owner: 'me' }],
    [2, 'tag-cancelled', { tag: 'wrong', device: null, owner: 'me' }],
    [60, 'window', mark],
    [61, 'window', { ...mark, name: 'gone' }],
    [62, 'window-removed', { line: 4, by: 'me' }],
    [63, 'window-removed', { line: 1, by: 'me' }],
  ];
  assert.deepEqual(shown(lines), [['tag-3', 'tea', iso(5), iso(42), null]]);
  assert.equal(windows(lines)[0]?.window.made, 'afterwards');
});

test('scans are windows; a sitting that a power cut ended lasts until the next one', () => {
  const scan = { scan: 'one-quick', device: PLUG, address: '10.42.0.7', profile: 'quick', by: 'me' };
  const lines: readonly Written[] = [
    [1, 'scan-started', scan],
    [5, 'scan-started', scan],
    [8, 'scan-ended', { scan: scan.scan, device: PLUG, until: ts(9), state: 'done', sha256: '' }],
  ];
  assert.deepEqual(shown(lines), [
    ['scan-0', 'scan_quick', iso(1), iso(5), PLUG],
    ['scan-1', 'scan_quick', iso(5), iso(9), PLUG],
  ]);
});

test('lines whose times or kinds are none mark nothing', () => {
  const mark = { kind: 'tag', name: 'tea', device: null, from: ts(5), to: ts(42), by: 'me' };
  for (const wrong of [{ from: 'noon' }, { to: 7 }, { kind: 'gap' }, { kind: null }])
    assert.deepEqual(shown([[60, 'window', { ...mark, ...wrong }]]), []);
});

test('a step of the clock is a window, and live windows that it fell into report it', () => {
  const lines: Written[] = [
    [0, 'start'],
    [100, 'tag-started', { tag: 'tea', device: null, owner: 'me' }],
    [60, 'clock-step', { step_seconds: -50, clock: {} }],
    [70, 'tag-stopped', { tag: 'tea', device: null, owner: 'me' }],
  ];
  const [step, tag] = windows(lines).map(({ window }) => window);
  assert.deepEqual([step?.id, step?.name, step?.from, step?.to], ['clock-2', 'clock_back', iso(60), iso(110)]);
  assert.deepEqual([tag?.id, tag?.clock_steps], ['tag-1', [-50]]);
});

test('a start that finds an earlier time than the run before is a step that nobody measured', () => {
  const [step] = windows([
    [0, 'start'],
    [100, 'counters'],
    [40, 'start'],
  ]).filter(({ window }) => window.kind === 'clock');
  assert.deepEqual([step?.window.from, step?.window.to, step?.window.clock_steps], [iso(40), iso(100), [null]]);
});

test('a question takes what overlaps its span, half open, with what concerns every device', () => {
  const ask = (question: Parameters<typeof chosenWindows>[1]) =>
    chosenWindows(windows(DAY), question).map(({ id }) => id);
  const ns = (at: number) => parseInstant(ts(at)) ?? 0n;
  assert.deepEqual(ask({ from: ns(20), to: ns(29) }), ['phase-1']);
  assert.deepEqual(ask({ from: ns(40), to: ns(41) }), ['phase-4', 'note-5']);
  assert.deepEqual(ask({ kind: 'tag', device: 'aa:bb:cc:00:00:09' }), []);
  assert.deepEqual(ask({ kind: 'tag', device: PLUG }), ['tag-2']);
});

test('a span that may not be marked is refused in one line that says why', () => {
  const device = parseDevice(PLUG) ?? null;
  const at = (second: number) => BigInt(second) * 1_000_000_000n;
  const wish: MarkWish = { name: 'kettle_on', device, from: at(1_795_176_021), to: at(1_795_176_058), about: {} };
  const ground = {
    windows: windows(DAY),
    isKnown: (word: string) => word === PLUG,
    firstPacket: at(1_795_176_001),
    now: at(1_795_176_100),
  };
  checkMark(wish, ground);
  const mistakes: readonly [Partial<MarkWish>, RegExp][] = [
    [{ from: at(1_795_176_059) }, /ends before it begins .*Nothing was written\. Swap/],
    [{ from: wish.to }, /is empty/],
    [{ to: at(1_795_176_101) }, /ends in the future/],
    [{ from: at(1_795_175_000), to: at(1_795_176_001) }, /ends before the first packet/],
    [{ from: at(1_795_176_019) }, /overlaps tag-2 of the same name/],
    [{ device: null, from: at(1_795_176_000) }, /overlaps tag-2/],
    [{ device: parseDevice('aa:bb:cc:00:00:09') ?? null }, /No device aa:bb:cc:00:00:09 was seen/],
    [{ about: { companions: ['aa:bb:cc:00:00:07'] } }, /No device aa:bb:cc:00:00:07 was seen/],
  ];
  for (const [change, words] of mistakes)
    assert.throws(
      () => checkMark({ ...wish, ...change }, ground),
      (error: Error) => {
        assert.match(error.message, words);
        return !error.message.includes('\n');
      },
    );
  assert.throws(() => checkMark(wish, { ...ground, firstPacket: null }), /first packet \(none yet\)/);
});

test('times are read to the nanosecond with their zone, and an hour without one is none', () => {
  const noon = 1_792_929_600n * 1_000_000_000n;
  for (const text of ['1792929600', '2026-10-25T12:00:00Z', '2026-10-25T13:00+01:00', '2026-10-25 12:00:00.000000000Z'])
    assert.equal(parseInstant(text), noon, text);
  assert.equal(parseInstant('2026-10-25T00:30:00.123456789+02:00'), 1_792_881_000_123_456_789n);
  assert.equal(parseInstant('2026-10-25'), 1_792_886_400n * 1_000_000_000n);
  for (const text of ['2026-10-25T02:30:00', 'yesterday', '2026-10-25T', '2026-13-25', ''])
    assert.equal(parseInstant(text), undefined, text);
  assert.equal(nanoText('1792881000.123456789'), '2026-10-24T22:30:00.123456789Z');
  assert.equal(parseCompactUtc(formatCompactUtc(noon)), noon);
});
