// What the main thread and the analysis thread send each other. Plain data; summaries travel packed.

import type { DeviceKey } from '../../model/mac.ts';
import type { FoldedSegment, StoredPlace } from '../index/index-records.ts';
import type { PackedText } from '../index/packed-text.ts';
import type { CatalogSegment } from '../tail/segment-catalog.ts';
import type { LiveSegment } from './live-segment.ts';
import type { QuarantineList } from './quarantine.ts';
import type { TrafficCell } from './traffic-meter.ts';

/** What a device's analysis goes on from: the newest slice that reached the main thread. */
export interface Checkpoint extends StoredPlace {
  readonly device: DeviceKey;
  /** Empty where there is nothing to start from. */
  readonly carry: PackedText;
}

/** Finished slices on their way to the index. */
export interface Unstored {
  readonly slices: number;
  /** Packed summaries and carries. */
  readonly bytes: number;
}

export function sizeOf({ summary, scan, carry }: FoldedSegment): Unstored {
  return { slices: 1, bytes: summary.length + (scan?.length ?? 0) + carry.length };
}

export interface WorkerStart {
  readonly dataDir: string;
  readonly progress: SharedArrayBuffer;
  readonly quarantine: QuarantineList;
  readonly checkpoints: readonly Checkpoint[];
  /** Slices of a thread before this one that did not reach the index yet. */
  readonly unstored: Unstored;
  /** Module with `makeAnalyzer`. */
  readonly analyzer: string;
}

export type ToWorker =
  | { readonly type: 'segments'; readonly segments: readonly CatalogSegment[] }
  /** So much of what was finished reached the index. */
  | ({ readonly type: 'stored' } & Unstored)
  /** Somebody wants to see the open slice of a device. */
  | ({ readonly type: 'ask' } & LiveQuestion);

export interface LiveQuestion {
  readonly device: DeviceKey;
  /** Mark of what the asking side has (live-slices.ts). */
  readonly have: string;
}

export type LiveAnswer = LiveSegment | 'same' | 'none';

export interface AnalysisLoad {
  /** Bytes that capture stored and analysis did not read yet. */
  readonly backlog_bytes: number;
  /** Closed segments among them. */
  readonly backlog_segments: number;
  /** Analysed since the thread began. */
  readonly packets: number;
  readonly bytes: number;
  /** Closed segments, and their bytes, that were deleted to make room before they were read. */
  readonly unread_segments: number;
  readonly unread_bytes: number;
  /** Of the device furthest behind: how long the oldest of what is unread has waited, or up to a quarter of a second more; 0 while nothing waits. */
  readonly lag_seconds: number;
}

export type FromWorker =
  | { readonly type: 'finished'; readonly segment: FoldedSegment }
  | { readonly type: 'live'; readonly device: DeviceKey; readonly live: LiveAnswer }
  | { readonly type: 'traffic'; readonly cells: readonly TrafficCell[] }
  | ({ readonly type: 'load' } & AnalysisLoad)
  | { readonly type: 'quarantine'; readonly list: QuarantineList };
