// Takes finished segments to the index, one after the other. When the card is full or refuses, the index is closed, time
// is given, and it is opened again; nothing is dropped, and analysis waits once a few segments are on their way.

import { setTimeout as pause } from 'node:timers/promises';
import { toError } from '../../model/errors.ts';
import { orElse, STOPPED } from '../../model/expected-error.ts';
import type { FoldedSegment } from './index-records.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export interface CommitTarget {
  commit(segment: FoldedSegment): Promise<void>;
  reopen(): Promise<void>;
}

export class CommitQueue {
  readonly #target: CommitTarget;
  readonly #stored: (segment: FoldedSegment) => void;
  readonly #waiting: FoldedSegment[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #reason = '';

  /** `stored` hears of each segment that is on the card. */
  constructor(target: CommitTarget, stored: (segment: FoldedSegment) => void) {
    this.#target = target;
    this.#stored = stored;
  }

  /** Why nothing can be stored now; empty while all is well. */
  get reason(): string {
    return this.#reason;
  }

  /** Not stored yet, oldest first: figures must count them. */
  get waiting(): readonly FoldedSegment[] {
    return this.#waiting;
  }

  push(segment: FoldedSegment): void {
    this.#waiting.push(segment);
    this.#wake();
  }

  /** Resolves when everything pushed so far is stored, or `stop` was called. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Lets the current write finish; what waits is analysed again at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #wake(): void {
    if (this.#waiting.length === 0 || this.#stop.signal.aborted) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#wake();
    });
  }

  async #run(): Promise<void> {
    let wait = FIRST_PAUSE_MS;
    while (!this.#stop.signal.aborted) {
      const segment = this.#waiting[0];
      if (segment === undefined) return;
      if (await this.#commit(segment)) {
        wait = FIRST_PAUSE_MS;
        continue;
      }
      await pause(wait, undefined, { signal: this.#stop.signal }).catch(
        orElse(undefined, 'waiting for the card', STOPPED),
      );
      wait = Math.min(LONGEST_PAUSE_MS, wait * 2);
    }
  }

  async #commit(segment: FoldedSegment): Promise<boolean> {
    try {
      if (this.#reason !== '') await this.#target.reopen();
      await this.#target.commit(segment);
      this.#reason = '';
      this.#waiting.shift();
      this.#stored(segment);
      return true;
    } catch (thrown) {
      this.#reason = toError(thrown).message;
      return false;
    }
  }
}
