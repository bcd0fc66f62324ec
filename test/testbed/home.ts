// A testbed home from outside: start it, run programs on its router, direct its devices, stop it. main.ts is the same
// for the command line. Nothing of a home outlives the process that started it.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askHome } from './control.ts';
import type { HomeFailure, SupervisorMessage } from './messages.ts';
import { programPath, whatIsFeasible } from './requirements.ts';
import { BRIDGE, GATEWAY_IP, GATEWAY_MAC, type HomeDevice, rosterFor } from './roster.ts';

const READY_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;

/** home.json: how others find and enter a running home. */
export interface HomeDocument {
  readonly schema: 'weir.testbed/1';
  readonly state: 'ready';
  readonly seed: number;
  /** The router's process, as numbered on the machine that runs the home. */
  readonly pid: number;
  readonly netns: string;
  /** Absent where the home was made by root without a user namespace. */
  readonly userns?: string;
  /** Put in front of a command, this runs it on the router: same files, other network. */
  readonly enter: readonly string[];
  readonly bridge: string;
  readonly gateway: { readonly mac: string; readonly ip: string };
  readonly infra: readonly string[];
  readonly devices: readonly HomeDevice[];
}

export interface HomeOptions {
  /** Made if absent; holds home.json, home.sock, home.log. Keep the path short: a socket path ends at 107 bytes. */
  readonly dir: string;
  readonly seed?: number;
  /** Called for each step of coming up. */
  readonly onStep?: (text: string) => void;
}

/** Why no home can be made here, one line per missing thing; undefined where it can. */
export function homeUnavailable(): string | undefined {
  const { missing } = whatIsFeasible();
  return missing.length === 0 ? undefined : missing.join('\n');
}

/** A home that somebody else started: everything but stopping it. */
export class RunningHome {
  readonly dir: string;
  readonly document: HomeDocument;

  constructor(dir: string, document: HomeDocument) {
    this.dir = dir;
    this.document = document;
  }

  get devices(): readonly HomeDevice[] {
    return this.document.devices;
  }

  /** Starts a program on the router: its network, but the caller's files and user. Killed when this process dies. */
  exec(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program = '', ...rest] = [...this.document.enter, 'setpriv', '--pdeathsig', 'KILL', '--', command, ...args];
    return spawn(program, rest, { ...options, env: { ...(options.env ?? process.env), PATH: programPath() } });
  }

  /** Lively behaviour for a while, then idle again. Returns when the devices have been reported. */
  async intensive(seconds: number): Promise<void> {
    await this.#ask({ verb: 'intensive', seconds });
  }

  async idle(): Promise<void> {
    await this.#ask({ verb: 'idle' });
  }

  /** Devices finish and start nothing more; returns when no frame has passed for 2.5 s. Throws after 60 s of noise. */
  async quiesce(): Promise<void> {
    await this.#ask({ verb: 'quiesce' });
  }

  async resume(): Promise<void> {
    await this.#ask({ verb: 'resume' });
  }

  /** Actions of devices that went wrong so far (at most 100 are kept). */
  async failures(): Promise<readonly HomeFailure[]> {
    return (await this.#ask({ verb: 'status' })).failures;
  }

  #ask(request: Parameters<typeof askHome>[1]): ReturnType<typeof askHome> {
    return askHome(join(this.dir, 'home.sock'), request);
  }
}

/** A home that this process owns. */
export class Home extends RunningHome {
  readonly #process: ChildProcess;

  constructor(dir: string, document: HomeDocument, child: ChildProcess) {
    super(dir, document);
    this.#process = child;
  }

  /** Resolves with the reason when the home ends without having been stopped. */
  async ended(): Promise<string> {
    const [code, signal] = (await once(this.#process, 'exit')) as [number | null, string | null];
    return `the home ended (${signal ?? code}); its log is ${join(this.dir, 'home.log')}`;
  }

  /** Takes everything down; the folder stays, without home.json. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_LIMIT_MS);
      this.#process.send('stop');
      await ended;
      clearTimeout(timer);
    }
    forget(this.dir);
  }
}

/** Brings a home up; throws with the reason where that fails, and leaves nothing behind then. */
export async function startHome(options: HomeOptions): Promise<Home> {
  const { namespaces, missing } = whatIsFeasible();
  if (namespaces === undefined) throw new Error(missing.join('\n'));
  const dir = resolve(options.dir);
  const seed = options.seed ?? 1;
  mkdirSync(dir, { recursive: true });
  forget(dir);
  const child = launch(dir, seed, namespaces);
  try {
    const pid = await readiness(child, options.onStep ?? (() => {}));
    const document = describe(seed, pid, namespaces.includes('--user'));
    publish(dir, document);
    return new Home(dir, document, child);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}; its log is ${join(dir, 'home.log')}`, { cause: error });
  }
}

/** Connects to a home that runs already. */
export function openHome(dir: string): RunningHome {
  const text = readFileSync(join(dir, 'home.json'), 'utf8');
  return new RunningHome(resolve(dir), JSON.parse(text) as HomeDocument);
}

/** setpriv ties the home to this process, --kill-child and the process namespace tie the rest to it, even for SIGKILL. */
function launch(dir: string, seed: number, namespaces: readonly string[]): ChildProcess {
  const supervisor = fileURLToPath(new URL('supervisor.js', import.meta.url));
  const tie = ['--pdeathsig', 'KILL', '--', 'unshare', ...namespaces, '--', process.execPath, supervisor];
  const env = { ...process.env, PATH: programPath(), TESTBED_FOLDER: dir, TESTBED_SEED: String(seed) };
  const log = openSync(join(dir, 'home.log'), 'a');
  try {
    return spawn('setpriv', tie, { env, detached: true, stdio: ['ignore', log, log, 'ipc'] });
  } finally {
    closeSync(log);
  }
}

function readiness(child: ChildProcess, onStep: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the home did not come up in time')), READY_LIMIT_MS);
    const end = (): void => clearTimeout(timer);
    child.once('error', (error) => (end(), reject(error)));
    child.once('exit', (code, signal) => (end(), reject(new Error(`the home ended at start (${signal ?? code})`))));
    child.on('message', (raw) => {
      const message = raw as SupervisorMessage;
      if (message.type === 'step') return onStep(message.text);
      end();
      if (message.type === 'ready') resolve(message.pid);
      else reject(new Error(message.reason));
    });
  });
}

function describe(seed: number, pid: number, inUserNamespace: boolean): HomeDocument {
  const netns = `/proc/${pid}/ns/net`;
  const userns = `/proc/${pid}/ns/user`;
  const asUser = inUserNamespace ? [`--user=${userns}`, '--preserve-credentials'] : [];
  return {
    schema: 'weir.testbed/1',
    state: 'ready',
    seed,
    pid,
    netns,
    ...(inUserNamespace ? { userns } : {}),
    enter: ['nsenter', ...asUser, `--net=${netns}`, '--'],
    bridge: BRIDGE,
    gateway: { mac: GATEWAY_MAC, ip: GATEWAY_IP },
    infra: [GATEWAY_MAC],
    devices: rosterFor(seed),
  };
}

function publish(dir: string, document: HomeDocument): void {
  const path = join(dir, 'home.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(document, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

function forget(dir: string): void {
  for (const name of ['home.json', 'home.sock', 'leases', 'authority.pem']) rmSync(join(dir, name), { force: true });
}
