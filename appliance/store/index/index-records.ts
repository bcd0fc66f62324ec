// The values of the index (keys: index-keys.ts). Summaries and carries are packed texts in files of their own
// (piece-files.ts), of the canonical JSON that analysis made, so that live, replayed and rebuilt indexes can be compared.

import type { DeviceKey } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';
import type { TotalScope } from './index-keys.ts';
import type { PackedText } from './packed-text.ts';
import type { PieceRef } from './piece-files.ts';
import type { TowerPart } from './sum-tower.ts';

/** Bytes of a segment file that were not analysed, and why. */
export interface SegmentFlaw {
  readonly offset: number;
  readonly reason: string;
}

/**
 * What analysis made of one segment, or of the packets of one hour in it: a segment of a quiet device lasts a day, and each
 * hour of it is kept as soon as it is over.
 */
export interface FoldedSegment {
  readonly device: DeviceKey;
  readonly seq: number;
  /** Counts the slices of the segment, from 0. */
  readonly slice: number;
  /** False where the segment goes on behind this slice. */
  readonly ends: boolean;
  /** Of its first packet, `20261120T12`; of the file where it has none. */
  readonly hour: string;
  readonly phase: Phase;
  readonly path: string;
  /** Of the ledger; null where capture did not say. */
  readonly sha256: string | null;
  /** Records analysed. */
  readonly packets: number;
  /** Offsets in the file between which records were analysed. */
  readonly from: number;
  readonly bytes: number;
  readonly first_ts: string | null;
  readonly last_ts: string | null;
  /** Packets that analysis had to leave out (quarantine.ts). */
  readonly quarantined: readonly number[];
  readonly flaw: SegmentFlaw | null;
  readonly summary: PackedText;
  /** Of the appliance's own scan of the device, which is of phase `scan` whatever the segment's is; absent where there was none. */
  readonly scan?: PackedText;
  readonly carry: PackedText;
}

/** In sublevel `segment`, of all its slices so far: so little that a year of segments fits. */
export type StoredSegment = Omit<FoldedSegment, 'carry' | 'summary' | 'scan' | 'hour' | 'from'>;

export interface StoredPart extends TowerPart {
  readonly piece: PieceRef;
}

/** The sum of a device's segments, of a phase or of all, in parts. */
export interface StoredTower {
  /** Segments that ended. */
  readonly segments: number;
  /** The newest one in the sum. */
  readonly last_seq: number;
  readonly parts: readonly StoredPart[];
}

/** Position of a device's analysis. */
export interface StoredPlace {
  /** Of the newest slice in the index. */
  readonly seq: number;
  readonly slice: number;
  /** Where its segment goes on; null when it has ended. */
  readonly offset: number | null;
}

/**
 * In sublevel `device`. Towers name their pieces: while a device has had one phase only, that phase and `all` name the same
 * ones, and they lie on the card once.
 */
export interface StoredDevice extends StoredPlace {
  /** What analysis of the next packet starts from; null where there is nothing to start from. */
  readonly carry: PieceRef | null;
  readonly towers: Partial<Readonly<Record<TotalScope, StoredTower>>>;
}

/** A sum as it is read: to be added in this order. */
export interface StoredSum extends Omit<StoredTower, 'parts'> {
  readonly place: StoredPlace;
  readonly parts: readonly PackedText[];
}

/** A line of the ledger, by its link to the line before it. */
export interface LedgerPoint {
  readonly n: number;
  readonly previous: string;
}

/** Which ledger this index belongs to, and how much should be in it. */
export interface IndexHead {
  readonly schema: 'weir.index/4';
  /** Those that ended. */
  readonly segments: number;
  /** Number of the next piece. */
  readonly pieces: number;
  /** Rows of the flow matrix that were joined with others because an hour, a day or a month had too many. */
  readonly flows_joined: number;
  /** The newest ledger line whose segment is indexed. */
  readonly ledger: LedgerPoint | null;
  /** The newest ledger line of a forgotten device that the index follows; absent where there is none. */
  readonly forgotten?: number;
}

export const EMPTY_HEAD: IndexHead = {
  schema: 'weir.index/4',
  segments: 0,
  pieces: 1,
  flows_joined: 0,
  ledger: null,
};
