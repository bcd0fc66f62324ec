// `weir verify` of the appliance's own folder, begun at the page: in a thread of its own (verify-worker.ts), one at a time, so that neither
// page nor analysis waits for it. The last result stays until the next one begins. Owned by appliance.ts.

import { Worker } from 'node:worker_threads';
import { toError } from '../model/errors.ts';
import { printable } from '../model/text.ts';

const WORKER = new URL('./verify-worker.js', import.meta.url);
const HEAP_MEGABYTES = 256;
/** Of a reason for a failure. */
const REASON_CHARACTERS = 1000;

export interface VerifyEnd {
  readonly ok: boolean;
  /** Fingerprint; empty where the folder has no key. */
  readonly key: string;
  /** The last signed line: number, colon, hash. */
  readonly head: string;
  /** As `weir verify` prints it. */
  readonly text: string;
}

export interface VerifyDone {
  readonly files: number;
  readonly of: number;
}

export type VerifyStep = { readonly done: VerifyDone } | { readonly end: VerifyEnd };

export interface VerificationState {
  readonly state: 'none' | 'running' | 'done' | 'failed';
  readonly started: string | null;
  readonly ended: string | null;
  /** Null before the first file: the ledger is read first. */
  readonly done: VerifyDone | null;
  readonly result: VerifyEnd | null;
  readonly why: string | null;
}

const NONE: VerificationState = { state: 'none', started: null, ended: null, done: null, result: null, why: null };

export class Verification {
  readonly #dataDir: string;
  #worker: Worker | undefined;
  #state = NONE;
  #isStopped = false;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get state(): VerificationState {
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
  begin(): VerificationState {
    if (this.#state.state === 'running' || this.#isStopped) return this.#state;
    this.#state = { ...NONE, state: 'running', started: new Date().toISOString() };
    const worker = new Worker(WORKER, {
      workerData: this.#dataDir,
      name: 'weir-verify',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
    });
    this.#worker = worker;
    worker.on('message', (step: VerifyStep) => {
      if ('done' in step) this.#state = { ...this.#state, done: step.done };
      else this.#end(worker, { state: 'done', result: step.end });
    });
    worker.once('error', (error) =>
      this.#end(worker, { state: 'failed', why: printable(toError(error).message, REASON_CHARACTERS) }),
    );
    worker.once('exit', () =>
      this.#end(worker, { state: 'failed', why: 'The verification was ended before its result.' }),
    );
    return this.#state;
  }

  /** A thread whose result is there may exit when the next one runs already. */
  #end(worker: Worker, how: Partial<VerificationState>): void {
    if (worker !== this.#worker) return;
    if (this.#state.state === 'running') this.#state = { ...this.#state, ended: new Date().toISOString(), ...how };
  }
}
