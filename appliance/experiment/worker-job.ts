// Long work that is begun at the page: in a thread of its own, one at a time, so that neither page nor analysis waits for it. The last
// result stays until the next one begins. Used by verification.ts and exports.ts.

import { Worker } from 'node:worker_threads';
import { toError } from '../model/errors.ts';
import { printable } from '../model/text.ts';

const HEAP_MEGABYTES = 256;
/** Of a reason for a failure. */
const REASON_CHARACTERS = 1000;

/** What the thread reports: how far it is, then its result. */
export type JobStep<Done, End> = { readonly done: Done } | { readonly end: End };

export interface JobState<Done, End> {
  readonly state: 'none' | 'running' | 'done' | 'failed';
  readonly started: string | null;
  readonly ended: string | null;
  /** Null before the first report. */
  readonly done: Done | null;
  readonly result: End | null;
  readonly why: string | null;
}

const NONE = { state: 'none', started: null, ended: null, done: null, result: null, why: null } as const;

export class WorkerJob<Done, End> {
  readonly #file: URL;
  readonly #name: string;
  #worker: Worker | undefined;
  #state: JobState<Done, End> = NONE;
  #isStopped = false;

  /** `name`: of the thread. */
  constructor(file: URL, name: string) {
    this.#file = file;
    this.#name = name;
  }

  get state(): JobState<Done, End> {
    return this.#state;
  }

  start(): void {
    this.#isStopped = false;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
  }

  /** While one runs, that one goes on. */
  begin(what: unknown): JobState<Done, End> {
    if (this.#state.state === 'running' || this.#isStopped) return this.#state;
    this.#state = { ...NONE, state: 'running', started: new Date().toISOString() };
    const worker = new Worker(this.#file, {
      workerData: what,
      name: this.#name,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
    });
    this.#worker = worker;
    worker.on('message', (step: JobStep<Done, End>) => {
      if ('done' in step) this.#state = { ...this.#state, done: step.done };
      else this.#end(worker, { state: 'done', result: step.end });
    });
    worker.once('error', (error) =>
      this.#end(worker, { state: 'failed', why: printable(toError(error).message, REASON_CHARACTERS) }),
    );
    worker.once('exit', () => this.#end(worker, { state: 'failed', why: 'It was ended before its result.' }));
    return this.#state;
  }

  /** A thread whose result is there may exit when the next one runs already. */
  #end(worker: Worker, how: Partial<JobState<Done, End>>): void {
    if (worker !== this.#worker) return;
    if (this.#state.state === 'running') this.#state = { ...this.#state, ended: new Date().toISOString(), ...how };
  }
}

/** Between two reports of progress. */
const REPORT_MS = 250;

/** Passes on the first of several reports, and then one every quarter of a second. */
export function paced<Done>(report: (done: Done) => void): (done: Done) => void {
  let said = -Infinity;
  return (done) => {
    if (performance.now() - said < REPORT_MS) return;
    said = performance.now();
    report(done);
  };
}
