// At most so many tasks at a time, in the order they came.

export class Lane {
  readonly #width: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #shorter: (() => void)[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  get length(): number {
    return this.#running + this.#waiting.length;
  }

  /** Null while fewer than `limit` tasks run or wait; else resolves when the next one is done. For sources that can wait. */
  room(limit: number): Promise<void> | null {
    if (this.length < limit) return null;
    return new Promise((resolve) => this.#shorter.push(resolve));
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The slot is handed on, not freed, so that a newcomer cannot overtake.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
      for (const resolve of this.#shorter.splice(0)) resolve();
    }
  }
}
