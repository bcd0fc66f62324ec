// The wall clock jumps while capture runs: nothing stops, nothing is lost, every step is in the ledger, no storm of cuts.
// libfaketime steps what the process sees; its monotonic clock stays true, as the kernel's does.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CaptureProcess } from './capture-process.ts';
import { Evidence } from './evidence.ts';
import { finalCounters, imbalance, linesOf, readLedgerBook } from './ledger-book.ts';
import { FULL, faketimeLibrary, missing } from './requirements.ts';
import { Stage } from './stage.ts';
import { talk } from './traffic.ts';

const CALENDAR = fileURLToPath(new URL('./calendar-guest.js', import.meta.url));
const DAY = 86_400;
const FRAMES = 500;
const TOLERANCE_SECONDS = 5;
/** A cut for each of the devices at each step, and a handful of clock and counter lines. */
const LINES_PER_STEP = 60;

interface Walk {
  readonly title: string;
  /** libfaketime's word for the first time, then offsets in seconds against the true time, in order. */
  readonly start: string;
  readonly offsets: readonly number[];
}

const WALKS: readonly Walk[] = [
  { title: '+70 s, +9 days, one hour back', start: '+0', offsets: [70, 9 * DAY, 9 * DAY - 3600] },
  { title: 'a start in 1970 until the time arrives', start: '@1970-01-01 00:02:00', offsets: [0] },
  { title: 'the end of signed 32-bit seconds in 2038', start: '@2038-01-19 03:14:05', offsets: [] },
  { title: 'the end of unsigned 32-bit seconds in 2106', start: '@2106-02-07 06:28:13', offsets: [] },
];

function needs(): false | string {
  return missing() || (faketimeLibrary() === undefined ? 'needs libfaketime' : false);
}

/** The process sees the wall clock that `clock` in the stage says. */
function fakeClock(stage: Stage): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: faketimeLibrary(),
    FAKETIME_TIMESTAMP_FILE: `${stage.root}/clock`,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    TZ: 'UTC',
  };
}

async function walk(t: TestContext, { start, offsets }: Walk): Promise<void> {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const clock = stage.outside(`${stage.root}/clock`);
  writeFileSync(clock, `${start}\n`);
  const env = fakeClock(stage);
  const capture = new CaptureProcess(stage, `${stage.root}/data`, { capture: { flush_ms: 200, sync_seconds_idle: 1 } });
  await capture.start({ env });
  await talk(stage, { run: 0, devices: 5, count: FRAMES, rate: 1000 });
  for (const [index, offset] of offsets.entries()) {
    const lines = (await capture.status()).ledger.lines;
    writeFileSync(clock, `${offset >= 0 ? '+' : ''}${offset}\n`);
    await capture.until('the step in the ledger', () => stepsOf(stage, capture).length > index);
    await talk(stage, { run: index + 1, devices: 5, count: FRAMES, rate: 1000 });
    const grown = (await capture.status()).ledger.lines - lines;
    assert.ok(grown < LINES_PER_STEP, `${grown} ledger lines for one step`);
  }
  assert.equal(await capture.stop(), 0);
  checkWalk(stage, capture, start, offsets);
}

function stepsOf(stage: Stage, capture: CaptureProcess): number[] {
  const ledger = readLedgerBook(stage.outside(`${capture.data}/ledger.ndjson`));
  return linesOf(ledger, 'clock-step').map((line) => line.step_seconds);
}

function checkWalk(stage: Stage, capture: CaptureProcess, start: string, offsets: readonly number[]): void {
  const evidence = new Evidence(stage.outside(capture.data));
  const [counters] = finalCounters(evidence.ledger);
  assert.ok(counters !== undefined);
  assert.deepEqual(evidence.problems, []);
  assert.deepEqual(imbalance(counters), []);
  assert.equal(counters.written, stage.wire().delivered);
  for (let run = 0; run <= offsets.length; run++) assert.equal(evidence.unique(run), FRAMES, `frames of run ${run}`);
  const steps = stepsOf(stage, capture);
  const origin = start.startsWith('@')
    ? Date.parse(`${start.slice(1).replace(' ', 'T')}Z`) / 1000 - Date.now() / 1000
    : 0;
  const expected = offsets.map((offset, index) => offset - (index === 0 ? origin : (offsets[index - 1] ?? 0)));
  assert.equal(steps.length, expected.length, `steps in the ledger: ${steps.join(', ')}`);
  for (const [index, step] of steps.entries()) {
    const wanted = expected[index] ?? 0;
    // A process that started in 1970 has seen some true seconds pass by the time of its step.
    assert.ok(
      Math.abs(step - wanted) < TOLERANCE_SECONDS + (index === 0 ? 120 : 0),
      `step of ${step} s, made were ${wanted} s`,
    );
  }
  for (const sequence of sequences(evidence))
    assert.deepEqual(
      sequence,
      sequence.toSorted((a, b) => a - b),
    );
}

