// Finds out when somebody sets the wall clock: the monotonic one never steps, so their difference says it.

import type { Clock } from '../../model/time/clock.ts';

export class ClockWatch {
  readonly #clock: Clock;
  readonly #stepNs: bigint;
  #offset: bigint;

  /** Slewing by NTP moves the wall by at most 0.5 ms a second; anything beyond `stepMs` between two looks is a step. */
  constructor(clock: Clock, stepMs: number) {
    this.#clock = clock;
    this.#stepNs = BigInt(stepMs) * 1_000_000n;
    this.#offset = clock.wall() - clock.monotonic();
  }

  /** Nanoseconds that the wall clock was set forward (or back, negative) since the last look; null when it was not. */
  poll(): bigint | null {
    const offset = this.#clock.wall() - this.#clock.monotonic();
    const step = offset - this.#offset;
    this.#offset = offset;
    return step > this.#stepNs || step < -this.#stepNs ? step : null;
  }
}
