// Where conversations that have been silent for a session sleep: one slot a row in a file that the caller gives, so that an
// analysis of any length holds only what still moves. Written by flows.ts; nothing here opens a file.

/** Positional reading and writing, as of a temporary file. */
export interface SlotFile {
  write(bytes: Uint8Array, position: number): void;
  /** Fills `bytes`; what was never written there is undefined. */
  read(bytes: Uint8Array, position: number): void;
}

export class SleepStore {
  readonly #file: SlotFile;
  readonly #slotBytes: number;
  readonly #slot: Int32Array;
  /** By row, 1 while its statistics are in the file. */
  #asleep = new Uint8Array(0);

  constructor(file: SlotFile, slotWords: number) {
    this.#file = file;
    this.#slotBytes = slotWords * 4;
    this.#slot = new Int32Array(slotWords);
  }

  sleeps(row: number): boolean {
    return this.#asleep[row] === 1;
  }

  /** `fill` writes the slot and says how many words it used. */
  putToSleep(row: number, fill: (slot: Int32Array) => number): void {
    if (row >= this.#asleep.length) {
      const longer = new Uint8Array(Math.max(1024, row * 2));
      longer.set(this.#asleep);
      this.#asleep = longer;
    }
    const words = fill(this.#slot);
    this.#file.write(this.#bytes(words), row * this.#slotBytes);
    this.#asleep[row] = 1;
  }

  /** What `fill` wrote; behind it stands anything. Valid until the next call. */
  look(row: number): Int32Array {
    this.#file.read(this.#bytes(this.#slot.length), row * this.#slotBytes);
    return this.#slot;
  }

  forget(row: number): void {
    if (row < this.#asleep.length) this.#asleep[row] = 0;
  }

  #bytes(words: number): Uint8Array {
    return new Uint8Array(this.#slot.buffer, 0, words * 4);
  }
}
