// Reads one segment from its first byte, while it grows and after it was closed: whole, plausible records only.
// The open file is `<path>.part`; capture renames it, and the descriptor held here follows. Next: device-fold.ts.

import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  PCAP_HEADER_BYTES,
  type PcapFormat,
  type RecordFault,
  readPcapHeader,
  walkRecords,
} from '../../decode/files/pcap-record.ts';
import { systemCode } from '../../model/errors.ts';
import { expectOnly } from '../../model/expected-error.ts';

/** Holds the largest record (262,144 bytes and its header) several times over. One per thread, shared by all tails. */
export const TAIL_BUFFER_BYTES = 2 * 1024 * 1024;
/** For a tail that is only asked for its size. */
const NOTHING = new Uint8Array();

/** Records to analyse: `bytes` between `start` and `end`, which begin at `offset` of the file. */
export interface RecordRun {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly format: PcapFormat;
}

/** Bytes that are no records. In a file that still grows only `cut` is normal, and it is not reported. */
export interface TailDamage {
  readonly offset: number;
  readonly fault: Exclude<RecordFault, 'cut'> | 'cut' | 'no_header';
}

export class SegmentTail {
  readonly #path: string;
  readonly #buffer: Uint8Array;
  #fd: number | undefined;
  #format: PcapFormat | undefined;
  #offset = 0;
  #damage: TailDamage | undefined;
  #reachedEnd = false;

  /** `path`: absolute, without `.part`. `buffer` is overwritten by each read of any tail that shares it. */
  constructor(path: string, buffer: Uint8Array) {
    this.#path = path;
    this.#buffer = buffer;
  }

  get format(): PcapFormat | undefined {
    return this.#format;
  }

  /** Offset after the last record handed out. */
  get offset(): number {
    return this.#offset;
  }

  get damage(): TailDamage | undefined {
    return this.#damage;
  }

  /** Whether the last read left no whole record behind, of those that were in the file then. */
  get reachedEnd(): boolean {
    return this.#reachedEnd;
  }

  /** Bytes in the file now; 0 while there is no file, or none that can be opened: reading says why. */
  size(): number {
    try {
      return this.#open() ? fstatSync(this.#fd ?? -1).size : 0;
    } catch (thrown) {
      if (systemCode(thrown) === undefined) throw thrown;
      return 0;
    }
  }

  /**
   * The next whole records, at most a buffer full; undefined when there is none yet.
   * @throws the system's error where the file is there but cannot be read (EACCES, EIO).
   */
  read(limit: number = TAIL_BUFFER_BYTES): RecordRun | undefined {
    if (this.#damage !== undefined || !this.#open() || !this.#readHeader()) return undefined;
    const format = this.#format;
    if (format === undefined) return undefined;
    const wanted = Math.min(limit, this.#buffer.length);
    const got = this.#fill(this.#offset, wanted);
    this.#reachedEnd = got < wanted;
    const walk = walkRecords(this.#buffer, 0, got, format);
    if (walk.fault !== null && walk.fault !== 'cut')
      this.#damage = { offset: this.#offset + walk.end, fault: walk.fault };
    if (walk.end === 0)
      return got < this.#buffer.length && limit < this.#buffer.length ? this.#readWider(limit, got) : undefined;
    const run: RecordRun = { bytes: this.#buffer, start: 0, end: walk.end, offset: this.#offset, format };
    this.#offset += walk.end;
    return run;
  }

  /** Goes back to a record boundary that was handed out before. */
  rewind(offset: number): void {
    this.#offset = offset;
    this.#damage = undefined;
    this.#reachedEnd = false;
  }

  /**
   * What was read is on the card when it returns: an index that knows more than the file does after a power cut is none.
   * Where a file system takes no such order for a file that is only read, the index is compared at the next start.
   */
  sync(): void {
    try {
      if (this.#fd !== undefined) fdatasyncSync(this.#fd);
    } catch (thrown) {
      expectOnly(thrown, 'syncing a capture file', 'EROFS', 'EINVAL', 'EBADF', 'EIO');
      // Compared at the next start.
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** A record longer than the limit of this read: take the whole buffer, unless the file ends here. */
  #readWider(limit: number, got: number): RecordRun | undefined {
    return got < limit ? undefined : this.read(this.#buffer.length);
  }

  /** True while a file is open. Tries the growing name first: capture renames away from it, never back. */
  #open(): boolean {
    if (this.#fd === undefined) this.#fd = openIfThere(`${this.#path}.part`) ?? openIfThere(this.#path);
    return this.#fd !== undefined;
  }

  #readHeader(): boolean {
    if (this.#format !== undefined) return true;
    const got = this.#fill(0, PCAP_HEADER_BYTES);
    if (got < PCAP_HEADER_BYTES) return false;
    this.#format = readPcapHeader(this.#buffer, 0, got);
    if (this.#format === undefined) this.#damage = { offset: 0, fault: 'no_header' };
    else this.#offset = Math.max(this.#offset, PCAP_HEADER_BYTES);
    return this.#format !== undefined;
  }

  #fill(position: number, length: number): number {
    let got = 0;
    while (got < length) {
      const more = readSync(this.#fd ?? -1, this.#buffer, got, length - got, position + got);
      if (more === 0) break;
      got += more;
    }
    return got;
  }
}

/** No symlink is followed at the last step: the folder belongs to capture, and nothing else is a segment. */
function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw thrown;
  }
}

/** Bytes in the file of a segment that nobody reads yet, as `SegmentTail.size` has them. */
export function sizeOfSegment(path: string): number {
  const tail = new SegmentTail(path, NOTHING);
  const bytes = tail.size();
  tail.close();
  return bytes;
}

/** Absolute path of a segment below the data folder. */
export function segmentFile(dataDir: string, path: string): string {
  return join(dataDir, 'captures', path);
}
