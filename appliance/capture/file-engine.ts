// The engine for tests, demonstrations and re-runs: replays a capture file (pcap, pcapng) at recorded speed, scaled, or as fast as
// it can be stored. Time stamps are the file's. It waits when the disk is slow, so nothing is ever dropped.

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureReader } from '../decode/capture-reader.ts';
import { type PcapFormat, RECORD_HEADER_BYTES, read32, recordTime } from '../decode/pcap-record.ts';
import type { CaptureSettings } from '../model/capture-settings.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import type { EngineCounts } from './accounts.ts';
import type { Engine, EngineSink } from './engine.ts';
import { FrameCollector } from './frame-collector.ts';

/** Small enough that the queue limit holds and a stop is prompt. */
const READ_BYTES = 64 * 1024;
/** Recorded speed is kept to within this. */
const PACE_MS = 10;

export type FileEngineSettings = Pick<CaptureSettings, 'file' | 'replaySpeed'>;

export class FileEngine implements Engine {
  readonly name = 'file';
  readonly timestamps = 'file';
  readonly #settings: FileEngineSettings;
  readonly #clock: Clock;
  #stopping = new AbortController();
  #replaying: Promise<void> = Promise.resolve();
  #delivered = 0;

  constructor(settings: FileEngineSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  async start(sink: EngineSink): Promise<void> {
    const source = await ReplaySource.open(this.#settings.file);
    this.#stopping = new AbortController();
    this.#replaying = this.#replay(source, sink);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#replaying;
  }

  responsive(): Promise<boolean> {
    return Promise.resolve(true);
  }

  stats(): Promise<EngineCounts> {
    return Promise.resolve({ received: this.#delivered, dropped: 0, lostPipe: 0 });
  }

  async #replay(source: ReplaySource, sink: EngineSink): Promise<void> {
    const pace = new Pace(this.#settings.replaySpeed, this.#clock);
    const { signal } = this.#stopping;
    let end = 'end of file';
    // A file without a packet is a stream too.
    sink.onStream(source.format);
    sink.onState('running', '');
    try {
      while (!signal.aborted && (await source.read())) await this.#deliver(source.frames, pace, sink);
      if (source.damage !== '') end = `end of file: ${source.damage}`;
    } catch (error) {
      end = `${printable(this.#settings.file)} cannot be read any further (${systemCode(error) ?? String(error)})`;
    } finally {
      await source.close();
    }
    sink.onState(signal.aborted ? 'stopped' : 'ended', signal.aborted ? '' : end);
  }

  /** Hands on what was collected, in runs of records that are due together. */
  async #deliver(frames: FrameCollector, pace: Pace, sink: EngineSink): Promise<void> {
    for (const piece of frames.pieces()) {
      if (piece.isNew) sink.onStream(piece.format);
      for (let from = piece.start; from < piece.end && !this.#stopping.signal.aborted; ) {
        const due = this.#dueUntil(frames.bytes, from, piece.end, piece.format, pace);
        if (due.end > from) sink.onBatch(frames.bytes, from, due.end);
        from = due.end;
        await this.#pause(due.waitMs, sink);
      }
    }
  }

  #dueUntil(bytes: Buffer, from: number, end: number, format: PcapFormat, pace: Pace): { end: number; waitMs: number } {
    let at = from;
    while (at < end) {
      const waitMs = pace.dueMs(recordTime(bytes, at, format));
      if (waitMs > PACE_MS) return { end: at, waitMs };
      at += RECORD_HEADER_BYTES + read32(bytes, at + 8, false);
      this.#delivered++;
    }
    return { end, waitMs: 0 };
  }

  async #pause(waitMs: number, sink: EngineSink): Promise<void> {
    await sink.room();
    const { signal } = this.#stopping;
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    // Flat out: let writes, timers and signals have their turn.
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

/** When a record of the file is due. */
class Pace {
  readonly #factor: number;
  readonly #clock: Clock;
  #firstNs: bigint | null = null;
  #startedNs = 0n;

  constructor(speed: FileEngineSettings['replaySpeed'], clock: Clock) {
    this.#factor = speed === 'flat' ? Infinity : speed === 'recorded' ? 1 : speed;
    this.#clock = clock;
  }

  /** Milliseconds until a record with this time stamp is due; 0 or less: now. */
  dueMs(ns: bigint): number {
    if (this.#factor === Infinity) return 0;
    if (this.#firstNs === null) {
      this.#firstNs = ns;
      this.#startedNs = this.#clock.monotonic();
    }
    const elapsedMs = Number(this.#clock.monotonic() - this.#startedNs) / 1e6;
    return Number(ns - this.#firstNs) / 1e6 / this.#factor - elapsedMs;
  }
}

/** The file, read in pieces through the readers that `weir analyze` uses. */
class ReplaySource {
  readonly frames = new FrameCollector();
  /** Why reading ended before the end of the file; empty when it did not. */
  damage = '';
  readonly #handle: fs.promises.FileHandle;
  readonly #reader = new CaptureReader(this.frames, READ_BYTES);
  #ready = false;
  #ended = false;

  private constructor(handle: fs.promises.FileHandle) {
    this.#handle = handle;
  }

  /** Opens and reads the first piece. Throws FILE_UNREADABLE or NOT_A_CAPTURE. */
  static async open(file: string): Promise<ReplaySource> {
    const name = printable(file);
    const handle = await fs.promises.open(file, 'r').catch((error: unknown) => {
      const message = `Capture file ${name} cannot be opened (${systemCode(error) ?? String(error)}). Nothing is replayed.`;
      throw new WeirError('FILE_UNREADABLE', message, { cause: error });
    });
    const source = new ReplaySource(handle);
    // A folder opens and does not read.
    source.#ready = await source.#readPiece().catch(() => false);
    if (source.#reader.format !== undefined) return source;
    await handle.close();
    const message = `${name} is neither pcap nor pcapng. Nothing is replayed. Check capture.file.`;
    throw new WeirError('NOT_A_CAPTURE', message);
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
    const { bytesRead } = await this.#handle.read(this.#reader.space(), 0, READ_BYTES / 2);
    this.#reader.filled(bytesRead);
    const damage = bytesRead === 0 ? this.#reader.finish() : this.#reader.damage;
    if (damage !== null) this.damage = `${damage.reason} at byte ${damage.offset}; all before is kept`;
    this.#ended = bytesRead === 0 || damage !== null;
    return bytesRead > 0;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
