// The captures of devices within a span of time as one pcap file in the order of time, made while it is read: of each file only a
// piece is in memory. What two devices said to each other is in both their files and goes out once. A closed file must have the hash that the ledger gives, or the download breaks off. Sent by routes/merged.ts.

import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CaptureReader } from '../../decode/files/capture-reader.ts';
import { makePcapHeader, RECORD_HEADER_BYTES } from '../../decode/files/pcap-record.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { WeirError } from '../../model/errors.ts';
import { orElse, UNREADABLE } from '../../model/expected-error.ts';

/** One file that may hold packets of the span. */
export interface MergedFile {
  readonly seq: number;
  readonly device: string;
  readonly fileName: string;
  /** Tried in this order: an open file may be closed meanwhile. */
  readonly paths: readonly string[];
  /** Of the closed file; null while it is open. */
  readonly sha256: string | null;
  /** Of its first packet: none of its packets is earlier, but for a clock that was set. Nanoseconds since 1970. */
  readonly fromNs: bigint;
}

/** Half open, nanoseconds since 1970. */
export interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

/** One file's share of what went out. */
export type FileRead = (file: MergedFile, bytes: number) => void;

const PIECE_BYTES = 256 * 1024;
const SNAP_LENGTH = 262_144;

/**
 * `files` in the order of their first packets. Between files records go by their times; within one they stay as captured.
 * @throws WeirError SEGMENT_ALTERED, FILE_UNREADABLE: what went out before is whole records.
 */
export async function* mergedPcap(files: readonly MergedFile[], span: Span, read: FileRead): AsyncGenerator<Buffer> {
  const waiting = [...files];
  let active: Cursor[] = [];
  let linkType: number | undefined;
  const twins = new Twins();
  try {
    for (;;) {
      const earliest = first(active);
      // A file joins when its first packet is due.
      const [next] = waiting;
      if (next !== undefined && (earliest === undefined || next.fromNs <= earliest.ns)) {
        waiting.shift();
        const cursor = await Cursor.open(next, span);
        if (cursor === undefined) continue;
        active.push(cursor);
        if (linkType === undefined && cursor.linkType !== undefined) {
          linkType = cursor.linkType;
          yield makePcapHeader({ resolution: 'ns', snapLength: SNAP_LENGTH, linkType });
        } else if (cursor.linkType !== undefined && cursor.linkType !== linkType) throw otherLink(next);
        // It held nothing of the span.
        if (cursor.ns === null) {
          active.pop();
          await cursor.close(read);
        }
        continue;
      }
      if (earliest === undefined) break;
      if (twins.hold(earliest)) {
        earliest.skip();
        await earliest.fill();
        if (earliest.ns === null) {
          await earliest.close(read);
          active = active.filter((one) => one !== earliest);
        }
        continue;
      }
      // As long as no other file is due.
      const until = active.reduce(
        (least, one) => (one !== earliest && one.ns !== null && one.ns < least ? one.ns : least),
        next?.fromNs ?? span.to,
      );
      const run = earliest.take(until);
      twins.went(earliest);
      if (run.length > 0) yield run;
      await earliest.fill();
      const ended = active.filter(({ ns }) => ns === null);
      for (const one of ended) await one.close(read);
      active = active.filter((one) => !ended.includes(one));
    }
    for (const one of active) await one.close(read);
    // A file without packets still says what it is.
    if (linkType === undefined) yield makePcapHeader({ resolution: 'ns', snapLength: SNAP_LENGTH, linkType: 1 });
  } finally {
    for (const one of active) await one.drop();
  }
}

interface Due {
  readonly ns: bigint;
}

function first(active: readonly Cursor[]): (Cursor & Due) | undefined {
  let best: Cursor | undefined;
  for (const one of active) if (one.ns !== null && (best === undefined || one.ns < (best.ns ?? one.ns))) best = one;
  return best as (Cursor & Due) | undefined;
}

/** The last record that went out, and those of the same moment before it: the twin of one comes next, from another file. */
class Twins {
  #ns: bigint | undefined;
  #last: { readonly cursor: Cursor; readonly bytes: Buffer }[] = [];

