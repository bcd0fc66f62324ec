// What the file engine reads: a capture file or a named pipe, in pieces, through the readers that `weir analyze` uses.
// A pipe is opened without waiting for its writer and asked now and then: a read that blocks would hold one of the few threads that
// the card's writes need, and could not be stopped.

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureReader } from '../../decode/files/capture-reader.ts';
import { PCAP_HEADER_BYTES, type PcapFormat } from '../../decode/files/pcap-record.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import { orElse, STOPPED } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';
import { FrameCollector } from './frame-collector.ts';

/** Small enough that a stop is prompt. */
const READ_BYTES = 64 * 1024;
/** Longest wait between two looks into a pipe. */
const LOOK_MS = 16;

export class ReplaySource {
  readonly frames = new FrameCollector();
  /** Why reading ended before the end of the file; empty when it did not. */
  damage = '';
  readonly #name: string;
  readonly #handle: fs.promises.FileHandle;
  readonly #isPipe: boolean;
  readonly #stopping: AbortSignal;
  readonly #reader = new CaptureReader(this.frames, READ_BYTES);
  #bytes = 0;
  /** Somebody has the pipe open for writing, or had. */
  #hasWriter = false;
  #ready = false;
  #ended = false;

  private constructor(name: string, handle: fs.promises.FileHandle, isPipe: boolean, stopping: AbortSignal) {
    this.#name = name;
    this.#handle = handle;
    this.#isPipe = isPipe;
    this.#stopping = stopping;
  }

  /** Opens it, and reads the first piece of a file. Throws FILE_UNREADABLE or NOT_A_CAPTURE. `stopping` ends all waiting. */
  static async open(file: string, stopping: AbortSignal): Promise<ReplaySource> {
    const name = printable(file);
    const { O_RDONLY, O_NONBLOCK } = fs.constants;
    const handle = await fs.promises.open(file, O_RDONLY | O_NONBLOCK).catch((error: unknown) => {
      const message = `Capture file ${name} cannot be opened (${systemCode(error) ?? String(error)}). Nothing is replayed.`;
      throw new WeirError('FILE_UNREADABLE', message, { cause: error });
    });
    const source = new ReplaySource(name, handle, (await handle.stat()).isFIFO(), stopping);
    if (source.#isPipe) return source;
    try {
      await source.begin();
      return source;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether the file's header has been read. */
  get begun(): boolean {
    return this.#reader.format !== undefined;
  }

  /** Reads up to the first frames; false where it was stopped before. Throws NOT_A_CAPTURE. */
  async begin(): Promise<boolean> {
    while (!this.begun && !this.#stopping.aborted) {
      // A folder opens and does not read.
      this.#ready = await this.#readPiece().catch(orElse(false, 'reading the file', 'EISDIR', 'EIO'));
      if (this.begun || (this.#ready && this.#bytes < PCAP_HEADER_BYTES) || this.#stopping.aborted) continue;
      const message = `${this.#name} is neither pcap nor pcapng. Nothing is replayed. Check capture.file.`;
      throw new WeirError('NOT_A_CAPTURE', message);
    }
    return this.begun;
  }

  /** What the frames read so far begin with. */
  get format(): PcapFormat {
    return this.frames.format;
  }

  /** Fills `frames` with the next piece; false at the end. */
  async read(): Promise<boolean> {
    if (this.#ready) {
      this.#ready = false;
      return true;
    }
    this.frames.clear();
    return await this.#readPiece();
  }

  async #readPiece(): Promise<boolean> {
    if (this.#ended) return false;
    const bytes = await this.#readSome();
    if (this.#stopping.aborted) return false;
    this.#bytes += bytes;
    this.#reader.filled(bytes);
    const damage = bytes === 0 ? this.#reader.finish() : this.#reader.damage;
    if (damage !== null) this.damage = `${damage.reason} at byte ${damage.offset}; all before is kept`;
    this.#ended = bytes === 0 || damage !== null;
    return bytes > 0;
  }

  /** Bytes read into the reader's space; 0 at the end, or when it was stopped. */
  async #readSome(): Promise<number> {
    const space = this.#reader.space();
    for (let waitMs = 1; !this.#stopping.aborted; waitMs = Math.min(2 * waitMs, LOOK_MS)) {
      const bytes = await this.#look(space);
      if (bytes !== null) return bytes;
      await sleep(waitMs, undefined, { signal: this.#stopping }).catch(
        orElse(undefined, 'waiting for more of the file', STOPPED),
      );
    }
    return 0;
  }

  /** Null where nothing is there yet: an empty pipe with a writer, or a pipe that has had none (pipe(7)). */
  async #look(space: Uint8Array): Promise<number | null> {
    try {
      const { bytesRead } = await this.#handle.read(space, 0, READ_BYTES / 2);
      this.#hasWriter ||= bytesRead > 0;
      return bytesRead === 0 && this.#isPipe && !this.#hasWriter ? null : bytesRead;
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      this.#hasWriter = true;
      return null;
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
