// A household, its stream, the real processes that record and analyse it, and what they cost: everything that a scenario needs.
// Owns them all; `stop` mirrors `start`.

import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { CostMeter } from './cost-meter.ts';
import { Feeder } from './feeder.ts';
import { Governor } from './governor.ts';
import { HomeStream } from './home-stream.ts';
import { chooseDevices, livesOf, SOAK_START_US, type SoakDevice } from './household.ts';
import { askStatus } from './local-api.ts';
import type { SoakOptions } from './options.ts';
import { PageClient } from './page-client.ts';
import { WeirProcesses } from './processes.ts';
import { type FolderSize, heapsOf, sizeOf } from './sample.ts';
import { SimClock } from './sim-clock.ts';
import { GATEWAY_MAC } from './tape.ts';

/** As in life (capture.silent_seconds). */
const SILENT_SECONDS = 300;
const LOOK_MS = 500;
const READY_MS = 60_000;
/** Everything sent is read and counted within this, or something is wrong. */
const DRAIN_MS = 180_000;
const DRAIN_LOOK_MS = 300;
/** Of ordinary life at real speed: what may be under way between the stream and capture's newest count. */
const NEWEST_FRAMES = 1000;
const PROGRESS_MS = 30_000;

export class Stopped extends Error {}

export class Rig {
  readonly options: SoakOptions;
  readonly say: (text: string) => void;
  readonly devices: readonly SoakDevice[];
  readonly stream: HomeStream;
  readonly clock: SimClock;
  readonly processes: WeirProcesses;
  readonly governor: Governor;
  readonly appliance = new CostMeter();
  readonly capture = new CostMeter();
  /** Most bytes of heap that each thread used since they were taken, by thread number. */
  readonly #heaps = new Map<number, number>();
  readonly #heapFolder: string;
  #feeder: Feeder | undefined;
  #looking: NodeJS.Timeout | undefined;
  #password = '';
  /** Frames given to earlier runs of capture. */
  #framesBefore = 0;
  #lostBefore = 0;
  #follower: Rig | undefined;
  isStopping = false;

  private constructor(options: SoakOptions, port: number, say: (text: string) => void) {
    this.options = options;
    this.say = say;
    mkdirSync(options.out, { recursive: true });
    this.devices = chooseDevices(options.captures, options.seed, say);
    this.stream = new HomeStream(livesOf(this.devices, options.seed, SOAK_START_US));
    this.clock = new SimClock(SOAK_START_US, options.speed, performance.now());
    // In memory, so that reports of heaps are not written to the card.
    this.#heapFolder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'weir-soak-'));
    this.processes = new WeirProcesses({
      folder: options.out,
      heaps: options.heapProbe ? this.#heapFolder : undefined,
      settings: settingsFor(options, port),
      applianceFlags: options.applianceFlags,
      say,
    });
    this.governor = new Governor(() => this.processes.socket, this.clock);
    this.url = `http://127.0.0.1:${port}`;
  }

  readonly url: string;

  static async make(options: SoakOptions, say: (text: string) => void): Promise<Rig> {
    return new Rig(options, await freePort(), say);
  }

  /** Another rig that ends when this one is asked to. */
  follow(other: Rig): void {
    this.#follower = other;
  }

  /** Somebody wants the end: the next pause throws. */
  askToStop(): void {
    this.isStopping = true;
    this.#follower?.askToStop();
  }

  /** Starts, does the work, stops whatever happens. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      await this.start();
      return await work();
    } finally {
      await this.stop();
    }
  }

  async start(): Promise<void> {
    this.clock.hold('start');
    this.processes.prepare();
    await this.#startCapture(this.options.speed);
    this.processes.startAppliance();
    this.#looking = setInterval(() => this.look(), LOOK_MS);
    await this.until(
      'the appliance to answer',
      READY_MS,
      async () => (await askStatus(this.processes.socket)).capture !== null,
    );
    this.#password = this.processes.password ?? '';
    this.governor.start();
    this.clock.release('start');
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.#looking);
    await this.governor.stop();
    await this.#feeder?.stop();
    await this.processes.stop();
    rmSync(this.#heapFolder, { recursive: true, force: true });
    rmSync(this.processes.fifo, { force: true });
    if (!this.options.keep) rmSync(this.processes.data, { recursive: true, force: true });
  }

  /** Another speed of simulated time: capture ends and begins again with a silence of its own, which is in real seconds. */
  async setSpeed(speed: number): Promise<void> {
    this.clock.hold('speed');
    await this.drain();
    this.#framesBefore = this.stream.frames;
    this.#lostBefore = this.lost;
    await this.#feeder?.stop();
    await this.processes.endCapture();
    await this.#startCapture(speed);
    await this.until('capture to be seen', READY_MS, async () => {
      const { capture } = await this.askStatus();
      return capture !== null && capture.pid === this.processes.capturePid;
    });
    this.clock.speed = speed;
    this.clock.release('speed');
  }

