// `make bench`: Weir against tshark and tcpdump on one file, in interleaved rounds, as ratios with their spread. Memory is
// the peak of each process. WEIR_BENCH_MB sets the size of the input (72), WEIR_BENCH_ROUNDS the rounds (5).

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeInput } from './make-input.ts';

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
}

interface Run {
  readonly seconds: number;
  readonly peakMegabytes: number;
}

const HERE = import.meta.dirname;
const MAIN = join(HERE, '..', '..', 'appliance', 'cli', 'main.js');

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** Compiled here, where there is a compiler; its source lies beside this file's. */
function compileLimit(folder: string): string | undefined {
  const source = join(HERE, '..', '..', '..', 'test', 'bench', 'limit.c');
  const program = join(folder, 'limit');
  if (!existsSync(source)) return undefined;
  const { status } = spawnSync('cc', ['-O3', '-march=native', '-o', program, source, '-lm']);
  return status === 0 ? program : undefined;
}

function contenders(file: string, folder: string): Contender[] {
  const limit = compileLimit(folder);
  const list: (Contender | undefined)[] = [
    { name: 'weir analyze (everything)', command: [process.execPath, MAIN, 'analyze', file, '--format', 'json'] },
    { name: 'weir histogram pass', command: [process.execPath, join(HERE, 'histogram-pass.js'), file] },
    { name: 'tshark -q -z conv,tcp', command: ['tshark', '-q', '-z', 'conv,tcp', '-r', file] },
    { name: 'tcpdump -r -w /dev/null', command: ['tcpdump', '-r', file, '-w', '/dev/null'] },
    { name: 'tcpdump -nn -r (text)', command: ['tcpdump', '-nn', '-r', file] },
    isThere('ndpiReader') ? { name: 'ndpiReader -q', command: ['ndpiReader', '-q', '-i', file] } : undefined,
    limit === undefined ? undefined : { name: 'C histogram pass (limit)', command: [limit, file] },
  ];
  return list.filter(
    (one) => one !== undefined && (one.command[0]!.includes('/') || isThere(one.command[0]!)),
  ) as Contender[];
}

/** Output is thrown away; the peak of memory is read from /proc while it runs. */
async function run(contender: Contender): Promise<Run> {
  const [program = '', ...parameters] = contender.command;
  const sink = openSync('/dev/null', 'w');
  const from = process.hrtime.bigint();
  const child = spawn(program, parameters, { stdio: ['ignore', sink, sink] });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0));
  }, 10);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  clearInterval(timer);
  if (status !== 0) throw new Error(`${contender.command.join(' ')} ended with ${status}`);
  return { seconds: Number(process.hrtime.bigint() - from) / 1e9, peakMegabytes: peak };
}

function peakOf(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Ratios are taken round by round, so that a disturbance hits both. */
function report(
  list: readonly Contender[],
  runs: ReadonlyMap<string, readonly Run[]>,
  bytes: number,
  packets: number,
): void {
  const ours = runs.get(list[0]!.name)!;
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  print(`${'program'.padEnd(28)} median s   min s    MB/s  kpkt/s  peak MB  time relative to weir (min-max)`);
  for (const { name } of list) {
    const own = runs.get(name)!;
    const seconds = own.map((one) => one.seconds);
    const ratios = own.map((one, round) => one.seconds / ours[round]!.seconds);
    const m = median(seconds);
    const cells = [
      m.toFixed(3).padStart(8),
      Math.min(...seconds)
        .toFixed(3)
        .padStart(7),
      (bytes / 1e6 / m).toFixed(0).padStart(7),
      (packets / 1e3 / m).toFixed(0).padStart(7),
      Math.max(...own.map((one) => one.peakMegabytes))
        .toFixed(0)
        .padStart(8),
      `  ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`,
    ];
    print(`${name.padEnd(28)} ${cells.join(' ')}`);
  }
}

const megabytes = Number(process.env['WEIR_BENCH_MB'] ?? 72);
const rounds = Number(process.env['WEIR_BENCH_ROUNDS'] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
try {
  const file = join(folder, 'mix.pcap');
  makeInput(file, megabytes);
  const list = contenders(file, folder);
  const runs = new Map(list.map(({ name }): [string, Run[]] => [name, []]));
  for (const contender of list) await run(contender); // warms the page cache; not counted
  for (let round = 0; round < rounds; round++) {
    for (const contender of list) runs.get(contender.name)!.push(await run(contender));
  }
  const limit = spawnSync(process.execPath, [join(HERE, 'histogram-pass.js'), file], { encoding: 'utf8' });
  const packets = Number.parseInt(limit.stdout, 10);
  process.stdout.write(
    `${statSync(file).size} bytes, ${packets} packets, ${rounds} rounds, ${cpus().length} CPUs, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}\n`,
  );
  report(list, runs, statSync(file).size, packets);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
