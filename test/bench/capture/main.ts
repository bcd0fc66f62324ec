// How fast is the whole capture process? Highest rate without loss, and CPU at a fixed rate, next to plain `tcpdump -w` in the
// same run: each round warmed up, interleaved rounds, medians and spread, one table. Files go to memory: this measures capture, not a
// card; what a sync costs a card comes last. `node dist/test/bench/capture/main.js`; with words behind it only the loads whose
// name has one of them (`mix`, `50`). WEIR_BENCH_SECONDS (2) and WEIR_BENCH_ROUNDS (2) for more certainty.

import { loadavg } from 'node:os';
import { missing } from '../../fault/requirements.ts';
import { Stage } from '../../fault/stage.ts';
import { talk } from '../../fault/traffic.ts';
import { type Contender, cpuSeconds, plainTcpdump, weir } from './contender.ts';
import { median, spread } from './figures.ts';
import { syncCosts } from './sync-cost.ts';

const SECONDS = Number(process.env['WEIR_BENCH_SECONDS'] ?? 2);
const ROUNDS = Number(process.env['WEIR_BENCH_ROUNDS'] ?? 2);
const WARM_SECONDS = 2;
const CPU_RATE = 50_000;
const LADDER = [100_000, 200_000, 400_000];

interface Load {
  readonly name: string;
  /** Bytes of a frame; 0 is the mix around 750. */
  readonly size: number;
  readonly devices: number;
}

const LOADS: readonly Load[] = [20, 50].flatMap((devices) => [
  { name: `100 B, ${devices} devices`, size: 100, devices },
  { name: `mix ~750 B, ${devices} devices`, size: 0, devices },
]);

interface Round {
  readonly rate: number;
  readonly lost: number;
  /** Of one core, children included. */
  readonly cpuPercent: number;
}

/** All rounds of one contender under one load. */
interface Row {
  readonly contender: Contender;
  readonly calm: Round[];
  /** The highest rate of the ladder at which no round lost a frame, and the first loss above it. */
  lossFree: number;
  firstLoss: string;
}

async function round(contender: Contender, load: Load, rate: number): Promise<Round> {
  const stage = await Stage.open();
  stage.urgent = true;
  try {
    const recording = await contender.start(stage);
    const pids = recording.pids();
    // Each round is a new process: its first seconds are those of the compiler.
    await talk(stage, {
      run: 0,
      rate: CPU_RATE,
      count: CPU_RATE * WARM_SECONDS,
      size: load.size,
      devices: load.devices,
    });
    const before = cpuSeconds(pids);
    const said = await talk(stage, { run: 1, rate, count: rate * SECONDS, size: load.size, devices: load.devices });
    const cpuPercent = ((cpuSeconds(pids) - before) / said.seconds) * 100;
    const stored = await recording.finish();
    return { rate: said.sent / said.seconds, lost: stage.wire().delivered - stored, cpuPercent };
  } finally {
    await stage.close();
  }
}

/** Climbs the ladder with all contenders at once, so that a busy neighbour meets all of them; each stops at its first loss. */
async function climb(rows: readonly Row[], load: Load): Promise<void> {
  for (const rate of LADDER) {
    for (const row of rows.filter(({ firstLoss }) => firstLoss === '')) {
      const { lost, rate: reached } = await round(row.contender, load, rate);
      if (lost > 0) row.firstLoss = `${lost} at ${Math.round(reached)}`;
      else row.lossFree = Math.round(reached);
    }
  }
}

async function measure(contenders: readonly Contender[], load: Load): Promise<void> {
  const rows = contenders.map((contender): Row => ({ contender, calm: [], lossFree: 0, firstLoss: '' }));
  for (let i = 0; i < ROUNDS; i++) {
    for (const { contender, calm } of rows) calm.push(await round(contender, load, CPU_RATE));
  }
  await climb(rows, load);
  const base = median(rows[0]?.calm.map(({ cpuPercent }) => cpuPercent) ?? []);
  for (const row of rows) print(load, row, base);
}

const WIDTHS = [24, 15, 20, 7, 9, 11] as const;

function print(load: Load, { contender, calm, lossFree, firstLoss }: Row, base: number): void {
  const cpu = calm.map(({ cpuPercent }) => cpuPercent);
  const lost = calm.reduce((sum, one) => sum + one.lost, 0);
  const ratio = `${(median(cpu) / base).toFixed(1)}x`;
  say([load.name, contender.name, spread(cpu), ratio, String(lost), String(lossFree), firstLoss || 'none up to there']);
}

function say(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join(' ')}\n`);
}

async function sayCosts(): Promise<void> {
  say(['\nA sync of N open files with 4 KiB each: KiB that the device takes; ms in memory, median and worst']);
  for (const { files, way, kibibytes, medianMs, worstMs } of await syncCosts()) {
    const name = way === 'syncfs' ? 'syncfs' : `fdatasync, ${way} at a time`;
    say([name, `${files} files`, `${kibibytes.toFixed(0)} KiB`, `${medianMs.toFixed(1)}`, `${worstMs.toFixed(1)}`]);
  }
}

async function main(): Promise<void> {
  const reason = missing('losetup', 'mkfs.ext4');
  if (reason !== false) return say([`capture bench skipped: ${reason}`]);
  const contenders = [plainTcpdump, weir('tcpdump'), weir('cap')];
  const words = process.argv.slice(2);
  const wanted = LOADS.filter((load) => words.length === 0 || words.some((word) => load.name.includes(word)));
  const load = loadavg().map((value) => value.toFixed(1));
  say([
    `capture bench: ${ROUNDS} rounds of ${SECONDS} s after ${WARM_SECONDS} s of warming up, load average ${load.join(' ')}, files in memory`,
  ]);
  say(['load', 'who', `CPU % at ${CPU_RATE}/s`, 'ratio', 'lost', 'loss-free', 'first loss (packets at packets/s)']);
  for (const one of wanted) await measure(contenders, one);
  await sayCosts();
}

await main();
