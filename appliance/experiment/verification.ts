// `weir verify` of the appliance's own folder, begun at the page: in a thread of its own (verify-worker.ts). Owned by appliance.ts.

import { type JobState, type JobStep, WorkerJob } from './worker-job.ts';

const WORKER = new URL('./verify-worker.js', import.meta.url);

export interface VerifyEnd {
  readonly ok: boolean;
  /** Fingerprint; empty where the folder has no key. */
  readonly key: string;
  /** The last signed line: number, colon, hash. */
  readonly head: string;
  /** As `weir verify` prints it. */
  readonly text: string;
}

/** None before the first file: the ledger is read first. */
export interface VerifyDone {
  readonly files: number;
  readonly of: number;
}

export type VerifyStep = JobStep<VerifyDone, VerifyEnd>;
export type VerificationState = JobState<VerifyDone, VerifyEnd>;

export class Verification {
  readonly #dataDir: string;
  readonly #job = new WorkerJob<VerifyDone, VerifyEnd>(WORKER, 'weir-verify');

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  get state(): VerificationState {
    return this.#job.state;
  }

  start(): void {
    this.#job.start();
  }

  stop(): Promise<void> {
    return this.#job.stop();
  }

  begin(): VerificationState {
    return this.#job.begin(this.#dataDir);
  }
}
