// Segments as the page lists them. Pure, from the catalog and from what the index knows of their times.

import { isoOf, isoText } from '../model/iso-time.ts';
import { deviceId } from '../model/mac.ts';
import type { StoredSegment } from '../store/index/index-records.ts';
import type { CatalogSegment } from '../store/tail/segment-catalog.ts';
import type { SegmentRow, SegmentsQuery } from './schemas/captures.ts';

export const SEGMENTS_PER_PAGE = 200;

/** Newest first; empty segments are none. */
export function selectSegments(segments: Iterable<CatalogSegment>, query: SegmentsQuery): CatalogSegment[] {
  const before = query.before ?? Number.POSITIVE_INFINITY;
  return [...segments]
    .filter((segment) => segment.state !== 'empty' && segment.seq < before)
    .filter((segment) => query.device === undefined || deviceId(segment.device) === query.device)
    .filter((segment) => query.phase === undefined || segment.phase === query.phase)
    .sort((a, b) => b.seq - a.seq);
}

export function segmentRow(segment: CatalogSegment, stored: StoredSegment | undefined): SegmentRow {
  return {
    seq: segment.seq,
    device: deviceId(segment.device),
    path: segment.path,
    phase: segment.phase,
    state: segment.state === 'empty' ? 'closed' : segment.state,
    opened: isoText(segment.opened),
    closed: segment.closed === null ? null : isoText(segment.closed),
    first_ts: isoOf(stored?.first_ts ?? null),
    last_ts: isoOf(stored?.last_ts ?? null),
    packets: segment.packets ?? stored?.packets ?? null,
    bytes: segment.bytes,
    sha256: segment.sha256,
    cut: segment.cut,
    analysed: stored !== undefined,
  };
}
