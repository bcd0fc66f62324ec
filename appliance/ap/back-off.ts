// How long to wait before the access point is brought back: at once the first time, then slower, up to a limit. A life that
// lasted proves that the repair helped, and the count starts again.

export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #provenMs: number;
  #delayMs = 0;

  constructor(firstMs: number, maxMs: number, provenMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#provenMs = provenMs;
  }

  /** Milliseconds to wait, after a life of so many. */
  next(livedMs: number): number {
    if (livedMs >= this.#provenMs) this.#delayMs = 0;
    const delay = this.#delayMs;
    this.#delayMs = Math.min(Math.max(delay * 2, this.#firstMs), this.#maxMs);
    return delay;
  }
}
