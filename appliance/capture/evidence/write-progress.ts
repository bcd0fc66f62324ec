// How far the writes of a segment have come, for those who wait until what was added before them is in the file.

interface Waiter {
  readonly blocks: number;
  readonly settle: (isWritten: boolean) => void;
}

export class WriteProgress {
  #added = 0;
  #written = 0;
  readonly #waiters: Waiter[] = [];

  /** A block will be written. */
  added(): void {
    this.#added++;
  }

  /** The next block was written. */
  written(): void {
    this.#written++;
    for (let first = this.#waiters[0]; first !== undefined && this.#written >= first.blocks; first = this.#waiters[0]) {
      this.#waiters.shift();
      first.settle(true);
    }
  }

  /** Nothing more will be written. */
  end(): void {
    for (const { settle } of this.#waiters.splice(0)) settle(false);
  }

  /** Resolves with true once every block added so far is written, with false if that can no longer happen. */
  untilNow(isWriting: boolean): Promise<boolean> {
    const blocks = this.#added;
    if (this.#written >= blocks) return Promise.resolve(true);
    if (!isWriting) return Promise.resolve(false);
    return new Promise((settle) => this.#waiters.push({ blocks, settle }));
  }
}
