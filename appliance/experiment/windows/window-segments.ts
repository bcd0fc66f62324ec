// Which segments hold packets of a window, and what is gone of it: pure, from the catalog of the ledger. Next: window-fold.ts.

import { parseSegmentFile } from '../../model/segment.ts';
import { parseCompactUtc, parseSeconds } from '../../model/time/clock.ts';
import type { CatalogSegment } from '../../store/tail/segment-catalog.ts';
import { concerns, type Piece, type Span } from './window-pieces.ts';

/** A segment ends at midnight UTC at the latest (`capture.segment_seconds`); frames may be out of order by a little. */
const LONGEST_NS = 86_400n * 1_000_000_000n;
const SLACK_NS = 60n * 1_000_000_000n;

export interface WantedSegment {
  readonly segment: CatalogSegment;
  readonly pieces: readonly Piece[];
}

/** What retention took of the window. */
export interface DeletedPart {
  readonly segments: number;
  /** From the first to the last packet of each file that is gone, as far as that is inside; what several devices lost at once counts once. */
  readonly seconds: number;
  /** In files that lay inside wholly. */
  readonly packets_at_least: number;
  /** In all files that reached into it; null where the ledger does not say how many there were. */
  readonly packets_at_most: number | null;
}

/** In the order in which they are read: device by device, each in the order of capture. */
export function wantedSegments(
  segments: Iterable<CatalogSegment>,
  device: string | null,
  { pieces }: Span,
): WantedSegment[] {
  const wanted: WantedSegment[] = [];
  for (const segment of segments) {
    if (segment.state === 'empty' || segment.state === 'deleted') continue;
    if (device !== null && segment.device !== device) continue;
    const begin = beginOf(segment);
    const own = pieces.filter((piece) => concerns(piece, segment.n) && mayHold(piece, begin));
    if (own.length > 0) wanted.push({ segment, pieces: own });
  }
  const byDevice = (x: WantedSegment, y: WantedSegment) =>
    x.segment.device === y.segment.device
      ? x.segment.seq - y.segment.seq
      : x.segment.device < y.segment.device
        ? -1
        : 1;
  return wanted.sort(byDevice);
}

function mayHold({ from, to }: Piece, begin: bigint): boolean {
  return (to === null || begin < to + SLACK_NS) && (from === null || begin + LONGEST_NS + SLACK_NS > from);
}

export function deletedPart(segments: Iterable<CatalogSegment>, device: string | null, { pieces }: Span): DeletedPart {
  const spans: Stretch[] = [];
  let atLeast = 0;
  let atMost: number | null = 0;
  let files = 0;
  for (const segment of segments) {
    if (segment.state !== 'deleted' || (device !== null && segment.device !== device)) continue;
    const from = beginOf(segment);
    const to = parseSeconds(segment.lastTs ?? segment.closed ?? '') ?? from;
    const own = pieces.filter((piece) => concerns(piece, segment.n)).flatMap((piece) => inside(piece, { from, to }));
    if (own.length === 0) continue;
    files++;
    spans.push(...own);
    const isWhole = own.some((part) => part.from === from && part.to === to);
    if (isWhole) atLeast += segment.packets ?? 0;
    atMost = atMost === null || segment.packets === null ? null : atMost + segment.packets;
  }
  return { segments: files, seconds: unionSeconds(spans), packets_at_least: atLeast, packets_at_most: atMost };
}

export interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

/** One part, or none. A file of one packet has a begin and no length: it is inside or not. */
function inside({ from, to }: Pick<Piece, 'from' | 'to'>, stretch: Stretch): Stretch[] {
  const begin = from !== null && from > stretch.from ? from : stretch.from;
  const end = to !== null && to < stretch.to ? to : stretch.to;
  const isOutside = begin > end || (to !== null && begin >= to);
  return isOutside ? [] : [{ from: begin, to: end }];
}

/** Seconds that at least one of the stretches covers. */
export function unionSeconds(stretches: readonly Stretch[]): number {
  const sorted = [...stretches].sort((x, y) => (x.from < y.from ? -1 : x.from > y.from ? 1 : 0));
  let sum = 0n;
  let end: bigint | null = null;
  for (const { from, to } of sorted) {
    const begin: bigint = end !== null && end > from ? end : from;
    if (to > begin) sum += to - begin;
    if (end === null || to > end) end = to;
  }
  return Number(sum) / 1e9;
}

/** When the first packet came, of the device or of all, to the second; deleted ones count. Null while none came. */
export function firstBegin(segments: Iterable<CatalogSegment>, device: string | null): bigint | null {
  let first: bigint | null = null;
  for (const segment of segments) {
    if (segment.state === 'empty' || (device !== null && segment.device !== device)) continue;
    const begin = beginOf(segment);
    if (first === null || begin < first) first = begin;
  }
  return first;
}

/** To the second, as the file's name has it: of its first packet. */
export function beginOf({ path }: Pick<CatalogSegment, 'path'>): bigint {
  const { utc } = parseSegmentFile(path.slice(path.lastIndexOf('/') + 1)) ?? {};
  return utc === undefined ? 0n : parseCompactUtc(utc);
}
