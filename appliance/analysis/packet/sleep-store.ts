// Where conversations that have been silent for a session sleep, in a file that the caller gives, so that an analysis of any
// length holds only what still moves. Each takes as many words as it needs, behind the one before; where it sleeps again it
// lies in its old place if it fits. Written by flows.ts; nothing here opens a file.

import { grow } from './key-table.ts';

/** Positional reading and writing, as of a temporary file. */
export interface SlotFile {
  write(bytes: Uint8Array, position: number): void;
  /** Fills `bytes`, which were written before. */
  read(bytes: Uint8Array, position: number): void;
}

const WORD_BYTES = 4;

export class SleepStore {
  readonly #file: SlotFile;
  readonly #slot: Int32Array;
  /** By row: where its place begins in the file, in words. */
  #places = new Float64Array(0);
  /** By row: words of its place, 0 for none; and words in use, 0 while it is awake. */
  #room = new Int32Array(0);
  #used = new Int32Array(0);
  #end = 0;

  /** `most`: words that a row may need. */
  constructor(file: SlotFile, most: number) {
    this.#file = file;
    this.#slot = new Int32Array(most);
  }

  sleeps(row: number): boolean {
    return row < this.#used.length && this.#used[row]! > 0;
  }

  /** `fill` writes the row and says how many words it used, at least one. */
  putToSleep(row: number, fill: (slot: Int32Array) => number): void {
    const words = fill(this.#slot);
    this.#makeRoom(row, words);
    this.#used[row] = words;
    this.#file.write(this.#bytes(words), this.#places[row]! * WORD_BYTES);
  }

  #makeRoom(row: number, words: number): void {
    this.#places = grow(this.#places, row + 1);
    this.#room = grow(this.#room, row + 1);
    this.#used = grow(this.#used, row + 1);
    if (this.#room[row]! >= words) return;
    this.#room[row] = words;
    this.#places[row] = this.#end;
    this.#end += words;
  }

  /** What `fill` wrote; the rest is undefined. Valid until the next call. */
  look(row: number): Int32Array {
    this.#file.read(this.#bytes(this.#used[row]!), this.#places[row]! * WORD_BYTES);
    return this.#slot;
  }

  forget(row: number): void {
    if (row < this.#used.length) this.#used[row] = 0;
  }

  #bytes(words: number): Uint8Array {
    return new Uint8Array(this.#slot.buffer, 0, words * WORD_BYTES);
  }
}
