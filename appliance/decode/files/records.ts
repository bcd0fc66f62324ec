// What the readers of capture files have in common: their consumer and what they refuse. See capture-reader.ts.

import type { CaptureDamage } from '../../model/analysis-document.ts';

/** Receives every whole record. `bytes` is a reused buffer: valid during the call only. */
export interface FrameSink {
  /** `start`..`end` are the captured bytes, `originalLength` what was on the wire, `linkType` a LINKTYPE_ number. */
  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    originalLength: number,
    linkType: number,
  ): void;
  /**
   * Takes as many whole records of `bytes[start, end)` as it can by itself, from the first on, and returns where it stopped;
   * `walked` says how many they were. Asked of classic files alone: little-endian, 16 bytes of header, Ethernet. `unit`: nanoseconds
   * of a record's fraction.
   */
  walkRecords?(bytes: Uint8Array, start: number, end: number, unit: number): number;
  readonly walked?: number;
}

/** One format's reader. Positions count from the start of the file. */
export interface RecordReader {
  readonly format: 'pcap' | 'pcapng';
  /** Digits after the decimal point that the file's own times have. */
  readonly digits: number;
  readonly packets: number;
  /** Set once: nothing is read after it. */
  readonly damage: CaptureDamage | null;
  /** The last `consume` ended at the header of another file: files were joined end to end. */
  readonly isFollowed: boolean;
  /** Hands on the whole records of [start, end); returns the position of the first byte not used. */
  consume(bytes: Uint8Array, start: number, end: number): number;
  /** Why bytes at the end of the file are not a whole record. */
  describeRest(rest: number): string;
}

/** Larger records are damage: no link frame is longer, and libpcap refuses them too. */
export const MAX_RECORD_BYTES = 262_144;
/** Larger pcapng blocks are damage. */
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
