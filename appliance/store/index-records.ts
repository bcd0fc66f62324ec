// The values of the index (keys: index-keys.ts). Summaries and carries are kept as the canonical JSON texts that analysis
// made, so that live, replayed and rebuilt indexes can be compared byte for byte.

import type { DeviceKey } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';

/** Bytes of a segment file that were not analysed, and why. */
export interface SegmentFlaw {
  readonly offset: number;
  readonly reason: string;
}

/** What analysis made of one closed segment. `summary` and `carry` are JSON texts. */
export interface FoldedSegment {
  readonly device: DeviceKey;
  readonly seq: number;
  readonly phase: Phase;
  readonly path: string;
  /** Of the ledger; null where capture did not say. */
  readonly sha256: string | null;
  /** Records analysed. */
  readonly packets: number;
  /** Offset up to which records were analysed. */
  readonly bytes: number;
  readonly first_ts: string | null;
  readonly last_ts: string | null;
  /** Packets that analysis had to leave out (quarantine.ts). */
  readonly quarantined: readonly number[];
  readonly flaw: SegmentFlaw | null;
  readonly summary: string;
  readonly carry: string;
}

/** In sublevel `segment`: so little that a year of segments fits. */
export type StoredSegment = Omit<FoldedSegment, 'carry' | 'summary'>;

export interface StoredCarry {
  readonly seq: number;
  readonly carry: string;
}

export interface StoredTotal {
  readonly segments: number;
  /** The newest segment in the sum. */
  readonly last_seq: number;
  readonly summary: string;
}

/** Which ledger this index belongs to, and how much should be in it. */
export interface IndexHead {
  readonly schema: 'weir.index/2';
  readonly segments: number;
  /** The newest ledger line whose segment stands here; `previous` is that line's link to the line before it. */
  readonly ledger: { readonly n: number; readonly previous: string } | null;
}

export const EMPTY_HEAD: IndexHead = { schema: 'weir.index/2', segments: 0, ledger: null };
