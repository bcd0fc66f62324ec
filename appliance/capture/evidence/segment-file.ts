// One growing `.part` file. It only ever holds a file header and whole records up to `size`: whatever the disk does, the file
// is cut back to the last whole record and the caller gets the rest back. Used by segment.ts.

import { createHash } from 'node:crypto';
import { makePcapHeader, PCAP_HEADER_BYTES, type PcapFormat, walkRecords } from '../../decode/files/pcap-record.ts';
import { CARD, expectOnly, orElse } from '../../model/expected-error.ts';
import type { EvidenceDisk, EvidenceFile } from '../storage/disk.ts';
import { writeAll } from '../storage/disk.ts';
import type { Block } from './block.ts';

/** What of a block is in the file. All of it, unless `error` says why not. */
export interface BlockOutcome {
  readonly bytes: number;
  readonly records: number;
  /** Offset of the last record that was kept, within the block. */
  readonly last: number;
  readonly error: unknown;
}

export class SegmentFile {
  readonly #disk: EvidenceDisk;
  readonly path: string;
  readonly #format: PcapFormat;
  readonly #hash = createHash('sha256');
  #file: EvidenceFile | null = null;
  #size = 0;
  #syncedSize = 0;
  /** Bytes beyond `size` that could not be cut off: the file must not get its final name before they are. */
  #torn = false;
  /** The sync that runs; the handle must not be closed under it. */
  #syncing: Promise<void> = Promise.resolve();

  constructor(disk: EvidenceDisk, path: string, format: PcapFormat) {
    this.#disk = disk;
    this.path = path;
    this.#format = format;
  }

  get size(): number {
    return this.#size;
  }

  /** Open, with bytes that no sync covers. */
  get dirty(): boolean {
    return this.#file !== null && this.#syncedSize < this.#size;
  }

  get syncedSize(): number {
    return this.#syncedSize;
  }

  /** Creates the file with its header, or throws and leaves nothing behind. */
  async open(): Promise<void> {
    const file = await this.#disk.create(this.path);
    const header = makePcapHeader(this.#format);
    try {
      await writeAll(file, header, 0);
    } catch (error) {
      await file.close().catch(orElse(undefined, 'closing a segment', ...CARD));
      await this.#disk.remove(this.path).catch(orElse(undefined, 'removing a segment', ...CARD));
      throw error;
    }
    this.#hash.update(header);
    this.#file = file;
    this.#size = PCAP_HEADER_BYTES;
  }

  /** Adds a block at the last good offset. Never rejects: what was kept, and what stopped it, is the answer. */
  async append(block: Block): Promise<BlockOutcome> {
    const bytes = block.bytes.subarray(0, block.used);
    let done = 0;
    let error: unknown = null;
    while (done < bytes.length && error === null) {
      try {
        const count = await this.#opened().write(bytes, done, bytes.length - done, this.#size + done);
        if (count === 0) throw Object.assign(new Error('write returned 0'), { code: 'EIO' });
        done += count;
      } catch (thrown) {
        error = thrown;
      }
    }
    if (error === null) return this.#keep(bytes, { bytes: done, records: block.records, last: block.last, error });
    const walk = walkRecords(bytes, 0, done, this.#format);
    const kept = this.#keep(bytes, { bytes: walk.end, records: walk.records, last: walk.last, error });
    await this.cutBack();
    return kept;
  }

  #keep(bytes: Buffer, outcome: BlockOutcome): BlockOutcome {
    this.#hash.update(bytes.subarray(0, outcome.bytes));
    this.#size += outcome.bytes;
    return outcome;
  }

  /** Removes everything beyond the last whole record; works on a full disk. True when the file is clean. */
  async cutBack(): Promise<boolean> {
    try {
      await this.#opened().truncate(this.#size);
      this.#torn = false;
    } catch (thrown) {
      expectOnly(thrown, 'cutting a segment back', ...CARD);
      this.#torn = true;
    }
    return !this.#torn;
  }

  /** Makes what is written so far durable; throws the system's error, after which the same bytes are never synced again. */
  sync(): Promise<void> {
    const sync = this.#syncing.then(async () => {
      const size = this.#size;
      await this.#opened().sync();
      this.#syncedSize = size;
    });
    this.#syncing = sync.catch(() => undefined);
    return sync;
  }

  /** Closes the handle. Throws when a torn tail could not be removed: the file then stays a `.part` for recovery. */
  async close(): Promise<void> {
    if (this.#torn && !(await this.cutBack())) throw Object.assign(new Error('torn tail'), { code: 'EIO' });
    await this.#syncing;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** Drops the handle whatever happens. */
  async abandon(): Promise<void> {
    await this.#syncing;
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(orElse(undefined, 'closing a segment', ...CARD));
  }

  /** SHA-256 of all `size` bytes; once. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  #opened(): EvidenceFile {
    if (this.#file === null) throw Object.assign(new Error('segment file is not open'), { code: 'EBADF' });
    return this.#file;
  }
}
