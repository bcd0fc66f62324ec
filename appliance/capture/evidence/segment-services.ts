// What the recorder hands to every segment: disk, ledger, books, lanes, and the facts of this run that each sidecar repeats.

import type { PcapFormat } from '../../decode/files/pcap-record.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { SegmentSidecar } from '../../model/segment.ts';
import type { ClockState } from '../../model/time/clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { EvidenceDisk } from '../storage/disk.ts';
import type { DiskGate } from '../storage/disk-gate.ts';
import type { Accounts } from './accounts.ts';
import type { Block, BlockPool, RecordCount } from './block.ts';
import type { Lane } from './lane.ts';
import type { WaitingBytes } from './waiting-bytes.ts';

/** Everything that segments share; the recorder makes one. */
export interface SegmentServices {
  readonly disk: EvidenceDisk;
  readonly capturesFolder: string;
  readonly ledger: Ledger;
  readonly gate: DiskGate;
  readonly pool: BlockPool;
  readonly waiting: WaitingBytes;
  readonly accounts: Accounts;
  /** Few closings at a time, so that a full hour does not occupy every thread of the pool. */
  readonly closing: Lane;
  /** Few syncs at a time, for the same reason. */
  readonly syncing: Lane;
  readonly clockState: () => ClockState;
  /** Total kernel drops of the engine so far; null where it cannot know. Asks the engine when `fresh`. */
  readonly kernelDrops: (fresh: boolean) => Promise<number | null>;
  readonly nextSequence: () => number;
  readonly facts: SegmentFacts;
  /** Which of the first records of a block are copies of records in another device's file. */
  readonly countShared: (block: Block, end: number, device: DeviceKey, format: PcapFormat) => RecordCount;
  /** Calls `onCopy` for each such copy with its sender and the bytes of its record. */
  readonly eachCopy: (
    block: Block,
    end: number,
    device: DeviceKey,
    format: PcapFormat,
    onCopy: (sender: DeviceKey, bytes: number) => void,
  ) => void;
  /** A segment's closing is in the ledger; its path, and the bytes that it takes with its sidecar. */
  readonly closed: (device: DeviceKey, path: string, bytes: number) => void;
}

/** The part of a sidecar that is the same for all segments of a run. */
export type SegmentFacts = Pick<
  SegmentSidecar,
  'appliance' | 'filter' | 'engine' | 'timestamps' | 'infra' | 'version' | 'config_sha256'
>;
