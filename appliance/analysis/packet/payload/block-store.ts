// Memory for what only some directions of conversations need: histograms, first bytes, evidence counters. Blocks of one
// size in slabs that are never moved and are used again, because touching fresh memory costs more than counting in it.

export type BlockArray = Uint8Array | Int32Array | Uint32Array;

/** Blocks per slab; small, since most devices have few conversations. */
const SHIFT = 5;
const MASK = (1 << SHIFT) - 1;

/** Handles are numbers from 1; 0 means none. A block is all zero when it is handed out. */
export class BlockStore<T extends BlockArray> {
  readonly #make: (length: number) => T;
  readonly size: number;
  readonly #slabs: T[] = [];
  readonly #free: number[] = [];
  #used = 0;

  constructor(make: (length: number) => T, size: number) {
    this.#make = make;
    this.size = size;
  }

  allocate(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) {
      const base = this.base(reused);
      this.slab(reused).fill(0, base, base + this.size);
      return reused;
    }
    if ((this.#used & MASK) === 0) this.#slabs.push(this.#make(this.size << SHIFT));
    this.#used++;
    return this.#used;
  }

  release(handle: number): void {
    if (handle > 0) this.#free.push(handle);
  }

  /** The array that holds the block. */
  slab(handle: number): T {
    return this.#slabs[(handle - 1) >> SHIFT]!;
  }

  /** Where the block starts in its slab. */
  base(handle: number): number {
    return ((handle - 1) & MASK) * this.size;
  }

  /** A view of the block; allocates, so not for every packet. */
  view(handle: number): T {
    const base = this.base(handle);
    return this.slab(handle).subarray(base, base + this.size) as T;
  }
}