/** Numbers of the frames of each device in the order of its segments: the order of evidence, whatever the clock said. */
function sequences(evidence: Evidence): number[][] {
  const closed = linesOf(evidence.ledger, 'segment-closed').toSorted((a, b) => a.seq - b.seq);
  const devices = new Set(closed.map((line) => line.device));
  return [...devices].map((device) => closed.filter((line) => line.device === device).map((line) => line.n));
}

for (const step of WALKS) {
  test(`the clock walks: ${step.title}`, { skip: needs(), timeout: FULL ? 300_000 : 120_000 }, (t) => walk(t, step));
}

/** A step lands so many seconds before the full minute, and the next one comes when this many are left. */
const LANDS_BEFORE = 10;
const LEAVES_BEFORE = 3;

/** Of a processor, for four steps: a quarter of a second with the guard, nine without it. */
const CALM_MS = 3000;

/**
 * node-cron's timer for the full minute runs on when the clock is set; where nobody plans again, it then walks all minutes between
 * (millions for the years between 1971 and now), and the event loop stops. The steps come just before that timer is due.
 */
test('the calendar of the appliance: a clock that jumps by days makes no storm of jobs', {
  skip: needs(),
  timeout: 120_000,
}, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const clock = stage.outside(`${stage.root}/clock`);
  let landed = 0;
  const landAt = (days: number): void => {
    landed = performance.now();
    const now = Date.now() / 1000;
    const seconds = 60 - LANDS_BEFORE - (now % 60) + days * DAY;
    writeFileSync(clock, `${seconds >= 0 ? '+' : ''}${seconds.toFixed(3)}\n`);
  };
  landAt(0);
  const guest = stage.spawn([process.execPath, CALENDAR], fakeClock(stage));
  const lines: string[] = [];
  guest.stdout?.on('data', (text: Buffer) => lines.push(...text.toString().split('\n').filter(Boolean)));
  guest.stderr?.on('data', (text: Buffer) => lines.push(...text.toString().split('\n').filter(Boolean)));
  const heard = async (word: string, times: number): Promise<void> => {
    for (let i = 0; lines.filter((line) => line.startsWith(word)).length < times; i++) {
      assert.ok(i < 400, `${word} was not said ${times} times: ${lines.slice(-20).join(', ')}`);
      await sleep(100);
    }
  };
  await heard('begun', 1);
  const days = [9, 8, -20_000, 0];
  for (const [index, day] of days.entries()) {
    await sleep(landed + (LANDS_BEFORE - LEAVES_BEFORE) * 1000 - performance.now());
    landAt(day);
    await heard('step', index + 1);
  }
  await sleep(LANDS_BEFORE * 1000);
  guest.kill('SIGTERM');
  await heard('took', 1);
  t.diagnostic(lines.join(', '));
  // A full minute that passes runs its job once; all else is a storm. The last one passes in peace: a calendar that nobody reported of
  // the steps misses it.
  const runs = lines.filter((line) => line === 'run').length;
  assert.ok(runs >= 1 && runs <= days.length + 1, `${runs} runs: ${lines.slice(0, 40).join(', ')}`);
  const took = Number(/took (\d+) ms/.exec(lines.at(-1) ?? '')?.[1]);
  assert.ok(took < CALM_MS, `the steps took ${took} ms of a processor`);
  assert.ok(lines.length <= runs + days.length + 3, `${lines.length} lines: ${lines.slice(0, 40).join(', ')}`);
});
