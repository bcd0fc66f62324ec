// Owns the analysis thread: starts it, feeds it the catalog, and ends it when a packet holds it for too long. What was in
// hand then goes into quarantine on its second offence (the first may be the machine's: a stopped process, a full swap).

import { Worker } from 'node:worker_threads';
import { systemCode, toError } from '../../model/errors.ts';
import { orElse } from '../../model/expected-error.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { FoldedSegment } from '../index/index-records.ts';
import type { CatalogSegment } from '../tail/segment-catalog.ts';
import {
  type Checkpoint,
  type FromWorker,
  type LiveQuestion,
  sizeOf,
  type ToWorker,
  type Unstored,
  type WorkerStart,
} from './analysis-messages.ts';
import { type Progress, ProgressCell } from './progress.ts';
import { Quarantine, type QuarantineList } from './quarantine.ts';

export interface SupervisorSettings {
  readonly dataDir: string;
  /** URL of the module with `makeAnalyzer`. */
  readonly analyzer: string;
  /** Looks at the thread this often, in milliseconds. */
  readonly checkMs: number;
  /** So many looks in a row at the same packet mean that it hangs. Counted in looks, so that a stopped process is no hang. */
  readonly hangChecks: number;
  readonly heapMegabytes: number;
}

/** New objects; a larger room only makes the resident set larger (render-thread.ts). */
const YOUNG_MEGABYTES = 3;

export const SUPERVISOR_DEFAULTS = { checkMs: 1000, hangChecks: 10, heapMegabytes: 192 } as const;

/** What happens in the thread, reported to the store. */
export interface AnalysisListener {
  message(message: Exclude<FromWorker, { type: 'quarantine' }>): void;
  quarantined(list: QuarantineList): void;
  /** The thread ended and begins again; open segments are read again from their start. */
  restarted(reason: string): void;
}

const WORKER = new URL('./analysis-worker.js', import.meta.url);
/** A thread that ran out of memory gets twice as much the next time, up to this. */
const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';
/** A thread that died of its heap gets twice as much, up to this. */
const MAX_HEAP_MEGABYTES = 1024;
/** Between a death and the next start: doubles up to the largest. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export class AnalysisSupervisor {
  readonly #settings: SupervisorSettings;
  readonly #listener: AnalysisListener;
  readonly #checkpoints = new Map<DeviceKey, Checkpoint>();
  /** Everything announced, for the next thread. */
  readonly #catalog: () => Iterable<CatalogSegment>;
  #quarantine = new Quarantine();
  #heapMegabytes: number;
  #suspect: Progress | undefined;
  #worker: Worker | undefined;
  #progress = new ProgressCell();
  #timer: NodeJS.Timeout | undefined;
  #pauseTimer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #last: Progress | undefined;
  #stuck = 0;
  #restarts = 0;
  #unstored: Unstored = { slices: 0, bytes: 0 };
  #stopped = true;

  constructor(settings: SupervisorSettings, catalog: () => Iterable<CatalogSegment>, listener: AnalysisListener) {
    this.#settings = settings;
    this.#heapMegabytes = settings.heapMegabytes;
    this.#catalog = catalog;
    this.#listener = listener;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get quarantinedPackets(): number {
    return this.#quarantine.packets;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** `checkpoints`: what the index holds. */
  start(checkpoints: readonly Checkpoint[], quarantine: QuarantineList): void {
    for (const checkpoint of checkpoints) this.#checkpoints.set(checkpoint.device, checkpoint);
    this.#quarantine = new Quarantine(quarantine);
    this.#stopped = false;
    this.#spawn();
    this.#timer = setInterval(() => this.#look(), this.#settings.checkMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#pauseTimer);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** Segments that appeared or changed. */
  announce(segments: readonly CatalogSegment[]): void {
    this.#post({ type: 'segments', segments });
  }

  ask(question: LiveQuestion): void {
    this.#post({ type: 'ask', ...question });
  }

  stored(segment: FoldedSegment): void {
    const size = sizeOf(segment);
    this.#count(size, -1);
    this.#post({ type: 'stored', ...size });
  }

  #count({ slices, bytes }: Unstored, sign: 1 | -1): void {
    this.#unstored = { slices: this.#unstored.slices + sign * slices, bytes: this.#unstored.bytes + sign * bytes };
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #spawn(): void {
    this.#progress = new ProgressCell();
    this.#progress.idle();
    this.#last = undefined;
    this.#stuck = 0;
    const workerData: WorkerStart = {
      dataDir: this.#settings.dataDir,
      progress: this.#progress.memory,
      quarantine: this.#quarantine.list(),
      checkpoints: [...this.#checkpoints.values()],
      unstored: this.#unstored,
      analyzer: this.#settings.analyzer,
    };
    const worker = new Worker(WORKER, {
      workerData,
      name: 'weir-analysis',
      resourceLimits: {
        maxOldGenerationSizeMb: this.#heapMegabytes,
        maxYoungGenerationSizeMb: YOUNG_MEGABYTES,
      },
    });
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#receive(worker, message));
    worker.on('error', (error) => {
      if (systemCode(error) === OUT_OF_MEMORY)
        this.#heapMegabytes = Math.min(MAX_HEAP_MEGABYTES, this.#heapMegabytes * 2);
      this.#died(worker, toError(error).message);
    });
    worker.on('exit', (code) => this.#died(worker, `exit code ${code}`));
    this.announce([...this.#catalog()]);
  }

  #receive(worker: Worker, message: FromWorker): void {
    // What a thread that was given up still had to say would be counted twice.
    if (worker !== this.#worker) return;
    if (message.type === 'quarantine') return this.#merge(message.list);
    if (message.type === 'finished') {
      const { device, seq, slice, ends, bytes, carry } = message.segment;
      this.#checkpoints.set(device, { device, seq, slice, offset: ends ? null : bytes, carry });
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#count(sizeOf(message.segment), 1);
    }
    this.#listener.message(message);
  }

  #merge(list: QuarantineList): void {
    for (const [seq, offsets] of Object.entries(list))
      for (const offset of offsets) this.#quarantine.add(Number(seq), offset);
    this.#listener.quarantined(this.#quarantine.list());
  }

  #look(): void {
    if (this.#worker === undefined) return;
    const now = this.#progress.read();
    const same = now.seq >= 0 && now.beat === this.#last?.beat;
    this.#stuck = same ? this.#stuck + 1 : 0;
    this.#last = now;
    if (this.#stuck < this.#settings.hangChecks) return;
    this.#giveUp(this.#worker, `hung at offset ${now.offset} of segment ${now.seq}`);
  }

  /** The thread died by itself: of memory, or of a bug outside a packet. */
  #died(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#giveUp(worker, reason);
  }

  #giveUp(worker: Worker, reason: string): void {
    const { seq, offset } = this.#progress.read();
    this.#worker = undefined;
    this.#restarts++;
    worker.terminate().catch(orElse(undefined, 'ending the analysis thread'));
    if (seq >= 0) this.#accuse({ beat: 0, seq, offset });
    this.#listener.restarted(reason);
    if (this.#stopped) return;
    this.#pauseTimer = setTimeout(() => this.#spawn(), this.#pauseMs);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  #accuse(found: Progress): void {
    const again = this.#suspect?.seq === found.seq && this.#suspect.offset === found.offset;
    this.#suspect = again ? undefined : found;
    if (!again) return;
    this.#quarantine.add(found.seq, found.offset);
    this.#listener.quarantined(this.#quarantine.list());
  }
}
