// A piece of a segment in memory: whole records of one device, in order, on their way to the disk. Pooled, because a fresh
// 64 KiB a few thousand times a second would be the garbage collector's main work.

export const BLOCK_BYTES = 64 * 1024;
/** Of a device that fills one after the other. Each write goes through a thread, and waking that costs more than the copying. */
const LARGE_BYTES = 256 * 1024;
/** For the few records of a quiet device: 64 KiB that wait with one frame in them would fill the queue with nothing. */
const SMALL_BYTES = 4 * 1024;
/** Ordinary and small ones that are kept when free; large ones that may exist at all. */
const POOL_BLOCKS = 96;
const POOL_SMALL = 256;
/** Large blocks, for fast devices, that exist at the same time; beyond them an ordinary block is taken. */
const MAX_LARGE = 32;

/** The content of a range of records. `shared`: also in the file of their sender (DESIGN §4). Lengths are original ones. */
export interface RecordCount {
  records: number;
  shared: number;
  sharedBytes: number;
}

export class Block implements RecordCount {
  readonly bytes: Buffer;
  used = 0;
  records = 0;
  shared = 0;
  sharedBytes = 0;
  /** Offset of the last record. */
  last = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  reset(): this {
    this.used = 0;
    this.records = 0;
    this.shared = 0;
    this.sharedBytes = 0;
    this.last = 0;
    return this;
  }

  /** Copies records; the caller has checked that there is room. `last` is the offset of the last one in `from`. */
  copy(from: Buffer, start: number, end: number, records: number, last: number): void {
    this.last = this.used + last - start;
    from.copy(this.bytes, this.used, start, end);
    this.used += end - start;
    this.records += records;
  }
}

export class BlockPool {
  readonly #free: Block[] = [];
  readonly #freeLarge: Block[] = [];
  readonly #freeSmall: Block[] = [];
  #large = 0;

  /** An empty block with room for `need` bytes. A record beyond 64 KiB gets one of its own size; `large` is a wish. */
  take(need: number, large: boolean): Block {
    if (need > BLOCK_BYTES) return new Block(need);
    return (large ? this.#takeLarge() : null) ?? this.#free.pop()?.reset() ?? new Block(BLOCK_BYTES);
  }

  #takeLarge(): Block | null {
    const free = this.#freeLarge.pop();
    if (free !== undefined) return free.reset();
    if (this.#large === MAX_LARGE) return null;
    this.#large++;
    return new Block(LARGE_BYTES);
  }

  /** The same records in no more memory than they need: a block with little in it is given for a small one. */
  pack(block: Block): Block {
    if (block.used > SMALL_BYTES || block.bytes.length === SMALL_BYTES) return block;
    const small = this.#freeSmall.pop()?.reset() ?? new Block(SMALL_BYTES);
    small.copy(block.bytes, 0, block.used, block.records, block.last);
    small.shared = block.shared;
    small.sharedBytes = block.sharedBytes;
    this.give(block);
    return small;
  }

  give(block: Block): void {
    if (block.bytes.length === SMALL_BYTES && this.#freeSmall.length < POOL_SMALL) this.#freeSmall.push(block);
    else if (block.bytes.length === LARGE_BYTES && this.#freeLarge.length < MAX_LARGE) this.#freeLarge.push(block);
    else if (block.bytes.length === BLOCK_BYTES && this.#free.length < POOL_BLOCKS) this.#free.push(block);
  }
}
