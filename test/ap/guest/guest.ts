// What a scenario works with inside the virtual machine: checks as plain lines, shell lines, programs that are ended at the end.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../appliance/cli/main.js', import.meta.url));
export const CONFIG_FILE = '/etc/weir/weir.yaml';

export interface ShellResult {
  readonly code: number;
  /** Standard output and error together, trimmed. */
  readonly out: string;
}

/** A program that runs next to the scenario; what it said is kept. */
export interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  output(): string;
  /** Resolves with its exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

export class Guest {
  readonly #name: string;
  readonly #ends: (() => unknown)[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  /** A remark for the reader; no check. */
  say(text: string): void {
    process.stdout.write(`# ${text}\n`);
  }

  check(sentence: string, condition: boolean, detail = ''): boolean {
    const said = detail.replaceAll(/\s+/g, ' ').slice(0, 600);
    process.stdout.write(
      `${condition ? 'ok' : 'not ok'} - ${this.#name}: ${sentence}${condition || said === '' ? '' : ` (${said})`}\n`,
    );
    return condition;
  }

  skip(sentence: string, reason: string): void {
    process.stdout.write(`skip - ${this.#name}: ${sentence}: ${reason}\n`);
  }

  /** One line for the shell, 60 s at most. */
  sh(line: string): ShellResult {
    const { status, stdout, stderr } = spawnSync('/bin/bash', ['-c', line], { encoding: 'utf8', timeout: 60_000 });
    return { code: status ?? 255, out: `${stdout}${stderr}`.trim() };
  }

  /** The same where failing would make everything after it pointless. */
  must(line: string): string {
    const { code, out } = this.sh(line);
    if (code !== 0) throw new Error(`${line}: ${out} (exit ${code})`);
    return out;
  }

  /** Starts a program; what it says goes to /mnt/out/<name>.log as well. */
  start(name: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
    const [program = '', ...args] = words;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    let text = '';
    const hear = (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-200_000);
      appendFileSync(`/mnt/out/${this.#name}-${name}.log`, chunk);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const ended = new Promise<number | string>((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
    const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal);
      return Promise.race([ended, sleep(20_000).then(() => (child.kill('SIGKILL'), 'did not end within 20 s'))]);
    };
    this.atEnd(() => (child.exitCode === null && child.signalCode === null ? stop() : undefined));
    return { name, child, output: () => text, ended, stop };
  }

  /** `weir …` as built, with /etc/weir/weir.yaml. */
  weir(words: readonly string[], name: string = words.join('-'), environment: NodeJS.ProcessEnv = {}): Running {
    return this.start(name, [process.execPath, MAIN, ...words, '--config', CONFIG_FILE], environment);
  }

  /** The same for a verb that comes to its end by itself. */
  weirSync(words: readonly string[], config = true): ShellResult {
    const args = [MAIN, ...words, ...(config ? ['--config', CONFIG_FILE] : [])];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    return { code: status ?? 255, out: `${stdout}${stderr}`.trim() };
  }

  configure(yaml: string): void {
    this.write(CONFIG_FILE, yaml);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
  }

  /** Looks every 100 ms; false when the time is over. */
  async until(condition: () => boolean | Promise<boolean>, seconds: number): Promise<boolean> {
    const end = performance.now() + seconds * 1000;
    while (!(await condition())) {
      if (performance.now() > end) return false;
      await sleep(100);
    }
    return true;
  }

  pause(seconds: number): Promise<void> {
    return sleep(seconds * 1000);
  }

  /** Done in the reverse order when the scenario is over, however it ended. */
  atEnd(act: () => unknown): void {
    this.#ends.push(act);
  }

  async end(): Promise<void> {
    for (const act of this.#ends.splice(0).reverse()) {
      try {
        await act();
      } catch (thrown) {
        this.say(`cleaning up: ${String(thrown)}`);
      }
    }
  }
}
