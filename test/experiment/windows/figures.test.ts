// Figures of a window against editcap and tshark: within a segment, over borders, with a deleted segment, a step of the clock, a change of
// clocks. Half open to the nanosecond: marks are at both ends and one nanosecond before them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTables } from '../../../appliance/analysis/document/open-tables.ts';
import { analyzeFile } from '../../../appliance/cli/analyze/analyze-file.ts';
import { drawFigures } from '../../../appliance/experiment/windows/draw-figures.ts';
import { readLedgerStory } from '../../../appliance/experiment/windows/read-ledger.ts';
import { type FiguresQuestion, planFigures } from '../../../appliance/experiment/windows/window-figures.ts';
import type { WindowFigures } from '../../../appliance/model/document/window-figures.ts';
import { formatSeconds, parseInstant } from '../../../appliance/model/time/clock.ts';
import { DataFolder, type OpenSegment } from '../../store/data-folder.ts';
import { cutAndCount, NO_WIRESHARK, ONE, type Outside, remove, SECOND, TWO, talk } from './home.ts';

const CLI = fileURLToPath(new URL('../../../appliance/cli/main.js', import.meta.url));
const skip = NO_WIRESHARK;

const ns = (text: string) => parseInstant(text) ?? 0n;

interface Ran {
  readonly status: number | null;
  readonly err: string;
  readonly figures: WindowFigures;
}

/** By the command line, in a zone that changes its clocks. */
function run(folder: DataFolder, ...words: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'figures', folder.dir, '--json', ...words], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'Europe/Berlin' },
  });
  const parsed = status === 0 ? (JSON.parse(stdout) as WindowFigures) : (undefined as unknown as WindowFigures);
  return { status, err: stderr, figures: parsed };
}

const { tables } = openTables('test');

function ask(folder: DataFolder, question: FiguresQuestion): WindowFigures {
  return drawFigures(folder.dir, planFigures(readLedgerStory(folder.dir), question), tables);
}

function counts({ file: _file, ...rest }: Outside): object {
  return rest;
}

/** Two devices, two segments each with a border at `border`; marks at both ends of the span and a nanosecond before. */
function twoHours(t: TestContext, border: bigint, marks: readonly bigint[]): [DataFolder, OpenSegment[]] {
  const folder = DataFolder.make(t);
  const segments = [ONE, TWO].flatMap((owner) => {
    const first = folder.open(owner, border - 60n * SECOND);
    talk(
      folder,
      first,
      border - 60n * SECOND,
      border,
      marks.filter((at) => at < border),
    );
    folder.close(first);
    const second = folder.open(owner, border);
    talk(
      folder,
      second,
      border,
      border + 60n * SECOND,
      marks.filter((at) => at >= border),
    );
    folder.close(second);
    return [first, second];
  });
  return [folder, segments];
}

const BORDER = ns('2026-11-20T13:00:00Z');
const ends = (from: bigint, to: bigint) => [from, from - 1n, to, to - 1n];

for (const [where, from] of [
  ['within a segment', '2026-11-20T13:00:11.000000123Z'],
  ['over a border', '2026-11-20T12:59:41.500000007Z'],
] as const)
  test(`37 s ${where} are what editcap cuts out and tshark counts, for one device and for all`, { skip }, async (t) => {
    const begin = ns(from);
    const end = begin + 37n * SECOND;
    const times = [formatSeconds(begin), formatSeconds(end)] as const;
    const [folder, segments] = twoHours(t, BORDER, ends(begin, end));
    const all = ask(folder, { from: begin, to: end, device: null });
    assert.deepEqual(all.totals, counts(cutAndCount(folder, segments, times)));
    const one = ask(folder, { from: begin, to: end, device: ONE });
    const outside = cutAndCount(folder, segments.slice(0, 2), times);
    assert.deepEqual(one.totals, counts(outside));
    assert.equal(one.window.seconds, 37);
    const alone = await analyzeFile(outside.file, 'curated', false);
    assert.deepEqual(one.document.conversations, alone.document.conversations);
    const bare = (figures: Pick<WindowFigures, 'document'>) =>
      figures.document.destinations.map(({ round_trip: _numbered, ...rest }) => rest);
    assert.deepEqual(bare(one), bare(alone));
  });

test('what retention deleted is reported in seconds and packets; the rest is counted', { skip }, async (t) => {
  const begin = ns('2026-11-20T12:59:41Z');
  const end = begin + 37n * SECOND;
  const times = [formatSeconds(begin), formatSeconds(end)] as const;
  const [folder, segments] = twoHours(t, BORDER, ends(begin, end));
  const first = segments[0]!;
  remove(folder, first, BORDER - 2n * SECOND);
  const span = ['--from', times[0], '--to', times[1]];
  const { figures: reported, err } = run(folder, ...span);
  assert.deepEqual(reported.totals, counts(cutAndCount(folder, segments.slice(1), times)));
  assert.deepEqual(reported.coverage.deleted, {
    segments: 1,
    seconds: 17,
    packets_at_least: 0,
    packets_at_most: first.packets,
  });
  assert.match(err, /retention deleted 1 files .*17 s, at least 0 and at most \d+ packets/);
  const whole = ask(folder, { from: begin - 3600n * SECOND, to: end + 3600n * SECOND, device: ONE });
  assert.deepEqual([whole.coverage.deleted.packets_at_least, whole.coverage.deleted.seconds], [first.packets, 58]);
});

