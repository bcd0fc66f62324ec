// A limit on what all hosts together may send: each piece that came waits until its bytes are paid for.

export class Bandwidth {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  /** Monotonic milliseconds at which everything taken so far is paid for. */
  #paidAt = 0;

  /** `bytesPerSecond`: 0 for no limit. `now`: monotonic milliseconds. */
  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /** Milliseconds to wait before more is read. */
  take(bytes: number): number {
    if (this.#bytesPerSecond <= 0) return 0;
    const now = this.#now();
    this.#paidAt = Math.max(this.#paidAt, now) + (bytes / this.#bytesPerSecond) * 1000;
    return this.#paidAt - now;
  }
}
