// Segments as the page lists them. Pure, from the catalog and from what the index knows of their times.

import { deviceId } from '../model/mac.ts';
import { parseSeconds } from '../model/time/clock.ts';
import { isoOf, isoText } from '../model/time/iso-time.ts';
import type { StoredSegment } from '../store/index/index-records.ts';
import type { CatalogSegment } from '../store/tail/segment-catalog.ts';
import type { Span } from './http/merged-pcap.ts';
import type { SegmentRow, SegmentsQuery } from './schemas/captures.ts';

export const SEGMENTS_PER_PAGE = 200;

/** Newest first; empty segments are none. */
export function selectSegments(segments: Iterable<CatalogSegment>, query: SegmentsQuery, span: Span): CatalogSegment[] {
  const before = query.before ?? Number.POSITIVE_INFINITY;
  return [...segments]
    .filter((segment) => segment.state !== 'empty' && segment.seq < before)
    .filter((segment) => query.device === undefined || deviceId(segment.device) === query.device)
    .filter((segment) => query.phase === undefined || segment.phase === query.phase)
    .filter((segment) => mayReachInto(segment, span))
    .sort((a, b) => b.seq - a.seq);
}

/** From the first packet, by the name, to the moment of closing, by the clock: a clock that was set back leaves it with a begin only. */
function mayReachInto(segment: CatalogSegment, span: Span): boolean {
  const first = firstPacketNs(segment.path);
  const closed = segment.closed === null ? undefined : parseSeconds(segment.closed);
  return first < span.to && (closed === undefined || closed >= span.from || closed < first);
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

/** Of a segment, to the second, as its name has it; nanoseconds since 1970. */
export function firstPacketNs(path: string): bigint {
  const [, y, mo, d, h, mi, s] = /_(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z_/.exec(path) ?? [];
  const milliseconds = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Number.isNaN(milliseconds) ? 0n : BigInt(milliseconds) * 1_000_000n;
}