  /** Whether what is due in a file went out from another one. */
  hold(cursor: Cursor & Due): boolean {
    const { due } = cursor;
    if (due === undefined || cursor.ns !== this.#ns) return false;
    return this.#last.some((one) => one.cursor !== cursor && one.bytes.equals(due));
  }

  /** After records were taken from it. */
  went(cursor: Cursor): void {
    const { taken } = cursor;
    if (taken === undefined) return;
    if (taken.ns !== this.#ns) this.#last = [];
    this.#ns = taken.ns;
    if (this.#last.length < MAX_TWINS) this.#last.push({ cursor, bytes: taken.bytes });
  }
}

/** Records of the very same nanosecond. */
const MAX_TWINS = 256;

interface Held {
  readonly ns: bigint;
  readonly bytes: Buffer;
}

/** How far one file has been read. */
class Cursor implements FrameSink {
  readonly #file: MergedFile;
  readonly #handle: FileHandle;
  readonly #span: Span;
  readonly #hash: Hash | undefined;
  readonly #reader = new CaptureReader(this, PIECE_BYTES);
  #held: Held[] = [];
  #at = 0;
  #sent = 0;
  #isRead = false;
  linkType: number | undefined;

  private constructor(file: MergedFile, handle: FileHandle, span: Span) {
    this.#file = file;
    this.#handle = handle;
    this.#span = span;
    this.#hash = file.sha256 === null ? undefined : createHash('sha256');
  }

  /** Undefined for a file that is gone: retention goes on meanwhile, and the ledger mentions it. */
  static async open(file: MergedFile, span: Span): Promise<Cursor | undefined> {
    for (const path of file.paths) {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await open(path, flags).catch(orElse(undefined, 'opening a capture file', ...UNREADABLE));
      if (handle === undefined) continue;
      if ((await handle.stat()).isFile()) {
        const cursor = new Cursor(file, handle, span);
        await cursor.fill();
        return cursor;
      }
      await handle.close();
    }
    return undefined;
  }

  /** Of the next record within the span; null where there is none. */
  get ns(): bigint | null {
    return this.#held[this.#at]?.ns ?? null;
  }

  get due(): Buffer | undefined {
    return this.#held[this.#at]?.bytes;
  }

  /** The last of the records that were taken. */
  get taken(): Held | undefined {
    return this.#held[this.#at - 1];
  }

  /** Leaves one record out. */
  skip(): void {
    this.#at++;
  }

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    originalLength: number,
    linkType: number,
  ): void {
    this.linkType ??= linkType;
    const ns = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
    if (ns < this.#span.from || ns >= this.#span.to) return;
    const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + end - start);
    record.writeUInt32LE(seconds, 0);
    record.writeUInt32LE(nanoseconds, 4);
    record.writeUInt32LE(end - start, 8);
    record.writeUInt32LE(originalLength, 12);
    record.set(bytes.subarray(start, end), RECORD_HEADER_BYTES);
    this.#held.push({ ns, bytes: record });
  }

  /** Records up to `until`, the next one in any case. */
  take(until: bigint): Buffer {
    const from = this.#at;
    do this.#at++;
    while ((this.#held[this.#at]?.ns ?? until) < until);
    const run = Buffer.concat(this.#held.slice(from, this.#at).map(({ bytes }) => bytes));
    this.#sent += run.length;
    return run;
  }

  /** Reads on where nothing is held. */
  async fill(): Promise<void> {
    while (!this.#isRead && this.#at >= this.#held.length) {
      this.#held = [];
      this.#at = 0;
      const space = this.#reader.space();
      const { bytesRead } = await this.#handle.read(space, 0, Math.min(space.length, PIECE_BYTES), null);
      if (bytesRead === 0) this.#isRead = true;
      this.#hash?.update(space.subarray(0, bytesRead));
      this.#reader.filled(bytesRead);
    }
  }

  /** At its end: reports what went out, and whether it was the file of the ledger. */
  async close(read: FileRead): Promise<void> {
    await this.#handle.close();
    if (this.#sent > 0) read(this.#file, this.#sent);
    if (this.#hash === undefined || this.#hash.digest('hex') === this.#file.sha256) return;
    const message = `${this.#file.fileName} has another SHA-256 than the ledger gives: it was altered or damaged. The download breaks off; run \`weir verify\`.`;
    throw new WeirError('SEGMENT_ALTERED', message);
  }

  async drop(): Promise<void> {
    await this.#handle.close().catch(orElse(undefined, 'closing a capture file', 'EBADF'));
  }
}

function otherLink({ fileName }: MergedFile): WeirError {
  const message = `${fileName} is of another link type than the files before it; one pcap file holds one. The download breaks off.`;
  return new WeirError('FILE_UNREADABLE', message);
}
