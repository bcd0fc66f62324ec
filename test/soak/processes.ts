// The real processes of Weir as their units start them: same program, same flags, same environment. Owns both; a process that dies
// is started again, as systemd and pm2 would, and counted.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { APPLIANCE_SOCKET } from '../../appliance/model/files/run-files.ts';
import { CLI } from '../integration/installation.ts';

const SYSTEMD = fileURLToPath(new URL('../../../systemd', import.meta.url));
const RESTART_MS = 1000;

type Environment = Readonly<Record<string, string>>;

interface Start {
  readonly args: readonly string[];
  readonly env: Environment;
}

/** V8's flags and the environment from the unit of capture. */
function captureStart(): Start {
  const unit = readFileSync(join(SYSTEMD, 'weir-capture.service'), 'utf8');
  const command = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
  const flags = command.split(' ').filter((word) => word.startsWith('--max-'));
  const settings = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, words = '']) => words.split(' '));
  const env = Object.fromEntries(settings.map((word) => word.split('=', 2) as [string, string]));
  return { args: flags, env };
}

/** The same of the appliance, from what pm2 is given. */
function applianceStart(): Start {
  const load = createRequire(import.meta.url);
  const { apps } = load(join(SYSTEMD, 'ecosystem.config.cjs')) as {
    apps: { name: string; args: string[]; env: Environment }[];
  };
  const app = apps.find(({ name }) => name === 'weir-appliance');
  if (app === undefined) throw new TypeError('ecosystem.config.cjs starts no weir-appliance');
  return { args: app.args.filter((word) => word.startsWith('--')), env: app.env };
}

export interface ProcessOptions {
  readonly folder: string;
  readonly settings: Readonly<Record<string, Record<string, unknown>>>;
  /** Further flags of V8 for the appliance. */
  readonly applianceFlags: readonly string[];
  /** Where heap-probe.ts reports the heap of each thread; undefined leaves the probe out. */
  readonly heaps: string | undefined;
  readonly say: (text: string) => void;
}

export class WeirProcesses {
  readonly #options: ProcessOptions;
  readonly data: string;
  readonly fifo: string;
  readonly #config: string;
  #capture: ChildProcess | undefined;
  #appliance: ChildProcess | undefined;
  #isCaptureWanted = false;
  #stopping = false;
  /** How often the appliance ended without being asked, and in which words. */
  readonly deaths: string[] = [];

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.data = join(options.folder, 'data');
    this.fifo = join(options.folder, 'stream.fifo');
    this.#config = join(options.folder, 'weir.json');
  }

  get socket(): string {
    return join(this.data, APPLIANCE_SOCKET);
  }

  get capturePid(): number | undefined {
    return alive(this.#capture);
  }

  get appliancePid(): number | undefined {
    return alive(this.#appliance);
  }

  prepare(): void {
    mkdirSync(this.data, { recursive: true });
    if (!existsSync(this.fifo)) execFileSync('mkfifo', ['-m', '600', this.fifo]);
  }

  /** `pace`: settings of capture in real seconds, which follow the speed of simulated time. */
  startCapture(pace: Readonly<Record<string, number>>): void {
    const { settings } = this.#options;
    const capture = { ...settings['capture'], ...pace, engine: 'file', file: this.fifo, speed: 0 };
    writeFileSync(this.#config, JSON.stringify({ ...settings, data: { dir: this.data }, capture }));
    this.#isCaptureWanted = true;
    const { args, env } = captureStart();
    this.#capture = this.#spawn('capture', args, env);
    this.#capture.once('exit', (code, signal) => {
      if (this.#isCaptureWanted) this.#options.say(`capture ended (${signal ?? code}): ${this.#lastWords('capture')}`);
    });
  }

  startAppliance(): void {
    const { args, env } = applianceStart();
    const probe = fileURLToPath(new URL('./heap-probe.js', import.meta.url));
    const { applianceFlags, heaps } = this.#options;
    const flags = [...args, ...applianceFlags, ...(heaps === undefined ? [] : ['--import', probe])];
    const child = this.#spawn('appliance', flags, {
      ...env,
      ...(heaps === undefined ? {} : { WEIR_SOAK_HEAPS: heaps }),
    });
    this.#appliance = child;
    child.once('exit', (code, signal) => {
      if (this.#stopping || this.#appliance !== child) return;
      const words = `${signal ?? code}: ${this.#lastWords('appliance')}`;
      this.deaths.push(words);
      this.#options.say(`THE APPLIANCE DIED (${words}); started again`);
      setTimeout(() => this.#stopping || this.startAppliance(), RESTART_MS);
    });
  }

  /** As a person would with `systemctl restart`. */
  async restartAppliance(): Promise<void> {
    const child = this.#appliance;
    this.#appliance = undefined;
    await end(child);
    this.startAppliance();
  }

  /** The password of the page, which the appliance prints at its first start. */
  get password(): string | undefined {
    return /Password of the page: (\S+)/.exec(this.#log('appliance'))?.[1];
  }

  /** After the stream has ended. */
  async endCapture(): Promise<void> {
    this.#isCaptureWanted = false;
    await end(this.#capture);
  }

  /** After the stream has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.endCapture();
    await end(this.#appliance);
  }

  /** What `weir …` of this installation prints. Throws where it fails. */
  run(...words: readonly string[]): string {
    return execFileSync(process.execPath, [CLI, ...words], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  }

  #spawn(verb: string, flags: readonly string[], env: Environment): ChildProcess {
    const log = openSync(join(this.#options.folder, `${verb}.log`), 'a');
    const child = spawn(process.execPath, [...flags, CLI, verb, '--config', this.#config], {
      stdio: ['ignore', log, log],
      cwd: this.#options.folder,
      // Ctrl-C reaches the harness only: it ends the stream first.
      detached: true,
      env: { ...process.env, ...env },
    });
    closeSync(log);
    // Nothing outlives a harness that breaks off.
    process.once('exit', () => child.kill('SIGKILL'));
    return child;
  }

  #log(verb: string): string {
    const file = join(this.#options.folder, `${verb}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  #lastWords(verb: string): string {
    const lines = this.#log(verb).split('\n');
    return lines.findLast((line) => /FATAL|Error|error/.test(line)) ?? lines.at(-2) ?? '';
  }
}

function alive(child: ChildProcess | undefined): number | undefined {
  return child === undefined || child.exitCode !== null || child.signalCode !== null ? undefined : child.pid;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (alive(child) === undefined || child === undefined) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
