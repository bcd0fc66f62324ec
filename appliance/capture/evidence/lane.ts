// At most so many tasks at a time, in the order they came; and how many of which task.

/** The unit gives eight threads: one at least is left for the writes while all of these wait for the card. */
export const CLOSING_AT_A_TIME = 3;
/**
 * Each file gets its fdatasync; four at a time share commits of the journal. Measured (`make bench`, five runs) in KiB that the
 * device takes for one round of 4 KiB each: 20 files 557 one by one, 280 to 450 four at a time, 270 to 280 by one syncfs; 50 files
 * 1400, 720 to 1010, 630 to 680. syncfs saves up to a third and was not taken: it waits for what all others write to that file
 * system, so that a download or the index could break the promise of the sync; it does not report which file met an error; and Node
 * needs a child for it (10 to 75 ms).
 */
export const SYNCING_AT_A_TIME = 4;
/** A source that can wait does so while as many segments are being closed: each of them is an open file. */
export const CLOSINGS_AHEAD = 64;

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
