// A program that `weir ap` keeps running as its child: hostapd, dnsmasq. It lives and dies with the supervisor.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expectOnly } from '../../model/expected-error.ts';
import { AP_RUN_FOLDER } from '../status/status.ts';
import { PROGRAM_PATH, readText, removeFile, replaceFile } from './machine.ts';

const STOP_MS = 3000;
/** hostapd prints names that stations chose; a longer line is of no use to anybody. */
const MAX_LINE = 500;

export class Daemon {
  readonly name: string;
  readonly #words: readonly string[];
  readonly #hear: (line: string) => void;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(name: string, words: readonly string[], hear: (line: string) => void) {
    this.name = name;
    this.#words = words;
    this.#hear = hear;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the program has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  start(): void {
    endLeftover(this.name);
    // Through a pipe the C library keeps lines back until 4 KiB are full.
    const child = spawn('stdbuf', ['-oL', ...this.#words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: PROGRAM_PATH, LC_ALL: 'C' },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#hear(line.slice(0, MAX_LINE)));
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#hear(`${this.name} could not be started: ${error.message}`);
        resolve();
      });
      child.on('close', () => resolve());
    });
    if (child.pid !== undefined) replaceFile(pidFile(this.name), String(child.pid), 0o644);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(killer);
    this.#child = undefined;
    removeFile(pidFile(this.name));
  }
}

function pidFile(name: string): string {
  return `${AP_RUN_FOLDER}/${name}.pid`;
}

/** A supervisor that was killed leaves its children behind; two hostapds on one radio fail both. */
export function endLeftover(name: string): void {
  const pid = Number(readText(pidFile(name)));
  if (!Number.isSafeInteger(pid) || pid < 2) return;
  const command = readText(`/proc/${pid}/cmdline`) ?? '';
  if (!command.includes(name) || !command.includes(AP_RUN_FOLDER)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    expectOnly(thrown, 'ending a leftover process', 'ESRCH');
    // It ended by itself meanwhile.
  }
}
