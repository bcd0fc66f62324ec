// The life of an engine that is a child process: start it with a FIFO as its standard output, read whole records from there,
// and when it ends for whatever reason, account for what it took along and start it again.
// What the child is (tcpdump, cap) is a ChildKind: tcpdump-engine.ts, cap-engine.ts.

import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../../model/errors.ts';
import { orElse, STOPPED } from '../../model/expected-error.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { EngineCounts } from '../evidence/accounts.ts';
import type { Engine, EngineSink } from './engine.ts';
import { type Fifo, openFifo, readFifo } from './fifo.ts';
import { PcapStream } from './pcap-stream.ts';
import { Respawn } from './respawn.ts';

/** Why a child ended, as far as it said. `fatal` problems end the first start; later ones are waited out like all others. */
export interface ChildEnd {
  readonly wait: boolean;
  readonly fatal: WeirError | null;
  readonly reason: string;
  /** Frames it had received and dropped; null where it did not say at its end. */
  readonly received: number | null;
  readonly dropped: number | null;
}

/** One running child. */
export interface EngineChild {
  readonly process: ChildProcess;
  /** Whether the child answers. */
  answers(): Promise<boolean>;
  /** Newest known counts of this child; `fresh` asks it. */
  counts(fresh: boolean): Promise<{ readonly received: number | null; readonly dropped: number | null }>;
  /** Resolves when nothing is under way in the child any more, or after a bounded time. */
  settle(): Promise<void>;
  end(): ChildEnd;
}

export interface ChildKind {
  readonly name: string;
  readonly timestamps: 'kernel' | 'userspace';
  /** Throws a WeirError where starting cannot work (program or filter). */
  check(): Promise<void>;
  spawn(writeFd: number): EngineChild;
}

export interface ChildEngineSettings {
  readonly runFolder: string;
  readonly respawnMs: number;
  readonly respawnMaxMs: number;
}

/** How long a child may take to end after SIGINT, and to write its file header. */
const STOP_MS = 5000;
/** The kernel hands its ring over within a second; what a dead child had not read by then is in no file. */
const UNREAD_NS = 1_500_000_000n;
const JUST_NOW_NS = 1_000_000_000n;

interface Run {
  readonly child: EngineChild;
  captured: number;
}

export class ChildEngine implements Engine {
  readonly name: string;
  readonly timestamps: 'kernel' | 'userspace';
  readonly waits = false;
  readonly #kind: ChildKind;
  readonly #settings: ChildEngineSettings;
  readonly #clock: Clock;
  readonly #respawn: Respawn;
  #sink: EngineSink | null = null;
  #run: Run | null = null;
  #loop: Promise<void> = Promise.resolve();
  #stopping = new AbortController();
  /** Of runs that ended. */
  #past: EngineCounts;
  #gap: { from: bigint; since: bigint; reason: string } | null = null;

  constructor(kind: ChildKind, settings: ChildEngineSettings, clock: Clock) {
    this.name = kind.name;
    this.timestamps = kind.timestamps;
    this.#kind = kind;
    this.#settings = settings;
    this.#clock = clock;
    this.#respawn = new Respawn(settings.respawnMs, settings.respawnMaxMs);
    const unknown = kind.timestamps === 'userspace';
    this.#past = unknown ? { received: null, dropped: null, lostPipe: null } : { received: 0, dropped: 0, lostPipe: 0 };
  }

  async start(sink: EngineSink): Promise<void> {
    await this.#kind.check();
    this.#sink = sink;
    this.#stopping = new AbortController();
    await new Promise<void>((resolve, reject) => {
      this.#loop = this.#keepRunning(resolve, reject);
    });
  }

