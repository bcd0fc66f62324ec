// When open files are made durable. The seconds of the configuration are a promise: a frame is on the card before it is that old,
// by the time that the kernel stamped it with, so that a power cut costs no more. A sync therefore starts a margin earlier, and
// the margin is what syncs took lately. On the monotonic clock. Where a sync came too late after all, that is counted.

import type { SyncStatus } from '../../model/capture-status.ts';
import { CARD, orElse } from '../../model/expected-error.ts';

export interface SyncScheduleParts {
  /** Of the configuration, for the phase that holds now. */
  readonly intervalMs: () => number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Makes all that came so far durable; false where the disk did not take it. */
  readonly syncAll: () => Promise<boolean>;
}

/** One look (upkeep.ts), the writes before the sync, and a processor that has other work. */
const LEAST_MARGIN_MS = 400;
/** Syncs that the margin is taken from: a card that pauses for its own housekeeping does so again. */
const REMEMBERED = 16;
/** tcpdump's ring keeps frames for a second (libpcap's time-out): no shorter promise could be kept. */
const SHORTEST_PROMISE_MS = 2000;
/** After a sync that the disk did not take. */
const RETRY_MS = 1000;

/** A frame that is not durable yet: when it was stamped, and the interval that held when it came. */
interface Oldest {
  readonly sinceMs: number;
  readonly intervalMs: number;
}

export class SyncSchedule {
  readonly #parts: SyncScheduleParts;
  readonly #tookMs: number[] = [];
  /** The oldest that no sync covers, and the oldest that the running one covers. */
  #waiting: Oldest | null = null;
  #covered: Oldest | null = null;
  #notBefore = 0;
  #done = 0;
  #late = 0;
  #worstMs = 0;

  constructor(parts: SyncScheduleParts) {
    this.#parts = parts;
  }

  /** Whether a frame waits for the next sync already: later ones are younger. */
  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  /** A frame came that the kernel stamped so long ago. */
  arrived(ageMs: number): void {
    this.#waiting ??= { sinceMs: this.#parts.nowMs() - ageMs, intervalMs: this.#parts.intervalMs() };
  }

  /** To be called ten times a second: starts a sync when it is time; one at a time. */
  look(): void {
    const oldest = this.#waiting;
    if (oldest === null || this.#covered !== null) return;
    const now = this.#parts.nowMs();
    const intervalMs = Math.min(oldest.intervalMs, this.#parts.intervalMs());
    if (now < oldest.sinceMs + intervalMs - this.#marginMs(intervalMs) || now < this.#notBefore) return;
    this.#covered = oldest;
    this.#waiting = null;
    void this.#sync(oldest, now);
  }

  get status(): SyncStatus {
    const oldest = this.#covered ?? this.#waiting;
    return {
      promised_seconds: promisedMs(this.#parts.intervalMs()) / 1000,
      oldest_seconds: oldest === null ? 0 : (this.#parts.nowMs() - oldest.sinceMs) / 1000,
      done: this.#done,
      late: this.#late,
      worst_seconds: this.#worstMs / 1000,
    };
  }

  /** Half of the interval at most: a card that needs longer cannot keep it, and more syncs would only make it slower. */
  #marginMs(intervalMs: number): number {
    return Math.min(intervalMs / 2, LEAST_MARGIN_MS + 1.5 * Math.max(0, ...this.#tookMs));
  }

  async #sync(oldest: Oldest, startedMs: number): Promise<void> {
    const isDone = await this.#parts.syncAll().catch(orElse(false, 'syncing the captures', ...CARD));
    const now = this.#parts.nowMs();
    this.#covered = null;
    if (isDone) this.#record(oldest, startedMs, now);
    else {
      this.#waiting = oldest;
      this.#notBefore = now + RETRY_MS;
    }
  }

  #record({ sinceMs, intervalMs }: Oldest, startedMs: number, now: number): void {
    const ageMs = now - sinceMs;
    this.#done++;
    if (ageMs > promisedMs(intervalMs)) this.#late++;
    this.#worstMs = Math.max(this.#worstMs, ageMs);
    this.#tookMs.push(now - startedMs);
    if (this.#tookMs.length > REMEMBERED) this.#tookMs.shift();
  }
}

function promisedMs(intervalMs: number): number {
  return Math.max(SHORTEST_PROMISE_MS, intervalMs);
}