test('37 s on the night of a change of clocks are the same in either zone', { skip }, (t) => {
  // 03:00 summer time becomes 02:00 winter time in Berlin, at 01:00 UTC.
  const change = ns('2026-10-25T01:00:00Z');
  const [begin, end] = ['2026-10-25T02:59:40.25+02:00', '2026-10-25T02:00:17.25+01:00'] as const;
  const [folder, segments] = twoHours(t, change, ends(ns(begin), ns(end)));
  const { figures: reported } = run(folder, '--from', begin, '--to', end);
  assert.equal(reported.window.seconds, 37);
  const outside = cutAndCount(folder, segments, ['2026-10-25T00:59:40.250000000Z', '2026-10-25T01:00:17.250000000Z']);
  assert.deepEqual(reported.totals, counts(outside));
  assert.notEqual(run(folder, '--from', '2026-10-25T02:30:00', '--to', end).status, 0);
});

test('over a step of the clock a live tag has its own packets once, a span of times those of both', { skip }, (t) => {
  const folder = DataFolder.make(t);
  const noon = ns('2026-11-20T12:00:00Z');
  const at = (seconds: number) => noon + BigInt(seconds) * SECOND;
  const ts = (seconds: number) => formatSeconds(at(seconds));
  const before = folder.open(ONE, noon);
  talk(folder, before, at(0), at(100), [at(80), at(80) - 1n]);
  folder.line({ type: 'tag-started', tag: 'tea', device: null, owner: 'me', ts: ts(80) });
  // At 100 s the clock is set back by 60 s; the tag stops 17 s later.
  folder.line({ type: 'clock-step', step_seconds: -60, clock: {}, ts: ts(40) });
  folder.close(before, 'clock_step');
  const after = folder.open(ONE, at(40));
  talk(folder, after, at(40), at(140), [at(57), at(57) - 1n]);
  folder.line({ type: 'tag-stopped', tag: 'tea', device: null, owner: 'me', ts: ts(57) });
  folder.close(after);

  const id = /tag-\d+/.exec(
    spawnSync(process.execPath, [CLI, 'windows', folder.dir], { encoding: 'utf8' }).stdout,
  )?.[0];
  const live = ask(folder, { id: id ?? '', device: null });
  const parts = [cutAndCount(folder, [before], [ts(80), ts(1000)]), cutAndCount(folder, [after], [ts(0), ts(57)])];
  const sum = (key: 'packets' | 'bytes' | 'payload_bytes') => parts.reduce((total, part) => total + part[key], 0);
  const { packets, bytes, payload_bytes } = live.totals;
  assert.deepEqual([packets, bytes, payload_bytes], [sum('packets'), sum('bytes'), sum('payload_bytes')]);
  assert.deepEqual([live.window.seconds, live.coverage.twice], [37, []]);

  const span = run(folder, '--from', ts(50), '--to', ts(87));
  assert.deepEqual(span.figures.totals, counts(cutAndCount(folder, [before, after], [ts(50), ts(87)])));
  assert.equal(span.figures.coverage.twice.length, 1);
  assert.match(span.err, /came twice; packets of both are counted/);
});

test('findings name the packet of the segment, not of the cut', (t) => {
  const begin = ns('2026-11-20T13:00:20Z');
  const [folder, segments] = twoHours(t, BORDER, []);
  const { document } = ask(folder, { from: begin, to: begin + 37n * SECOND, device: ONE });
  const evidence = document.findings.flatMap((finding) => finding.evidence);
  assert.ok(evidence.length > 0);
  const records = folder.records(segments[1]!);
  for (const { segment, packet, ts } of evidence) {
    assert.equal(segment, segments[1]!.seq);
    assert.equal(formatSeconds(records[packet - 1]!), ts);
    assert.ok(records[packet - 1]! >= begin);
  }
});

test('a gap inside is reported, an empty window is no error, and a wrong one is refused in one line', (t) => {
  const [folder] = twoHours(t, BORDER, []);
  const at = (seconds: number) => formatSeconds(BORDER + BigInt(seconds) * SECOND);
  folder.line({ type: 'gap', from: at(60), to: at(90), reason: 'capture was stopped', lost: 3 });
  const empty = run(folder, '--from', at(70), '--to', at(107));
  assert.deepEqual([empty.status, empty.figures.totals.packets], [0, 0]);
  assert.deepEqual(empty.figures.coverage.not_recorded, { seconds: 20, lost: 3 });
  assert.match(empty.err, /holds no packet\n.*20 s of it were not recorded, 3 frames known to be lost/);
  const span = (from: number, to: number, device: string | null = null): FiguresQuestion => ({
    from: BORDER + BigInt(from) * SECOND,
    to: BORDER + BigInt(to) * SECOND,
    device,
  });
  for (const [question, says] of [
    [span(5, 4), /ends before it begins/],
    [span(5, 5), /is empty/],
    [span(-900, -800), /ends before the first packet/],
    [span(5, 6, 'aa:bb:cc:00:00:09'), /No segment of a device/],
    [{ id: 'tag-99', device: null }, /is no window of this ledger/],
  ] as const)
    assert.throws(
      () => ask(folder, question),
      (error: Error) => says.test(error.message) && !error.message.includes('\n'),
    );
  for (const [words, says] of [
    [['--from', at(5), '--to', at(4)], /^weir: .*ends before it begins.*\n$/],
    [['--window', 'tag-99', '--from', at(5)], /^weir: Name a --window, or --from and --to.*\n$/],
    [['--from', at(5), '--to', at(6), '--device', 'kettle'], /^weir: kettle is no MAC address.*\n$/],
    [['--from', 'noon', '--to', at(6)], /a time is ISO 8601 with its zone/],
  ] as const) {
    const { status, err } = run(folder, ...words);
    assert.ok(status !== 0, String(words));
    assert.match(err, says);
  }
});
