// What every capture engine is: something that turns an interface (or a file) into pcap records and reports exactly what it
// cannot know. Implementations: tcpdump-engine.ts, cap-engine.ts, file-engine.ts; contract: test/contract.

import type { PcapFormat } from '../../decode/files/pcap-record.ts';
import type { EngineCounts } from '../evidence/accounts.ts';

/** `waiting`: the interface is not there (or not up); the engine looks again by itself. */
export type EngineState = 'starting' | 'running' | 'waiting' | 'stopped' | 'ended';

/** No frame of this interval is claimed. Times are wall nanoseconds; `lost` is null where nobody knows. */
export interface EngineGap {
  readonly from: bigint;
  readonly to: bigint;
  readonly reason: string;
  readonly lost: number | null;
}

/**
 * The most records that an engine which waits hands on at a time. Each may send a block of two devices on its way to the disk, so
 * the memory that waits exceeds its limit by little.
 */
export const BATCH_RECORDS = 64;

/** Where an engine delivers to; the recorder implements it. Nothing here may throw. */
export interface EngineSink {
  /** A stream begins; again after every respawn. */
  onStream(format: PcapFormat): void;
  /** Whole little-endian records, only valid during the call. */
  onBatch(bytes: Buffer, start: number, end: number): void;
  onState(state: EngineState, reason: string): void;
  onGap(gap: EngineGap): void;
  /** For engines that wait: null, or what to wait for before it is asked again and then the next batch is handed on. */
  room(): Promise<void> | null;
}

export interface Engine {
  readonly name: string;
  readonly timestamps: 'kernel' | 'userspace' | 'file';
  /** Asks for room before each batch: nothing that it delivers is dropped for want of memory. */
  readonly waits: boolean;
  /**
   * Begins to deliver. Resolves when the first attempt is decided: running, or waiting for the interface. Rejects with a
   * WeirError where waiting cannot help: a bad filter, no permission, a missing program, a file that is no capture.
   */
  start(sink: EngineSink): Promise<void>;
  /** Delivers what is still under way, then resolves. */
  stop(): Promise<void>;
  /** Whether the engine still does anything: it answers a question, or it waits for its interface. */
  responsive(): Promise<boolean>;
  /** Counts since `start`, over all respawns. `fresh` asks the child now; else the newest known answer is given. */
  stats(fresh: boolean): Promise<EngineCounts>;
}
