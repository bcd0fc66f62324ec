// The scenario `days`: a month of twenty devices at some hundred times the speed, a row a day, windows at real speed between days.

import { type DayRow, tableHead, tableLine, type Windows } from './day-table.ts';
import { SOAK_START_US } from './household.ts';
import type { Outcome } from './outcome.ts';
import { quantile } from './quantile.ts';
import { type Rig, Stopped } from './rig.ts';
import type { ProcessCost } from './sample.ts';
import { verdictLine, verdictsOf } from './verdicts.ts';

const HOUR_US = 3_600_000_000;
/** After a change of speed: caches and compilers come to rest. */
const SETTLE_MS = 5000;
/** A window without packets needs no more: it holds only what timers do. */
const MAX_STILL_SECONDS = 20;

interface Mark {
  readonly appliance: ProcessCost;
  readonly capture: ProcessCost;
  readonly streamBytes: number;
  readonly us: number;
  readonly ms: number;
  readonly heldMs: number;
}

export async function runDays(rig: Rig): Promise<Outcome> {
  const rows = await liveDays(rig);
  const verdicts = verdictsOf(rows);
  return {
    lines: ['', tableHead(), ...rows.map(tableLine), '', ...verdicts.map(verdictLine), ...rig.processes.deaths],
    data: { rows, verdicts, deaths: rig.processes.deaths },
    failed: verdicts.some(({ result }) => result === 'FAILS'),
  };
}

/** Runs until the last day or until somebody stops it; the rows that are whole are returned either way. */
export async function liveDays(rig: Rig): Promise<DayRow[]> {
  const { options, say } = rig;
  const rows: DayRow[] = [];
  const count = Math.max(1, Math.round((options.days * 24) / options.rowHours));
  say(tableHead());
  try {
    const page = options.page ? await rig.openPage() : undefined;
    for (let i = 1; i <= count; i++) {
      const row = await oneRow(rig, (i * options.rowHours) / 24);
      const isWindow = options.windowSeconds > 0 && (i === 1 || i === count || i % options.windowEvery === 0);
      rows.push(isWindow ? { ...row, windows: await measureWindows(rig, i < count) } : row);
      say(tableLine(rows.at(-1)!));
    }
    await page?.close();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    say('stopped; what was measured so far follows');
  }
  return rows;
}

async function oneRow(rig: Rig, day: number): Promise<DayRow> {
  const before = mark(rig);
  rig.governor.worstBacklogBytes = 0;
  rig.governor.worstLagSeconds = 0;
  await rig.runUntil(SOAK_START_US + day * 24 * HOUR_US);
  const reached = performance.now();
  await rig.drain();
  return rowOf(rig, day, before, reached);
}

function mark(rig: Rig): Mark {
  rig.look();
  rig.appliance.takePeaks();
  rig.capture.takePeaks();
  return {
    appliance: rig.appliance.total,
    capture: rig.capture.total,
    streamBytes: rig.stream.bytes,
    us: rig.clock.us,
    ms: performance.now(),
    heldMs: rig.governor.heldMs,
  };
}

function rowOf(rig: Rig, day: number, before: Mark, reachedMs: number): DayRow {
  const hours = (rig.clock.us - before.us) / HOUR_US;
  const { total } = rig.appliance;
  const peaks = rig.appliance.takePeaks();
  return {
    day,
    hours,
    speed: (hours * 3600) / ((reachedMs - before.ms) / 1000),
    heldSeconds: (rig.governor.heldMs - before.heldMs) / 1000,
    streamBytes: rig.stream.bytes - before.streamBytes,
    applianceDiskBytes: total.diskBytes - before.appliance.diskBytes,
    applianceWrittenBytes: total.writtenBytes - before.appliance.writtenBytes,
    captureDiskBytes: rig.capture.total.diskBytes - before.capture.diskBytes,
    indexBytes: rig.index.bytes,
    indexFiles: rig.index.files,
    captureFiles: rig.captureFiles,
    applianceCpu: (total.cpuSeconds - before.appliance.cpuSeconds) / hours,
    captureCpu: (rig.capture.total.cpuSeconds - before.capture.cpuSeconds) / hours,
    applianceResidentBytes: peaks.residentBytes,
    applianceAnonymousBytes: peaks.anonymousBytes,
    captureResidentBytes: rig.capture.takePeaks().residentBytes,
    heapBytes: Object.fromEntries([...rig.takeHeaps()].map(([thread, bytes]) => [String(thread), bytes])),
    worstBacklogBytes: rig.governor.worstBacklogBytes,
    worstLagSeconds: rig.governor.worstLagSeconds,
    lost: rig.lost,
    deaths: rig.processes.deaths.length,
    workerRestarts: rig.governor.status?.analysis.worker_restarts ?? 0,
  };
}

/** At real speed: capture starts again with the silence of real life, and once more after it where life goes on. */
async function measureWindows(rig: Rig, goesOn: boolean): Promise<Windows> {
  const { windowSeconds, speed } = rig.options;
  await rig.setSpeed(1);
  rig.governor.isOff = true;
  rig.clock.hold('still');
  await rig.pause(SETTLE_MS);
  const still = await rig.cpuShare(Math.min(MAX_STILL_SECONDS, windowSeconds));
  rig.clock.release('still');
  await rig.pause(SETTLE_MS);
  const nobody = await rig.cpuShare(windowSeconds);
  const page = await rig.openPage();
  await rig.pause(SETTLE_MS);
  const onePage = await rig.cpuShare(windowSeconds);
  await page.close();
  await rig.askStatus();
  rig.governor.isOff = false;
  if (goesOn) await rig.setSpeed(speed);
  const answers = [...page.answers].map(([path, ms]) => [path, { p50: quantile(ms, 0.5), p95: quantile(ms, 0.95) }]);
  return { still, nobody, onePage, answers: Object.fromEntries(answers) as Windows['answers'] };
}
