// `make bench`, first half: the analysis next to others on one file and on one ten times as long, in interleaved rounds. One
// table: time and memory of each with its spread and next to Weir's, every target, and where Weir's time goes. Weir is taken as the
// package installs it. WEIR_BENCH_MB sets the size of the small file (72), WEIR_BENCH_ROUNDS the rounds (5).

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Contender,
  contenders,
  FULL,
  HISTOGRAM,
  installProgram,
  LEAST_FOLD,
  MAX_MEGABYTES,
  MAX_SHORT_SECONDS,
  SHORT_BYTES,
  TARGETS,
  type Target,
} from './contenders.ts';
import { makeInput, makeShortInput } from './make-input.ts';
import { profile } from './profile.ts';
import { type Run, run } from './run.ts';

const PROFILE_ROWS = 15;
const MEGABYTES = Number(process.env['WEIR_BENCH_MB'] ?? 72);
const ROUNDS = Number(process.env['WEIR_BENCH_ROUNDS'] ?? 5);
/** The long file has ten times as many bytes; it is read fewer times. */
const LONGER = 10;
const LONG_ROUNDS = Math.min(3, ROUNDS);

type Runs = ReadonlyMap<string, readonly Run[]>;

/** One file's runs. */
interface Measured {
  readonly bytes: number;
  readonly packets: number;
  readonly load: number;
  readonly list: readonly Contender[];
  readonly runs: Runs;
  readonly profile: ReturnType<typeof profile>;
}

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

function spread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  );
  return `${middle} (${least}-${most})`;
}

const WIDTHS = [28, 6, 22, 6, 6, 8, 22, 8] as const;

function printRow(cells: readonly string[]): void {
  print(cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i] ?? 0))).join(' '));
}

function printTable({ list, runs, bytes, packets, load }: Measured): void {
  print(`\n${bytes} bytes, ${packets} packets, ${cpus().length} CPUs, load ${load.toFixed(1)}`);
  const ownPeak = peak(runs.get(FULL)!);
  for (const { name } of list) {
    const own = runs.get(name)!;
    const seconds = own.map((one) => one.seconds);
    printRow([
      name,
      String(own.length),
      spread(seconds, 3),
      median(own.map((one) => one.cpuSeconds)).toFixed(2),
      (bytes / 1e6 / median(seconds)).toFixed(0),
      peak(own).toFixed(0),
      spread(ratios(runs, name, FULL), 2),
      (peak(own) / ownPeak).toFixed(2),
    ]);
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
    `  ${memory <= MAX_MEGABYTES ? 'reached      ' : 'not reached  '} full pass within ${MAX_MEGABYTES} MB: ${memory.toFixed(0)}`,
  );
}

function reached({ pass, peer, of }: Target, runs: Runs): number | undefined {
  const own = runs.get(pass) ?? [];
  const other = runs.get(peer) ?? [];
  if (own.length === 0 || other.length === 0) return undefined;
  return of === 'memory' ? peak(other) / peak(own) : median(ratios(runs, peer, pass));
}

async function measure(main: string, folder: string, megabytes: number, rounds: number): Promise<Measured> {
  const file = join(folder, `${megabytes}.pcap`);
  makeInput(file, megabytes);
  const { list: all, missing } = contenders(file, main, folder);
  const list = all.filter(({ smallOnly }) => !smallOnly || megabytes === MEGABYTES);
  for (const name of missing) print(`left out, not installed: ${name}`);
  const pass = spawnSync(process.execPath, list.find(({ name }) => name === HISTOGRAM)!.command.slice(1), {
    encoding: 'utf8',
  });
  const packets = Number.parseInt(pass.stdout, 10); // and the file is in the page cache now
  const runs = await interleave(list, rounds);
  const load = loadavg()[0]!;
  const { command } = list.find(({ name }) => name === FULL)!;
  const measured = {
    bytes: statSync(file).size,
    packets,
    load,
    list,
    runs,
    profile: profile(command, PROFILE_ROWS, folder),
  };
  if (megabytes === MEGABYTES) printFold(file);
  rmSync(file);
  return measured;
}

/** What a start costs: the median of many runs on a short file. */
async function printStart(main: string, folder: string): Promise<void> {
  const file = join(folder, 'short.pcap');
  makeShortInput(file, SHORT_BYTES);
  const seconds: number[] = [];
  for (let round = 0; round < 2 * ROUNDS; round++) {
    seconds.push((await run([process.execPath, main, 'analyze', file, '--format', 'json'])).seconds);
  }
  const mark = median(seconds) <= MAX_SHORT_SECONDS ? 'reached      ' : 'not reached  ';
  print(`\n  ${mark} ${SHORT_BYTES} bytes within ${MAX_SHORT_SECONDS} s: ${spread(seconds, 3)}`);
}

function printFold(file: string): void {
  const { stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'live-fold.js'), file], {
    encoding: 'utf8',
  });
  const rates = [...stdout.matchAll(/(\d+) packets/g)].map((match) => Number(match[1]));
  const warm = Math.max(...rates.slice(1));
  const mark = warm >= LEAST_FOLD ? 'reached      ' : 'not reached  ';
  print(`  ${mark} live fold of one device ${LEAST_FOLD} packets/s warm: ${rates.join(', ')}`);
}

/** As soon as it is known: a run that is ended early has reported what it measured. */
function printMeasured(measured: Measured): void {
  printTable(measured);
  printTargets(measured.runs);
  print('where the time of the full pass goes (own time of functions):');
  for (const { name, share } of measured.profile) print(`  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
try {
  print(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}`);
  const main = await installProgram(folder);
  await printStart(main, folder);
  printRow(['program', 'rounds', 'median s (min-max)', 'CPU s', 'MB/s', 'peak MB', 'time / weir (min-max)', 'memory']);
  printMeasured(await measure(main, folder, MEGABYTES, ROUNDS));
  printMeasured(await measure(main, folder, MEGABYTES * LONGER, LONG_ROUNDS));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
