// Which packet the analysis thread is processing, in memory that both threads see: when the thread hangs, this is all that
// is left of it. Written per packet by device-fold.ts, read by analysis-supervisor.ts.

const BEAT = 0;
const SEQ = 0;
const OFFSET = 1;
const NOTHING = -1;

export interface Progress {
  readonly beat: number;
  /** Current segment; -1 between segments. */
  readonly seq: number;
  /** Offset of the current record. */
  readonly offset: number;
}

export class ProgressCell {
  readonly memory: SharedArrayBuffer;
  readonly #beats: Int32Array;
  readonly #position: Float64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(24)) {
    this.memory = memory;
    this.#position = new Float64Array(memory, 0, 2);
    this.#beats = new Int32Array(memory, 16, 1);
  }

  at(seq: number, offset: number): void {
    this.#position[SEQ] = seq;
    this.#position[OFFSET] = offset;
    Atomics.add(this.#beats, BEAT, 1);
  }

  /** Alive, without a current packet. */
  idle(): void {
    this.at(NOTHING, 0);
  }

  read(): Progress {
    return {
      beat: Atomics.load(this.#beats, BEAT),
      seq: this.#position[SEQ] ?? NOTHING,
      offset: this.#position[OFFSET] ?? 0,
    };
  }
}
