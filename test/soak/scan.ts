// The scenario `scan`: every TCP port of ten devices asked, 60,000 packets a second, over the ordinary life of twenty.

import { SOAK_START_US } from './household.ts';
import { Onslaught, portScan } from './onslaught.ts';
import type { Outcome } from './outcome.ts';
import type { SendingDevices } from './packet-lag.ts';
import type { Rig } from './rig.ts';
import { below, type Verdict, verdictLine } from './verdicts.ts';
import { Watch, type Watched, watchedLine } from './watch.ts';

const VICTIMS = 10;
const PACKETS_PER_SECOND = 60_000;
const HOUR_US = 3_600_000_000;
const SETTLE_MS = 5000;
const LOOK_MS = 40_000;
const CPU_SECONDS = 30;
/** The page must be quick again, and the processor calm, so long after the last packet. */
const LATER_MS = 300_000;
const PATIENCE_MS = 240_000;

const MAX_LAG_SECONDS = 5;
/** Packets are drawn by the second: up to one more than it is. */
const MAX_PACKET_LAG_SECONDS = MAX_LAG_SECONDS + 1;
const MAX_DURING_MS = 1000;
const MAX_LATER_MS = 300;
const MAX_CPU_FACTOR = 1.5;

interface Figures {
  readonly before: Watched;
  readonly during: Watched;
  readonly after: Watched;
  readonly later: Watched;
  readonly cpuBefore: number;
  readonly cpuLater: number;
  readonly sentSeconds: number;
  /** After the scan's last packet; null where it took longer than four minutes. */
  readonly caughtUpSeconds: number | null;
}

export async function runScan(rig: Rig): Promise<Outcome> {
  const figures = await measureScan(rig);
  const verdicts = verdictsOfScan(rig, figures);
  const { before, during, after, later, caughtUpSeconds } = figures;
  const analysed =
    caughtUpSeconds === null
      ? 'NOT analysed four minutes later'
      : `all analysed ${caughtUpSeconds.toFixed(1)} s after its last packet`;
  return {
    lines: [
      watchedLine('before', before),
      watchedLine('during the scan', during),
      watchedLine('right after', after),
      watchedLine('five minutes after', later),
      `scan sent in ${figures.sentSeconds.toFixed(1)} s, ${analysed}`,
      `CPU ${(figures.cpuBefore * 100).toFixed(1)} % before, ${(figures.cpuLater * 100).toFixed(1)} % five minutes after`,
      ...verdicts.map(verdictLine),
      ...rig.processes.deaths,
    ],
    data: { figures, verdicts, deaths: rig.processes.deaths },
    failed: verdicts.some(({ result }) => result === 'FAILS'),
  };
}

async function measureScan(rig: Rig): Promise<Figures> {
  const { options, say } = rig;
  await rig.runUntil(SOAK_START_US + options.warmHours * HOUR_US);
  await rig.setSpeed(1);
  rig.governor.isOff = true;
  await rig.pause(SETTLE_MS);
  const cpuBefore = await rig.cpuShare(CPU_SECONDS);
  const before = await watchFor(rig, () => rig.pause(LOOK_MS));
  say(watchedLine('before', before));
  const [scanner, ...others] = rig.devices;
  const victims = others.slice(0, VICTIMS);
  const { count, frameAt } = portScan(options.scanner === 'device' ? scanner : undefined, victims);
  const scan = new Onslaught(count, PACKETS_PER_SECOND, rig.clock.us, frameAt);
  const start = performance.now();
  rig.stream.add(scan);
  const sending = { macs: victims.map(({ mac }) => mac), reached: () => rig.clock.us / 1_000_000 };
  const isSending = async () => {
    while (scan.sent < scan.count) await rig.pause(50);
  };
  const during = await watchFor(rig, isSending, sending);
  const end = performance.now();
  say(watchedLine('during the scan', during));
  let caughtUp: number | null = null;
  const after = await watchFor(rig, async () => {
    caughtUp = await rig.catchUp(PATIENCE_MS);
    await rig.pause(Math.max(0, LOOK_MS - (performance.now() - end)));
  });
  say(watchedLine('right after', after));
  await rig.pause(Math.max(0, LATER_MS - (performance.now() - end)));
  const cpuLater = await rig.cpuShare(CPU_SECONDS);
  const later = await watchFor(rig, () => rig.pause(LOOK_MS));
  return {
    before,
    during,
    after,
    later,
    cpuBefore,
    cpuLater,
    sentSeconds: (end - start) / 1000,
    caughtUpSeconds: caughtUp === null ? null : (caughtUp - end) / 1000,
  };
}

async function watchFor(rig: Rig, life: () => Promise<void>, sending?: SendingDevices): Promise<Watched> {
  const watch = new Watch(rig.processes.socket, sending);
  watch.start();
  try {
    await life();
  } finally {
    rig.look();
  }
  return await watch.stop();
}

function verdictsOfScan(rig: Rig, { before: _before, during, after, later, cpuBefore, cpuLater }: Figures): Verdict[] {
  const slowest = (watched: Watched): number => Math.max(...Object.values(watched.answers).map(({ p95 }) => p95));
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  const ms = (value: number): string => `${(value / 1000).toFixed(2)} s`;
  const plain = (value: number): string => value.toFixed(2);
  return [
    below(
      'lag throughout',
      Math.max(during.worstLagSeconds, after.worstLagSeconds, later.worstLagSeconds),
      MAX_LAG_SECONDS,
      seconds,
    ),
    below("lag by the packets' times", during.worstPacketLag ?? Infinity, MAX_PACKET_LAG_SECONDS, seconds),
    below('page p95 during', slowest(during), MAX_DURING_MS, ms),
    below('page p95 five minutes after', slowest(later), MAX_LATER_MS, ms),
    below('CPU after, as multiple of before', cpuLater / cpuBefore, MAX_CPU_FACTOR, plain),
    below('frames lost', rig.lost, 0, plain),
    below('deaths of the appliance', rig.processes.deaths.length, 0, plain),
  ];
}
