// The engine for tests, demonstrations and re-runs: replays a capture file at recorded speed, scaled, or as fast as it can be
// stored. Time stamps are the file's. It waits when the disk is slow, so nothing is ever dropped.

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  PCAP_HEADER_BYTES,
  type PcapFormat,
  RECORD_HEADER_BYTES,
  read32,
  readPcapHeader,
  recordFault,
  recordTime,
} from '../decode/pcap-record.ts';
import type { Clock } from '../model/clock.ts';
import { systemCode, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import type { EngineCounts } from './accounts.ts';
import type { Engine, EngineSink } from './engine.ts';

const READ_BYTES = 1024 * 1024;
/** Batches stay small so that the queue limit holds and a stop is prompt. */
const BATCH_BYTES = 64 * 1024;
/** Recorded speed is kept to within this. */
const PACE_MS = 10;

export interface FileEngineSettings {
  readonly file: string;
  readonly replaySpeed: 'recorded' | 'flat' | number;
}

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
    const reader = await RecordReader.open(this.#settings.file);
    this.#stopping = new AbortController();
    this.#replaying = this.#replay(reader, sink);
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

  async #replay(reader: RecordReader, sink: EngineSink): Promise<void> {
    sink.onStream({ ...reader.format, bigEndian: false });
    sink.onState('running', '');
    const pace = new Pace(this.#settings.replaySpeed, this.#clock);
    const { signal } = this.#stopping;
    let end = 'end of file';
    try {
      for (let batch = await reader.next(pace); batch !== null && !signal.aborted; batch = await reader.next(pace)) {
        this.#delivered += batch.records;
        if (batch.bytes > 0) sink.onBatch(reader.batch, 0, batch.bytes);
        await this.#pause(batch.waitMs, sink);
      }
      if (reader.damage !== '') end = `end of file: ${reader.damage}`;
    } catch (error) {
      end = `${printable(this.#settings.file)} cannot be read any further (${systemCode(error) ?? String(error)})`;
    } finally {
      await reader.close();
    }
    sink.onState(signal.aborted ? 'stopped' : 'ended', signal.aborted ? '' : end);
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

  constructor(speed: 'recorded' | 'flat' | number, clock: Clock) {
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

interface Batch {
  readonly bytes: number;
  readonly records: number;
  readonly waitMs: number;
}

/** Reads records in order and copies them, as little-endian, into one batch buffer. */
class RecordReader {
  readonly format: PcapFormat;
  batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  /** Why reading ended before the end of the file; empty when it did not. */
  damage = '';
  readonly #handle: fs.promises.FileHandle;
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #at = 0;
  #end = 0;
  #position = PCAP_HEADER_BYTES;

  private constructor(handle: fs.promises.FileHandle, format: PcapFormat) {
    this.#handle = handle;
    this.format = format;
  }

  static async open(file: string): Promise<RecordReader> {
    const name = printable(file);
    const handle = await fs.promises.open(file, 'r').catch((error: unknown) => {
      const message = `Capture file ${name} cannot be opened (${systemCode(error) ?? String(error)}). Nothing is replayed.`;
      throw new WeirError('FILE_UNREADABLE', message, { cause: error });
    });
    const header = Buffer.alloc(PCAP_HEADER_BYTES);
    const bytesRead = await handle.read(header, 0, header.length, 0).then(
      (result) => result.bytesRead,
      () => 0,
    );
    const format = readPcapHeader(header, 0, bytesRead);
    if (format !== undefined) return new RecordReader(handle, format);
    await handle.close();
    throw new WeirError('NOT_A_CAPTURE', `${name} is not a pcap file. Nothing is replayed. Check capture.file.`);
  }

  /** The next records that are due; null at the end. May be empty when the next record is due later. */
  async next(pace: Pace): Promise<Batch | null> {
    let bytes = 0;
    let records = 0;
    for (;;) {
      const length = await this.#available();
      if (length === 0) return records > 0 ? { bytes, records, waitMs: 0 } : null;
      if (bytes + length > this.batch.length) {
        if (records > 0) return { bytes, records, waitMs: 0 };
        this.batch = Buffer.allocUnsafeSlow(length);
      }
      const dueMs = pace.dueMs(recordTime(this.#buffer, this.#at, this.format));
      if (dueMs > PACE_MS) return { bytes, records, waitMs: dueMs };
      this.#copy(bytes, length);
      bytes += length;
      records++;
    }
  }

  /** Length of the record at hand with its header; 0 when there is none any more. */
  async #available(): Promise<number> {
    if (this.#end - this.#at < RECORD_HEADER_BYTES) await this.#fill();
    const left = this.#end - this.#at;
    if (left < RECORD_HEADER_BYTES) return this.#stop(left === 0 ? '' : 'the last record header is cut');
    const fault = recordFault(this.#buffer, this.#at, this.format);
    if (fault !== null) return this.#stop(`damaged record (${fault})`);
    const length = RECORD_HEADER_BYTES + read32(this.#buffer, this.#at + 8, this.format.bigEndian);
    if (left < length) await this.#fill();
    return this.#end - this.#at < length ? this.#stop('the last record is cut') : length;
  }

  #stop(reason: string): 0 {
    if (reason !== '') this.damage = `${reason} at byte ${this.#position - (this.#end - this.#at)}; all before is kept`;
    return 0;
  }

  async #fill(): Promise<void> {
    this.#buffer.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    const { bytesRead } = await this.#handle.read(this.#buffer, this.#end, READ_BYTES - this.#end, this.#position);
    this.#position += bytesRead;
    this.#end += bytesRead;
  }

  #copy(to: number, length: number): void {
    this.#buffer.copy(this.batch, to, this.#at, this.#at + length);
    if (this.format.bigEndian) this.batch.subarray(to, to + RECORD_HEADER_BYTES).swap32();
    this.#at += length;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
