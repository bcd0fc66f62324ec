// Who takes part in the benchmark of the analysis, and what Weir is to be next to each. What is not installed is left out and
// named.

import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { compilePrepared } from '../../appliance/cli/prepared.ts';
import { buildDate, version } from '../../appliance/config/version.ts';
import { bundle } from '../../provisioning/deb/bundle.ts';
import { bundleProgram } from '../../provisioning/prepared/bundle-program.ts';

export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  /** Runs at most: the slow ones would take all the time there is. */
  readonly rounds: number;
  /** Only on the small file: minutes on the large one, or more memory than there is. */
  readonly smallOnly: boolean;
}

export interface Target {
  readonly text: string;
  readonly pass: string;
  readonly peer: string;
  /** Least of the peer's time over Weir's; or of the peer's memory over Weir's. */
  readonly least: number;
  readonly of: 'time' | 'memory';
}

export const FULL = 'weir analyze (everything)';
export const HISTOGRAM = 'weir histogram pass';
const PAPERS = "papers' method, restated";
const TSHARK = 'tshark -q -z conv,tcp';
const NDPI = 'ndpiReader -q';
const LIMIT = 'C histogram pass (limit)';

export const TARGETS: readonly Target[] = [
  { text: "full pass 150 x the papers' method", pass: FULL, peer: PAPERS, least: 150, of: 'time' },
  { text: "full pass 1/10 of the papers' memory", pass: FULL, peer: PAPERS, least: 10, of: 'memory' },
  { text: 'full pass at most 1.2 x the time of tshark -z conv', pass: FULL, peer: TSHARK, least: 1 / 1.2, of: 'time' },
  { text: 'full pass at most 3.3 x the time of ndpiReader', pass: FULL, peer: NDPI, least: 1 / 3.3, of: 'time' },
  { text: 'histogram pass 60 % of the C limit', pass: HISTOGRAM, peer: LIMIT, least: 0.6, of: 'time' },
];

/** `weir analyze` of so many bytes. */
export const SHORT_BYTES = 20_000;
export const MAX_SHORT_SECONDS = 0.2;

/** One device's fold when its code is warm, packets a second. */
export const LEAST_FOLD = 190_000;

/** Peak memory of the full pass, whatever the length of the capture. */
export const MAX_MEGABYTES = 150;

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..', '..');
/** The sources that are no TypeScript lie next to this file's. */
const SOURCES = join(ROOT, 'test', 'bench');

/** The program as the package installs it: a few files instead of hundreds, next to its tables. Gives its first file. */
export async function installProgram(folder: string): Promise<string> {
  const place = join(folder, 'weir');
  await bundle(ROOT, place, version);
  await bundleProgram(ROOT, place, { version, epoch: Math.floor(buildDate.getTime() / 1000) });
  compilePrepared(join(place, 'prepared'));
  symlinkSync(join(ROOT, 'dist', 'tables'), join(place, 'tables'));
  return join(place, 'appliance', 'cli', 'main.js');
}

/** `main`: Weir's first file; `folder`: where the C program is put. `missing` names what could not take part. */
export function contenders(file: string, main: string, folder: string): { list: Contender[]; missing: string[] } {
  const python = ['/usr/bin/python3', 'python3'].find(hasScapy);
  const limit = compileLimit(folder);
  const list: Contender[] = [
    always(FULL, [process.execPath, main, 'analyze', file, '--format', 'json']),
    always(HISTOGRAM, [process.execPath, join(HERE, 'histogram-pass.js'), file]),
    { ...always(TSHARK, ['tshark', '-q', '-z', 'conv,tcp', '-r', file]), rounds: 2 },
    { ...always('tshark -T fields', ['tshark', '-T', 'fields', ...FIELDS, '-r', file]), rounds: 1, smallOnly: true },
    always(NDPI, ['ndpiReader', '-q', '-i', file]),
    always('tcpdump -r -w /dev/null', ['tcpdump', '-r', file, '-w', '/dev/null']),
    always(LIMIT, [limit ?? 'cc', file]),
    {
      ...always(PAPERS, [python ?? 'python3-scapy', join(SOURCES, 'papers_tool.py'), file]),
      rounds: 1,
      smallOnly: true,
    },
  ];
  const isThere = ({ command }: Contender): boolean => command[0]!.includes('/') || runs(command[0]!);
  return { list: list.filter(isThere), missing: list.filter((one) => !isThere(one)).map(({ name }) => name) };
}

function always(name: string, command: readonly string[]): Contender {
  return { name, command, rounds: Number.POSITIVE_INFINITY, smallOnly: false };
}

const FIELDS = ['frame.time_epoch', 'ip.src', 'ip.dst', 'tcp.port', 'udp.port', 'dns.qry.name', 'http.host'].flatMap(
  (field) => ['-e', field],
);

function runs(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined && program !== 'cc';
}

function hasScapy(python: string): boolean {
  return spawnSync(python, ['-c', 'import scapy']).status === 0;
}

/** Undefined where there is no compiler. */
function compileLimit(folder: string): string | undefined {
  const source = join(SOURCES, 'limit.c');
  const program = join(folder, 'limit');
  if (!existsSync(source)) return undefined;
  const { status } = spawnSync('cc', ['-O3', '-march=native', '-o', program, source, '-lm']);
  return status === 0 ? program : undefined;
}
