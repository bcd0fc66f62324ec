// How often somebody may ask for what leaves a line in the ledger: a handful at once, then so many a minute. A ledger is never cut.

const MINUTE_MS = 60_000;

export interface PaceLimits {
  readonly atOnce: number;
  readonly perMinute: number;
}

export class Pace {
  readonly #limits: PaceLimits;
  #left: number;
  #at = -Infinity;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
    this.#left = limits.atOnce;
  }

  /** Whether one more may go now. `now`: monotonic milliseconds. */
  take(now: number): boolean {
    const { atOnce, perMinute } = this.#limits;
    const grown = this.#at === -Infinity ? 0 : ((now - this.#at) / MINUTE_MS) * perMinute;
    this.#left = Math.min(atOnce, this.#left + grown);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
