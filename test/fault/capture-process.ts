// `weir capture` as the tests meet it: a process started by a supervisor, a socket that answers, signals that hit it.

import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CaptureRequest, CaptureStatus } from '../../appliance/model/capture-status.ts';
import { CAPTURE_END, type Stage, signalGroup } from './stage.ts';
import { GATEWAY } from './traffic.ts';

export const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

/** As weir-capture.service starts it: packets live outside of V8's heap, which would else grow with the machine. */
const SMALL_HEAP = ['--max-old-space-size=64', '--max-semi-space-size=1'];
const SMALL_MEMORY = { MALLOC_MMAP_THRESHOLD_: '65536' };

/** Generous, because other work shares the machine; a test that holds ends long before. */
export const PATIENCE_MS = 90_000;

/** Long, because a test whose own event loop was held up sees this pass before it sees the answer. */
const ANSWER_MS = 10_000;

export interface CaptureSettings {
  readonly capture?: Record<string, unknown>;
  readonly retention?: Record<string, unknown>;
  /** For the appliance next to it, which reads the same file. */
  readonly mqtt?: Record<string, unknown>;
}

export interface LaunchOptions {
  /** Put before the command, such as strace and its options. */
  readonly under?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export class CaptureProcess {
  readonly #stage: Stage;
  /** The data folder inside the stage. */
  readonly data: string;
  /** Its configuration file inside the stage; the appliance next to it reads the same. */
  readonly config: string;
  #child: ChildProcess | null = null;
  #exit: Promise<number | string> = Promise.resolve(0);
  /** Standard output and error of all lives. */
  log = '';

  /** Writes the configuration; `start` starts. */
  constructor(stage: Stage, data: string, settings: CaptureSettings = {}) {
    this.#stage = stage;
    this.data = data;
    this.config = `${stage.root}/weir-${readdirSync(stage.outside(stage.root)).length}.yaml`;
    const settled = {
      data: { dir: data },
      capture: { interface: CAPTURE_END, infra_macs: [GATEWAY], canary_seconds: 0, ...settings.capture },
      retention: { free_bytes: 0, free_percent: 0, free_inodes_percent: 0, ballast_bytes: 0, ...settings.retention },
      http: { port: 0 },
      mqtt: { ...settings.mqtt },
    };
    writeFileSync(stage.outside(this.config), JSON.stringify(settled));
    mkdirSync(stage.outside(data), { recursive: true });
  }

  /** Starts a life and waits until it captures. */
  async start(options: LaunchOptions = {}): Promise<CaptureStatus> {
    this.launch(options);
    return this.until('capturing', (status) => status.state === 'capturing' || status.state === 'degraded');
  }

  /** Starts a life and does not wait. */
  launch(options: LaunchOptions = {}): void {
    const argv = [...(options.under ?? []), process.execPath, ...SMALL_HEAP, MAIN, 'capture', '--config', this.config];
    const child = this.#stage.spawn(argv, { ...SMALL_MEMORY, ...options.env });
    const note = (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-200_000));
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
    this.#child = child;
    this.#exit = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')));
  }

  /** Process id of the supervisor's child: capture itself unless it runs under something. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('capture was not started');
    return pid;
  }

  /** Exit code or signal of the life that runs or ran last. */
  get exited(): Promise<number | string> {
    return this.#exit;
  }

  /** Asks for an orderly end; answers the exit code. */
  async stop(): Promise<number | string> {
    const pid = await this.status().then(
      (status) => status.pid,
      () => this.pid,
    );
    process.kill(pid, 'SIGTERM');
    return this.within(this.#exit, 'the end of capture');
  }

  /** Kills capture and its engine at once, as the kernel or a power cut does. */
  async killAll(): Promise<void> {
    signalGroup(this.pid, 'SIGKILL');
    await this.#exit;
  }

  status(): Promise<CaptureStatus> {
    return this.request({ verb: 'status' }) as Promise<CaptureStatus>;
  }

  /** One request on the socket. Rejects when nobody answers for long or the answer is a refusal. */
  request(request: CaptureRequest): Promise<unknown> {
    const socket = connect(this.#stage.outside(`${this.data}/run/capture.sock`));
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')));
    socket.write(`${JSON.stringify({ id: 1, ...request })}\n`);
    return new Promise((resolve, reject) => {
      let text = '';
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('capture hung up')));
      socket.on('data', (chunk) => {
        text += chunk.toString();
        if (!text.includes('\n')) return;
        socket.destroy();
        const answer = JSON.parse(text) as { ok: boolean; data?: unknown; error?: string };
        if (answer.ok) resolve(answer.data);
        else reject(new Error(answer.error));
      });
    });
  }

  /** Polls the status until it is as wanted. Rejects with the last status and the end of the log. */
  async until(
    what: string,
    isSo: (status: CaptureStatus) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<CaptureStatus> {
    const deadline = performance.now() + patienceMs;
    let last: unknown = 'no status';
    while (performance.now() < deadline) {
      try {
        const status = await this.status();
        if (isSo(status)) return status;
        last = { state: status.state, reason: status.reason, counters: status.counters };
      } catch (error) {
        last = error;
      }
      await sleep(50);
    }
    throw new Error(
      `waited in vain for: ${what}; last: ${JSON.stringify(last)} ${String(last)}\n${this.log.slice(-4000)}`,
    );
  }

  /** Waits for a promise, but not for ever. */
  async within<T>(promise: Promise<T>, what: string, patienceMs = PATIENCE_MS): Promise<T> {
    const late = sleep(patienceMs, undefined, { ref: false }).then((): never => {
      throw new Error(`waited in vain for ${what}\n${this.log.slice(-4000)}`);
    });
    return Promise.race([promise, late]);
  }
}

/** Resident bytes of a process. */
export function residentBytes(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) * 1024;
}

/** Process id of the child that hands a capture its frames. */
export function engineOf(capture: number): number {
  const [child = ''] = readFileSync(`/proc/${capture}/task/${capture}/children`, 'utf8').trim().split(' ');
  if (child === '') throw new Error('capture has no engine');
  return Number(child);
}

export function openHandles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
