// How long to wait before an engine's child is started again: at once the first time, then slower, up to a limit; a child that
// lived for a while resets the count.

export class Respawn {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #delayMs: number;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#delayMs = firstMs;
  }

  /** Milliseconds until the next start, after a child that lived for so long. */
  next(livedMs: number): number {
    if (livedMs > this.#maxMs) this.#delayMs = this.#firstMs;
    const delay = this.#delayMs;
    this.#delayMs = Math.min(this.#delayMs * 2, this.#maxMs);
    return delay;
  }
}