  async stop(): Promise<void> {
    const asked = this.#clock.monotonic();
    const run = this.#run;
    if (run !== null) await Promise.race([run.child.settle(), sleep(STOP_MS, undefined, { ref: false })]);
    this.#stopping.abort();
    run?.child.process.kill('SIGINT');
    const killer = setTimeout(() => this.#run?.child.process.kill('SIGKILL'), STOP_MS);
    await this.#loop;
    clearTimeout(killer);
    // A signal to the whole process group stops the child first: that is this stop and no gap of its own.
    if (this.#gap !== null && asked - this.#gap.since < JUST_NOW_NS) this.#gap = null;
    this.#endGap();
  }

  async stats(fresh: boolean): Promise<EngineCounts> {
    const run = this.#run;
    const now = run === null ? null : await run.child.counts(fresh);
    // The run may have ended meanwhile; then its counts are in the past already.
    if (now === null || run !== this.#run) return this.#past;
    return {
      received: sum(this.#past.received, now.received),
      dropped: sum(this.#past.dropped, now.dropped),
      lostPipe: this.#past.lostPipe,
    };
  }

  async responsive(): Promise<boolean> {
    return (await this.#run?.child.answers()) ?? true;
  }

  /** The running child's process id; for tests that kill it. */
  get pid(): number | undefined {
    return this.#run?.child.process.pid;
  }

  async #keepRunning(decided: () => void, refused: (error: WeirError) => void): Promise<void> {
    let first = true;
    while (!this.#stopping.signal.aborted) {
      const born = this.#clock.monotonic();
      const end = await this.#runOnce(decided);
      if (this.#stopping.signal.aborted) break;
      if (first && end.fatal !== null) return refused(end.fatal);
      first = false;
      this.#beginGap(end);
      this.#sink?.onState('waiting', end.reason);
      decided();
      const livedMs = Number((this.#clock.monotonic() - born) / 1_000_000n);
      const delay = end.wait ? this.#settings.respawnMs : this.#respawn.next(livedMs);
      await sleep(delay, undefined, { signal: this.#stopping.signal }).catch(
        orElse(undefined, 'waiting for a new engine', STOPPED),
      );
    }
    decided();
    this.#sink?.onState('stopped', '');
  }

  /** One child from its start to the end of its pipe and its process. */
  async #runOnce(decided: () => void): Promise<ChildEnd> {
    const fifo = await openFifo(this.#settings.runFolder);
    const child = this.#kind.spawn(fifo.writeFd);
    fs.closeSync(fifo.writeFd);
    const run: Run = { child, captured: 0 };
    this.#run = run;
    const ended = new Promise<void>((resolve) => {
      child.process.on('close', () => resolve());
      child.process.on('error', () => resolve());
    });
    if (this.#stopping.signal.aborted) child.process.kill('SIGINT');
    const fault = await this.#read(fifo, run, decided);
    if (fault !== null) child.process.kill('SIGKILL');
    await ended;
    const end = child.end();
    this.#run = null;
    this.#settle(run, end);
    return fault === null ? end : { ...end, reason: `${this.name}: broken stream (${fault}); the child was ended` };
  }

  async #read(fifo: Fifo, run: Run, decided: () => void): Promise<string | null> {
    const sink = this.#sink!;
    let fault: string | null = null;
    const stream = new PcapStream({
      // tcpdump writes its header when the ring collects and the filter is attached (seen with strace), so from here on it listens.
      begin: (format) => {
        this.#endGap();
        sink.onStream(format);
        sink.onState('running', '');
        decided();
      },
      records: (bytes, start, end, count) => {
        run.captured += count;
        sink.onBatch(bytes, start, end);
      },
    });
    await readFifo(fifo, (chunk, bytes) => {
      fault = stream.push(chunk, bytes);
      return fault === null;
    });
    return fault;
  }

  /** Adds an ended run to the past: what the kernel gave to the child and did not reach us is lost in its ring or pipe. */
  #settle(run: Run, end: ChildEnd): void {
    if (this.#past.received === null) return;
    const dropped = end.dropped ?? 0;
    const received = Math.max(end.received ?? 0, run.captured + dropped);
    this.#past = {
      received: this.#past.received + received,
      dropped: (this.#past.dropped ?? 0) + dropped,
      lostPipe: (this.#past.lostPipe ?? 0) + received - dropped - run.captured,
    };
  }

  #beginGap(end: ChildEnd): void {
    // What the ring still held died with the child.
    this.#gap ??= { from: this.#clock.wall() - UNREAD_NS, since: this.#clock.monotonic(), reason: end.reason };
  }

  #endGap(): void {
    if (this.#gap === null) return;
    const { from, reason } = this.#gap;
    this.#gap = null;
    this.#sink?.onGap({ from, to: this.#clock.wall(), reason, lost: null });
  }
}

function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
