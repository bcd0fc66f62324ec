// The scenario `floods`: names, scanners and conversations without end, one flood after the other, at whatever speed capture takes.

import { SOAK_START_US } from './household.ts';
import { flowFlood, internetScan, nameFlood, Onslaught } from './onslaught.ts';
import type { Outcome } from './outcome.ts';
import type { Rig } from './rig.ts';
import type { TapeIdentity } from './tape.ts';
import { below, type Verdict, verdictLine } from './verdicts.ts';

const HOUR_US = 3_600_000_000;
/** More than any machine here stores: the pipe sets the pace. */
const PACKETS_PER_SECOND = 200_000;
const PLACES = 64;
const NAMES = 1500;
const PROBES = 50_000;
const FLOWS = 1_000_000;
/** Analysis that is further behind than this after a flood waits for something else than the processor. */
const PATIENCE_MS = 120_000;
const MB = 1_000_000;
const MAX_RESIDENT = 384 * MB;

interface FloodRow {
  readonly name: string;
  readonly frames: number;
  readonly seconds: number;
  /** After the flood's last frame; null where it took longer than two minutes. */
  readonly caughtUpSeconds: number | null;
  readonly residentBytes: number;
  readonly anonymousBytes: number;
  readonly captureResidentBytes: number;
  readonly worstLagSeconds: number;
  readonly heapBytes: Readonly<Record<string, number>>;
}

export async function runFloods(rig: Rig): Promise<Outcome> {
  await rig.runUntil(SOAK_START_US + rig.options.warmHours * HOUR_US);
  await rig.setSpeed(1);
  const strangers = Array.from({ length: PLACES - rig.devices.length }, (_, index): TapeIdentity => {
    return { mac: `02:77:01:00:00:${index.toString(16).padStart(2, '0')}`, ip: `10.77.1.${index + 1}` };
  });
  const everybody: readonly TapeIdentity[] = [...rig.devices, ...strangers];
  const floods = [
    { name: `${everybody.length} × ${NAMES} names`, flood: nameFlood(everybody, NAMES) },
    { name: `${rig.devices.length} scanners`, flood: internetScan(rig.devices, PROBES) },
    { name: `${FLOWS} conversations`, flood: flowFlood(rig.devices.slice(0, 10), FLOWS) },
  ];
  const rows: FloodRow[] = [];
  for (const { name, flood } of floods) {
    rows.push(await oneFlood(rig, name, flood));
    rig.say(rowLine(rows.at(-1)!));
  }
  rig.governor.status = await rig.askStatus();
  const verdicts = verdictsOfFloods(rig, rows);
  return {
    lines: [...rows.map(rowLine), ...verdicts.map(verdictLine), ...rig.processes.deaths],
    data: { rows, verdicts, deaths: rig.processes.deaths },
    failed: verdicts.some(({ result }) => result === 'FAILS'),
  };
}

async function oneFlood(rig: Rig, name: string, flood: ReturnType<typeof nameFlood>): Promise<FloodRow> {
  rig.governor.worstLagSeconds = 0;
  rig.look();
  rig.appliance.takePeaks();
  rig.capture.takePeaks();
  rig.takeHeaps();
  const onslaught = new Onslaught(flood.count, PACKETS_PER_SECOND, rig.clock.us, flood.frameAt);
  const start = performance.now();
  rig.stream.add(onslaught);
  // The governor sees a flood, too: time must not stop because of it.
  rig.governor.mayHold = false;
  while (onslaught.sent < onslaught.count) await rig.pause(50);
  const end = performance.now();
  const caughtUp = await rig.catchUp(PATIENCE_MS);
  rig.look();
  const peaks = rig.appliance.takePeaks();
  return {
    name,
    frames: onslaught.count,
    seconds: (end - start) / 1000,
    caughtUpSeconds: caughtUp === null ? null : (caughtUp - end) / 1000,
    ...peaks,
    captureResidentBytes: rig.capture.takePeaks().residentBytes,
    worstLagSeconds: rig.governor.worstLagSeconds,
    heapBytes: Object.fromEntries([...rig.takeHeaps()].map(([thread, bytes]) => [String(thread), bytes])),
  };
}

function rowLine(row: FloodRow): string {
  const mb = (bytes: number): string => (bytes / MB).toFixed(0);
  const { caughtUpSeconds: after } = row;
  const caughtUp =
    after === null ? `NOT analysed ${PATIENCE_MS / 1000} s later` : `analysed ${after.toFixed(1)} s later`;
  const heaps = Object.values(row.heapBytes).map(mb).join('/');
  return (
    `${row.name}: ${row.frames} frames in ${row.seconds.toFixed(1)} s, ${caughtUp}, ` +
    `lag ≤ ${row.worstLagSeconds.toFixed(1)} s, appliance ≤ ${mb(row.residentBytes)} MB (anonymous ${mb(row.anonymousBytes)}, ` +
    `heaps ${heaps}), capture ≤ ${mb(row.captureResidentBytes)} MB`
  );
}

function verdictsOfFloods(rig: Rig, rows: readonly FloodRow[]): Verdict[] {
  const plain = (value: number): string => String(value);
  const restarts = rig.governor.status?.analysis.worker_restarts ?? 0;
  const most = Math.max(...rows.map(({ residentBytes }) => residentBytes));
  return [
    below('appliance resident', most, MAX_RESIDENT, (bytes) => `${(bytes / MB).toFixed(0)} MB`),
    below('deaths of the appliance', rig.processes.deaths.length, 0, plain),
    below('restarts of the analysis thread', restarts, 0, plain),
    below('frames lost', rig.lost, 0, plain),
    below('floods not analysed after two minutes', rows.filter((row) => row.caughtUpSeconds === null).length, 0, plain),
  ];
}
