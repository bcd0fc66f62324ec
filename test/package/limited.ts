// Runs the process of an installed unit inside a root folder under that unit's real limits, without systemd as first process:
// user and groups, capabilities, no new privileges, system calls, address families, and the file system as the unit would see it.
// Not carried out here: control groups (memory, tasks, IP filter) and PrivateUsers; a booted image shows those.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitFile, parseCallSets, parseUnit, type Unit } from './unit.ts';

const SOURCES = join(import.meta.dirname, '../../../test/package');
const UNITS = 'usr/lib/systemd/system';
/** Inside the root; nothing of the package is named so. */
const TOOLS = 'srv/limits';
/** Enough for `TimeoutStopSec=` of both units. */
const STOP_MS = 40_000;

export interface LimitedProcess {
  readonly unit: Unit;
  /** All it printed so far. */
  output(): string;
  /** Messages that sd_notify would bring to systemd. */
  notices(): string;
  /** Of the main process and those below it. */
  tasks(): number;
  /** What the main process has mapped: its native modules are among it. */
  maps(): string;
  /** SIGTERM to the main process, as KillMode=mixed does; resolves with its exit code. */
  stop(): Promise<number>;
}

/** Compiles the two tools into `root`. */
export function placeTools(root: string): void {
  const folder = join(root, TOOLS);
  mkdirSync(folder, { recursive: true });
  for (const [name, ...libraries] of [['limit', '-lseccomp'], ['notify']] as const) {
    execFileSync('gcc', ['-O1', '-static', join(SOURCES, `${name}.c`), '-o', join(folder, name), ...libraries]);
  }
  copyFileSync(join(SOURCES, 'limited.sh'), join(folder, 'limited.sh'));
}

/** `namespace`: name of the network namespace; `sets`: what `systemd-analyze syscall-filter` printed there. */
export async function startLimited(
  root: string,
  namespace: string,
  name: string,
  sets: string,
  drops: readonly string[] = [],
): Promise<LimitedProcess> {
  const unit = parseUnit(readFileSync(join(root, UNITS, name), 'utf8'), drops);
  writeFileSync(join(root, TOOLS, `${name}.limits`), limitFile(unit, parseCallSets(sets)));
  const socket = `${TOOLS}/${name}.notify`;
  const listener = await listen(root, join(root, socket));
  const script = [join(root, TOOLS, 'limited.sh'), root, `/${TOOLS}/${name}.limits`];
  const enter = ['netns', 'exec', namespace, 'unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', ...script];
  const command = unit.get('ExecStart').split(' ');
  const child = spawn('ip', [...enter, ...command], {
    env: environment(unit, socket),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const ended = once(child, 'close') as Promise<[number | null]>;
  return {
    unit,
    output,
    notices: listener.output,
    tasks: () => countTasks(mainProcess(child)),
    maps: () => readFileSync(`/proc/${mainProcess(child)}/maps`, 'utf8'),
    stop: async () => {
      process.kill(mainProcess(child), 'SIGTERM');
      const [code] = await Promise.race([ended, tooLong(child, name, output)]);
      listener.child.kill();
      return code ?? -1;
    },
  };
}

async function listen(root: string, path: string): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(join(root, TOOLS, 'notify'), [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = collect(child);
  while (!output().includes('LISTENING')) await sleep(20);
  return { child, output };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-200_000);
    });
  }
  return () => text;
}

/** What systemd hands over, and what limited.sh needs to know of the unit. */
function environment(unit: Unit, socket: string): NodeJS.ProcessEnv {
  const own = Object.fromEntries(
    unit.all('Environment').flatMap((line) => line.split(' ').map((pair) => pair.split('='))),
  );
  const writable = [
    ...unit.all('StateDirectory').map((name) => `/var/lib/${name}`),
    ...unit.all('RuntimeDirectory').map((name) => `/run/${name}`),
    ...unit.all('ReadWritePaths').flatMap((line) => line.split(' ')),
  ];
  return {
    ...own,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
    LANG: 'C.UTF-8',
    NOTIFY_SOCKET: `/${socket}`,
    WATCHDOG_USEC: String(Number(unit.get('WatchdogSec')) * 1_000_000),
    LIMIT_USER: unit.get('User'),
    LIMIT_GROUP: unit.get('Group'),
    LIMIT_CAPABILITIES: unit.get('AmbientCapabilities').toLowerCase().replaceAll('cap_', ''),
    LIMIT_WRITABLE: writable.join(' '),
    LIMIT_RUNTIME: unit.all('RuntimeDirectory').join(' '),
    LIMIT_PROC: unit.get('ProcSubset') === 'pid' ? 'hidepid=invisible,subset=pid' : 'hidepid=invisible',
    LIMIT_UMASK: unit.get('UMask'),
    LIMIT_FOLDER: unit.get('WorkingDirectory'),
  };
}

/** `ip` has become unshare, whose only child is the unit's main process: every step between replaced itself. */
function mainProcess(child: ChildProcess): number {
  const list = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  if (list === '') throw new Error(`the unit's process ended early, with ${child.exitCode}`);
  return Number(list.split(' ')[0]);
}

function countTasks(pid: number): number {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return 0;
  const threads = readdirSync(folder);
  const children = threads.flatMap((thread) => readFileSync(`${folder}/${thread}/children`, 'utf8').trim().split(' '));
  return (
    threads.length + children.filter((text) => text !== '').reduce((sum, text) => sum + countTasks(Number(text)), 0)
  );
}

async function tooLong(child: ChildProcess, name: string, output: () => string): Promise<never> {
  await sleep(STOP_MS, undefined, { ref: false });
  child.kill('SIGKILL');
  throw new Error(`${name} did not end within ${STOP_MS} ms after SIGTERM:\n${output().slice(-2000)}`);
}
