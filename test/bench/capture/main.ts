// How fast is the whole capture process? Highest rate without loss, and CPU at a fixed rate, beside plain `tcpdump -w` in the
// same run, rounds interleaved. Files go to memory: this measures capture, not a card. `node dist/test/bench/capture/main.js`;
// with words behind it only the loads whose name has one of them (`mix`, `50`).

import { loadavg } from 'node:os';
import { missing } from '../../fault/requirements.ts';
import { Stage } from '../../fault/stage.ts';
import { talk } from '../../fault/traffic.ts';
import { type Contender, cpuSeconds, plainTcpdump, weir } from './contender.ts';

const SECONDS = Number(process.env['WEIR_BENCH_SECONDS'] ?? 4);
const ROUNDS = Number(process.env['WEIR_BENCH_ROUNDS'] ?? 2);
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
  /** Of one core. */
  readonly cpuPercent: number;
}

async function round(contender: Contender, load: Load, rate: number): Promise<Round> {
  const stage = await Stage.open();
  stage.urgent = true;
  try {
    const recording = await contender.start(stage);
    const pids = recording.pids();
    const before = cpuSeconds(pids);
    const said = await talk(stage, { run: 1, rate, count: rate * SECONDS, size: load.size, devices: load.devices });
    const cpuPercent = ((cpuSeconds(pids) - before) / said.seconds) * 100;
    const stored = await recording.finish();
    return { rate: said.sent / said.seconds, lost: stage.wire().delivered - stored, cpuPercent };
  } finally {
    await stage.close();
  }
}

/** Climbs the ladder for all contenders at once, so that a busy neighbor meets all of them; each stops at its first loss. */
async function climb(contenders: readonly Contender[], load: Load): Promise<void> {
  const best = new Map<Contender, number>();
  const fallen = new Map<Contender, string>();
  for (const rate of LADDER) {
    for (const contender of contenders.filter((c) => !fallen.has(c))) {
      const { lost, rate: reached } = await round(contender, load, rate);
      if (lost > 0) fallen.set(contender, `lost ${lost} at ${Math.round(reached)}`);
      else best.set(contender, Math.round(reached));
    }
  }
  for (const contender of contenders) {
    const rate = best.get(contender) ?? 0;
    say(
      `  ${contender.name.padEnd(16)} loss-free at ${rate} packets/s; ${fallen.get(contender) ?? 'no loss on the ladder'}`,
    );
  }
}

/** CPU at a fixed rate: medians of interleaved rounds and the ratio to the first contender. */
async function compareCpu(contenders: readonly Contender[], load: Load): Promise<void> {
  const rounds = new Map(contenders.map((contender) => [contender, [] as Round[]]));
  for (let i = 0; i < ROUNDS; i++) {
    for (const [contender, list] of rounds) list.push(await round(contender, load, CPU_RATE));
  }
  const [first] = contenders;
  const base = median((first === undefined ? [] : (rounds.get(first) ?? [])).map((r) => r.cpuPercent));
  for (const [contender, list] of rounds) {
    const cpu = list.map((r) => r.cpuPercent);
    const lost = list.reduce((sum, r) => sum + r.lost, 0);
    const spread = `${Math.min(...cpu).toFixed(1)} to ${Math.max(...cpu).toFixed(1)}`;
    say(
      `  ${contender.name.padEnd(16)} ${median(cpu).toFixed(1)} % of a core (${spread}), ${(median(cpu) / base).toFixed(1)}x, lost ${lost}`,
    );
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const reason = missing();
  if (reason !== false) return say(`capture bench skipped: ${reason}`);
  const contenders = [plainTcpdump, weir('tcpdump'), weir('cap')];
  say(
    `capture bench: rounds of ${SECONDS} s, load average ${loadavg()
      .map((l) => l.toFixed(1))
      .join(' ')}, files in memory`,
  );
  const words = process.argv.slice(2);
  const wanted = LOADS.filter((load) => words.length === 0 || words.some((word) => load.name.includes(word)));
  for (const load of wanted) {
    say(`CPU at ${CPU_RATE} packets/s, ${load.name}, ${ROUNDS} rounds each`);
    await compareCpu(contenders, load);
    say(`Highest rate without loss, ${load.name}`);
    await climb(contenders, load);
  }
}

await main();
