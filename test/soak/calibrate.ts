// The scenario `calibrate`: the same minutes of the same home at real speed and accelerated, on two fresh installations. What the
// accelerated ones say about bytes and processor time must be what the real ones took, within a fifth. What a second costs because
// it goes by while packets come (rounds, chart, syncs) is in no accelerated minute: a window at real speed reports it.

import { join } from 'node:path';
import { SOAK_START_US } from './household.ts';
import type { Outcome } from './outcome.ts';
import { Rig } from './rig.ts';
import { type Verdict, verdictLine } from './verdicts.ts';

const HOUR_US = 3_600_000_000;
const MINUTE_US = 60_000_000;
const STILL_SECONDS = 20;
const LIVE_SECONDS = 60;
const SETTLE_MS = 5000;
const MAX_OFF = 0.2;
const MB = 1_000_000;

export interface Cost {
  readonly diskBytes: number;
  readonly cpuSeconds: number;
  /** Real seconds that it took. */
  readonly seconds: number;
  /** Share of a core without packets, measured before. */
  readonly still: number;
}

/** `rig` serves the accelerated half; the other half makes one of its own. */
export async function runCalibration(rig: Rig): Promise<Outcome> {
  const { options, say } = rig;
  const fast = await measure(rig, options.speed);
  const live = await liveShare(rig);
  const slowRig = await Rig.make({ ...options, out: join(options.out, 'real-speed') }, say);
  rig.follow(slowRig);
  const slow = await slowRig.run(() => measure(slowRig, 1));
  const predicted = realCpuSeconds(fast, live, options.minutes * 60);
  const verdicts = [
    near('bytes made dirty on the disk', fast.diskBytes, slow.diskBytes, (bytes) => `${(bytes / MB).toFixed(2)} MB`),
    near('processor time', predicted, slow.cpuSeconds, (seconds) => `${seconds.toFixed(2)} s`),
  ];
  return {
    lines: [
      `${options.minutes} minutes over a full hour, after ${options.warmHours} hours of life`,
      ...verdicts.map(verdictLine),
    ],
    data: { fast, live, slow, verdicts },
    failed: verdicts.some(({ result }) => result === 'FAILS'),
  };
}

/**
 * Processor seconds that so many simulated seconds take at real speed: those of their packets, as the accelerated run reports them,
 * and what every second takes next to its packets. `live`: share of a core at real speed.
 */
export function realCpuSeconds(fast: Cost, live: number, simulatedSeconds: number): number {
  const ofPackets = fast.cpuSeconds - fast.still * fast.seconds;
  const besidePackets = Math.max(fast.still, live - ofPackets / simulatedSeconds);
  return ofPackets + besidePackets * simulatedSeconds;
}

/** Share of a core while the home talks at real speed and nobody looks. */
async function liveShare(rig: Rig): Promise<number> {
  await rig.setSpeed(1);
  await rig.pause(SETTLE_MS);
  return rig.cpuShare(LIVE_SECONDS);
}

/** The minutes lie around the turn of an hour, where segments close. */
async function measure(rig: Rig, speed: number): Promise<Cost> {
  const { minutes, warmHours } = rig.options;
  const middle = SOAK_START_US + (warmHours + 1) * HOUR_US;
  await rig.runUntil(middle - (minutes / 2) * MINUTE_US);
  await rig.setSpeed(speed);
  rig.clock.hold('still');
  rig.governor.isOff = true;
  await rig.pause(SETTLE_MS);
  const still = await rig.cpuShare(STILL_SECONDS);
  const before = rig.appliance.total;
  const start = performance.now();
  rig.clock.release('still');
  await rig.runUntil(rig.clock.us + minutes * MINUTE_US);
  const seconds = (performance.now() - start) / 1000;
  await rig.drain();
  const { diskBytes, cpuSeconds } = rig.appliance.total;
  return {
    diskBytes: diskBytes - before.diskBytes,
    cpuSeconds: cpuSeconds - before.cpuSeconds,
    seconds,
    still,
  };
}

function near(what: string, simulated: number, real: number, text: (value: number) => string): Verdict {
  const ratio = simulated / real;
  return {
    target: `${what}, simulated within ± ${MAX_OFF * 100} % of real`,
    result: Math.abs(ratio - 1) <= MAX_OFF ? 'holds' : 'FAILS',
    figure: `${text(simulated)} vs. ${text(real)}, × ${ratio.toFixed(2)}`,
  };
}