  async #startCapture(speed: number): Promise<void> {
    this.processes.startCapture({
      silent_seconds: Math.max(1, Math.round(SILENT_SECONDS / speed)),
      flush_ms: speed > 10 ? 200 : 1000,
      sync_seconds_idle: speed > 10 ? 1 : 10,
    });
    const feeder = new Feeder(this.processes.fifo, this.stream, this.clock);
    await feeder.start();
    this.#feeder = feeder;
  }

  /** Costs, peaks and heaps as they are now. */
  look(): void {
    this.appliance.look(this.processes.appliancePid);
    this.capture.look(this.processes.capturePid);
    for (const { thread, usedBytes } of heapsOf(this.#heapFolder, this.processes.appliancePid)) {
      this.#heaps.set(thread, Math.max(this.#heaps.get(thread) ?? 0, usedBytes));
    }
  }

  takeHeaps(): ReadonlyMap<number, number> {
    const heaps = new Map(this.#heaps);
    this.#heaps.clear();
    return heaps;
  }

  /** Lets life go on until that simulated time. */
  async runUntil(us: number): Promise<void> {
    let due = performance.now() + PROGRESS_MS;
    while (this.clock.us < us) {
      await this.pause(50);
      if (performance.now() < due) continue;
      due += PROGRESS_MS;
      this.say(this.#progress());
    }
  }

  #progress(): string {
    const { status } = this.governor;
    const hours = (this.clock.us - SOAK_START_US) / 3_600_000_000;
    const behind = `backlog ${((status?.analysis.backlog_bytes ?? 0) / 1e6).toFixed(1)} MB, lag ${(status?.analysis.lag_seconds ?? 0).toFixed(1)} s`;
    const resident = (this.appliance.total.residentBytes / 1e6).toFixed(0);
    return `  … hour ${hours.toFixed(1)}: ${behind}, appliance ${resident} MB, index ${(this.index.bytes / 1e6).toFixed(1)} MB${this.clock.isHeld ? ', time is held' : ''}`;
  }

  /** Waits; throws where somebody asked for the end or the stream broke. */
  async pause(ms: number): Promise<void> {
    await sleep(ms);
    if (this.isStopping) throw new Stopped('stopped');
    if (this.#feeder !== undefined && this.#feeder.problem !== '') throw new Error(this.#feeder.problem);
  }

  /** Time is held until everything that was sent is captured, analysed and reported. */
  async drain(): Promise<void> {
    this.clock.hold('drain');
    let calm = 0;
    await this.until('everything sent to be analysed', DRAIN_MS, async () => {
      const status = await this.askStatus();
      const isRead = status.analysis.backlog_bytes === 0 && status.analysis.lag_seconds === 0;
      calm = isRead && this.captured + this.lost >= this.stream.frames ? calm + 1 : 0;
      return calm > 3;
    });
    this.look();
    this.clock.release('drain');
  }

  /** Life goes on. When analysis had read everything but the newest frames: real milliseconds; null where it took longer. */
  async catchUp(patienceMs: number): Promise<number | null> {
    const end = performance.now() + patienceMs;
    while (performance.now() < end) {
      const status = await this.askStatus().catch(() => undefined);
      const isCaptured = this.captured + this.lost >= this.stream.frames - NEWEST_FRAMES;
      // The lag alone may be an old one, reported before the first of these frames was seen. Copies only add to the records.
      const isRead = (status?.analysis.analysed_records ?? 0) >= this.stream.frames - NEWEST_FRAMES;
      if (isCaptured && isRead && status !== undefined && status.analysis.lag_seconds < 1) return performance.now();
      await this.pause(DRAIN_LOOK_MS);
    }
    return null;
  }

  /** The stream is over: capture closes its last segments, and all of them come into the index. */
  async finish(): Promise<void> {
    await this.drain();
    this.clock.hold('finish');
    await this.governor.stop();
    await this.#feeder?.stop();
    await this.processes.endCapture();
    let calm = 0;
    await this.until('the last segments to be stored', DRAIN_MS, async () => {
      const { analysis } = await this.askStatus();
      calm = analysis.backlog_segments === 0 && analysis.lag_seconds === 0 ? calm + 1 : 0;
      return calm > 5;
    });
  }

  /** Asks now; what is known of capture follows from it. */
  async askStatus(): Promise<StatusResponse> {
    return (this.governor.status = await askStatus(this.processes.socket));
  }

  /** Frames that reached capture, over all its runs. */
  get captured(): number {
    return this.#framesBefore + (this.governor.status?.capture?.counters.captured ?? 0);
  }

  get lost(): number {
    const counters = this.governor.status?.capture?.counters;
    const now = counters === undefined ? 0 : counters.lost_queue + counters.lost_disk + (counters.dropped_kernel ?? 0);
    return this.#lostBefore + now;
  }

  get index(): FolderSize {
    return sizeOf(join(this.processes.data, 'index'));
  }

  get captureFiles(): number {
    return sizeOf(join(this.processes.data, 'captures')).files;
  }

  openPage(): Promise<PageClient> {
    return PageClient.open(this.url, this.#password);
  }

  /** Share of one core that the appliance takes over so many real seconds. */
  async cpuShare(seconds: number): Promise<number> {
    this.look();
    const before = this.appliance.total.cpuSeconds;
    const start = performance.now();
    await this.pause(seconds * 1000);
    this.look();
    return (this.appliance.total.cpuSeconds - before) / ((performance.now() - start) / 1000);
  }

  async until(what: string, ms: number, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + ms;
    let last = '';
    while (performance.now() < end) {
      const so = await isSo().catch((error: unknown) => {
        last = String(error);
        return false;
      });
      if (so) return;
      await this.pause(DRAIN_LOOK_MS);
    }
    throw new Error(
      `waited ${ms / 1000} s in vain for ${what}: ${last} ${JSON.stringify(this.governor.status?.analysis)}`,
    );
  }
}

function settingsFor(options: SoakOptions, port: number): Record<string, Record<string, unknown>> {
  return {
    capture: { infra_macs: [GATEWAY_MAC], canary_seconds: 0 },
    retention: { budget_bytes: options.budgetBytes, free_bytes: 0, free_percent: 0, free_inodes_percent: 0 },
    http: { port },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}
