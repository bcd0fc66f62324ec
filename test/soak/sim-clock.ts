// Simulated time: runs so many times as fast as real time while it may, stops while it is held. Never leaps: where the stream cannot
// be handed over in time, time waits with it.

/** Real time between two looks counts at most so long. */
const LONGEST_STEP_MS = 100;

export class SimClock {
  #us: number;
  #lookedMs: number;
  /** Simulated seconds per real one. */
  speed: number;
  /** Who holds time. */
  readonly #holders = new Set<string>();

  constructor(startUs: number, speed: number, nowMs: number) {
    this.#us = startUs;
    this.speed = speed;
    this.#lookedMs = nowMs;
  }

  hold(who: string): void {
    this.#holders.add(who);
  }

  release(who: string): void {
    this.#holders.delete(who);
  }

  get isHeld(): boolean {
    return this.#holders.size > 0;
  }

  /** Simulated microseconds since 1970. `nowMs`: monotonic. */
  advance(nowMs: number): number {
    const step = Math.min(nowMs - this.#lookedMs, LONGEST_STEP_MS);
    this.#lookedMs = nowMs;
    if (!this.isHeld) this.#us += step * 1000 * this.speed;
    return this.#us;
  }

  get us(): number {
    return this.#us;
  }
}
