// Notices when the wall clock is set: each second it compares wall and monotonic time. Calendar jobs are stopped and
// started on a step, because node-cron otherwise catches up minute by minute (measured: 3.7 s of standstill for a month).

import type { Clock } from '../model/time/clock.ts';

const CHECK_MS = 1000;
/** Smaller corrections are the everyday work of a time service. */
export const STEP_SECONDS = 5;

export interface ClockStep {
  readonly ts: string;
  readonly seconds: number;
}

export class ClockGuard {
  readonly #clock: Clock;
  readonly #stepped: (step: ClockStep) => void;
  #offset: bigint | undefined;
  #last: ClockStep | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, stepped: (step: ClockStep) => void) {
    this.#clock = clock;
    this.#stepped = stepped;
  }

  get lastStep(): ClockStep | null {
    return this.#last;
  }

  start(): void {
    this.check();
    this.#timer = setInterval(() => this.check(), CHECK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Compares once. Slow drift is followed, so that only a step between two looks counts. */
  check(): void {
    const wall = this.#clock.wall();
    const offset = wall - this.#clock.monotonic();
    const before = this.#offset;
    this.#offset = offset;
    if (before === undefined) return;
    const seconds = Number(offset - before) / 1e9;
    if (Math.abs(seconds) <= STEP_SECONDS) return;
    this.#last = { ts: new Date(Number(wall / 1_000_000n)).toISOString(), seconds };
    this.#stepped(this.#last);
  }
}
