// `make bench`, first half: the analysis beside others on one file, in interleaved rounds, as ratios with their spread, each
// held against its target; then the same on a file ten times as long, and where the time goes. WEIR_BENCH_MB sets the size of
// the small file (72), WEIR_BENCH_ROUNDS the rounds (5).

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, contenders, FULL, HISTOGRAM, MOST_MEGABYTES, TARGETS, type Target } from './contenders.ts';
import { makeInput } from './make-input.ts';
import { profile } from './profile.ts';
import { type Run, run } from './run.ts';

const PROFILE_ROWS = 15;
const MEGABYTES = Number(process.env['WEIR_BENCH_MB'] ?? 72);
const ROUNDS = Number(process.env['WEIR_BENCH_ROUNDS'] ?? 5);
/** The long file has ten times as many bytes; it is read fewer times. */
const LONGER = 10;
const LONG_ROUNDS = Math.min(3, ROUNDS);

type Runs = ReadonlyMap<string, readonly Run[]>;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function peak(runs: readonly Run[]): number {
  return Math.max(...runs.map((one) => one.peakMegabytes));
}

/** Round by round, so that a disturbance hits all; a contender of few rounds takes part in the first ones. */
async function interleave(list: readonly Contender[], rounds: number): Promise<Runs> {
  const runs = new Map(list.map(({ name }): [string, Run[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, rounds: most } of list) {
      if (round < most) runs.get(name)!.push(await run(command));
    }
  }
  return runs;
}

/** Time of `name` over that of `base`, from the rounds that both were in. */
function ratios(runs: Runs, name: string, base: string): number[] {
  const own = runs.get(name) ?? [];
  const others = runs.get(base) ?? [];
  return own.slice(0, others.length).map((one, round) => one.seconds / others[round]!.seconds);
}

function spread(values: readonly number[]): string {
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)})`;
}

function printTable(list: readonly Contender[], runs: Runs, bytes: number, packets: number): void {
  print(`${'program'.padEnd(28)} rounds  median s   min s    MB/s  kpkt/s  peak MB  time relative to weir (min-max)`);
  for (const { name } of list) {
    const own = runs.get(name)!;
    const seconds = own.map((one) => one.seconds);
    const m = median(seconds);
    const cells = [
      String(own.length).padStart(6),
      m.toFixed(3).padStart(9),
      Math.min(...seconds)
        .toFixed(3)
        .padStart(7),
      (bytes / 1e6 / m).toFixed(0).padStart(7),
      (packets / 1e3 / m).toFixed(0).padStart(7),
      peak(own).toFixed(0).padStart(8),
      ` ${spread(ratios(runs, name, FULL))}`,
    ];
    print(`${name.padEnd(28)} ${cells.join(' ')}`);
  }
}

function printTargets(runs: Runs): void {
  for (const target of TARGETS) {
    const value = reached(target, runs);
    if (value === undefined) print(`  not measured  ${target.text}`);
    else print(`  ${value >= target.least ? 'reached      ' : 'not reached  '} ${target.text}: ${value.toFixed(2)}`);
  }
  const memory = peak(runs.get(FULL)!);
  print(
    `  ${memory <= MOST_MEGABYTES ? 'reached      ' : 'not reached  '} full pass within ${MOST_MEGABYTES} MB: ${memory.toFixed(0)}`,
  );
}

function reached({ pass, peer, of }: Target, runs: Runs): number | undefined {
  const own = runs.get(pass) ?? [];
  const other = runs.get(peer) ?? [];
  if (own.length === 0 || other.length === 0) return undefined;
  return of === 'memory' ? peak(other) / peak(own) : median(ratios(runs, peer, pass));
}

async function measure(folder: string, megabytes: number, rounds: number): Promise<void> {
  const file = join(folder, `${megabytes}.pcap`);
  makeInput(file, megabytes);
  const { list: all, missing } = contenders(file, folder);
  const list = all.filter(({ smallOnly }) => !smallOnly || megabytes === MEGABYTES);
  for (const name of missing) print(`left out, not installed: ${name}`);
  const pass = spawnSync(process.execPath, list.find(({ name }) => name === HISTOGRAM)!.command.slice(1), {
    encoding: 'utf8',
  });
  const packets = Number.parseInt(pass.stdout, 10); // and the file is in the page cache now
  const runs = await interleave(list, rounds);
  print(`\n${statSync(file).size} bytes, ${packets} packets, ${cpus().length} CPUs, load ${loadavg()[0]!.toFixed(1)}`);
  printTable(list, runs, statSync(file).size, packets);
  printTargets(runs);
  print(`where the time of the full pass goes (own time of functions):`);
  const { command } = list.find(({ name }) => name === FULL)!;
  for (const row of profile(command, PROFILE_ROWS, folder)) {
    print(`  ${(row.share * 100).toFixed(1).padStart(5)} %  ${row.name}`);
  }
  rmSync(file);
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
try {
  print(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}`);
  await measure(folder, MEGABYTES, ROUNDS);
  await measure(folder, MEGABYTES * LONGER, LONG_ROUNDS);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
