// The engine for tests, demonstrations and re-runs: replays a capture file (pcap, pcapng) or what somebody writes into a pipe, at
// recorded speed, scaled, or as fast as it can be stored. Time stamps are the file's. It waits when the disk is slow, and a sender that
// writes into the pipe waits with it, so nothing is ever dropped.

import { setTimeout as sleep } from 'node:timers/promises';
import { type PcapFormat, RECORD_HEADER_BYTES, read32, recordTime } from '../../decode/files/pcap-record.ts';
import type { CaptureSettings } from '../../model/capture-settings.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import { orElse, STOPPED } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { EngineCounts } from '../evidence/accounts.ts';
import { BATCH_RECORDS, type Engine, type EngineSink } from './engine.ts';
import type { FrameCollector } from './frame-collector.ts';
import { ReplaySource } from './replay-source.ts';

/** Recorded speed is kept to within this. */
const PACE_MS = 10;

export type FileEngineSettings = Pick<CaptureSettings, 'file' | 'replaySpeed'>;

export class FileEngine implements Engine {
  readonly name = 'file';
  readonly timestamps = 'file';
  readonly waits = true;
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
    this.#stopping = new AbortController();
    const source = await ReplaySource.open(this.#settings.file, this.#stopping.signal);
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
    const { signal } = this.#stopping;
    let end = '';
    try {
      if (!source.begun) sink.onState('waiting', `waits for a capture in the pipe ${printable(this.#settings.file)}`);
      if (await source.begin()) end = await this.#readOn(source, sink);
    } catch (error) {
      end = this.#describe(error);
    } finally {
      await source.close();
    }
    sink.onState(signal.aborted ? 'stopped' : 'ended', signal.aborted ? '' : end);
  }

  /** Resolves with why it came to an end. */
  async #readOn(source: ReplaySource, sink: EngineSink): Promise<string> {
    const pace = new Pace(this.#settings.replaySpeed, this.#clock);
    // A file without a packet is a stream too.
    sink.onStream(source.format);
    sink.onState('running', '');
    while (!this.#stopping.signal.aborted && (await source.read())) await this.#deliver(source.frames, pace, sink);
    return source.damage === '' ? 'end of file' : `end of file: ${source.damage}`;
  }

  #describe(error: unknown): string {
    if (error instanceof WeirError) return error.message;
    return `${printable(this.#settings.file)} cannot be read any further (${systemCode(error) ?? String(error)})`;
  }

  /** Hands on what was collected, in short runs of records that are due together, each when there is room for it. */
  async #deliver(frames: FrameCollector, pace: Pace, sink: EngineSink): Promise<void> {
    for (const piece of frames.pieces()) {
      if (piece.isNew) sink.onStream(piece.format);
      for (let from = piece.start; from < piece.end; ) {
        const due = dueUntil(frames.bytes, from, piece.end, piece.format, pace);
        await this.#pause(due.waitMs, sink);
        if (this.#stopping.signal.aborted) return;
        if (due.records > 0) sink.onBatch(frames.bytes, from, due.end);
        this.#delivered += due.records;
        from = due.end;
      }
    }
  }

  async #pause(waitMs: number, sink: EngineSink): Promise<void> {
    const { signal } = this.#stopping;
    for (let room = sink.room(); room !== null && !signal.aborted; room = sink.room()) await room;
    if (waitMs > 0)
      await sleep(waitMs, undefined, { signal }).catch(orElse(undefined, 'waiting for the next packet', STOPPED));
    // Flat out: let writes, timers and signals have their turn.
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The first records from `from` on that are due now, no more than may be handed on at a time; none: how long to wait for the first. */
function dueUntil(
  bytes: Buffer,
  from: number,
  end: number,
  format: PcapFormat,
  pace: Pace,
): { end: number; records: number; waitMs: number } {
  let at = from;
  let records = 0;
  for (; at < end && records < BATCH_RECORDS; records++) {
    const waitMs = pace.dueMs(recordTime(bytes, at, format));
    if (waitMs > PACE_MS) return { end: at, records, waitMs: records > 0 ? 0 : waitMs };
    at += RECORD_HEADER_BYTES + read32(bytes, at + 8, false);
  }
  return { end: at, records, waitMs: 0 };
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
