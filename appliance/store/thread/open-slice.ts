// The slice of a segment that device-fold.ts is working on: packets of one hour, from an offset in the file on.

import { read32 } from '../../decode/files/pcap-record.ts';
import { formatSeconds } from '../../model/time/clock.ts';
import { hourOfSecond, hourOfSegment } from '../index/hour-row.ts';
import type { SegmentFlaw } from '../index/index-records.ts';
import type { CatalogSegment } from '../tail/segment-catalog.ts';
import type { RecordRun, SegmentTail } from '../tail/segment-tail.ts';
import type { SegmentAnalyzer } from './segment-analyzer.ts';
import type { FrameOwner } from './traffic-meter.ts';

/** The current slice. */
export interface OpenSlice {
  readonly tail: SegmentTail;
  readonly slice: number;
  /** Where it begins in the file. */
  readonly from: number;
  readonly owner: FrameOwner;
  analyzer: SegmentAnalyzer | undefined;
  /** Of frames of the appliance's own scanner; undefined before the first. */
  scan: SegmentAnalyzer | undefined;
  /** Of the appliance. */
  readonly appliance: readonly Uint8Array[];
  /** Of its first packet, since 1970; -1 before it. */
  hour: number;
  packets: number;
  /** Seconds and nanoseconds of its first and last packet: numbers, since each packet sets them. */
  firstSecond: number;
  firstNanosecond: number;
  lastSecond: number;
  lastNanosecond: number;
  quarantined: number[];
  flaw: SegmentFlaw | null;
}

const HOUR_SECONDS = 3600;

export function beginSlice(
  { device, infra }: CatalogSegment,
  tail: SegmentTail,
  { slice, offset }: { readonly slice: number; readonly offset: number },
): OpenSlice {
  const appliance = infra.flatMap((mac) => macBytes(mac) ?? []);
  return {
    tail,
    slice,
    from: offset,
    owner: { device, mac: macBytes(device), infra: appliance },
    analyzer: undefined,
    scan: undefined,
    appliance,
    hour: -1,
    packets: 0,
    firstSecond: 0,
    firstNanosecond: 0,
    lastSecond: 0,
    lastNanosecond: 0,
    quarantined: [],
    flaw: null,
  };
}

export function countPacket(work: OpenSlice, second: number, nanosecond: number): void {
  if (work.packets++ === 0) {
    work.hour = Math.floor(second / HOUR_SECONDS);
    work.firstSecond = second;
    work.firstNanosecond = nanosecond;
  }
  work.lastSecond = second;
  work.lastNanosecond = nanosecond;
}

/** Not of an earlier one: a clock that was set back starts no slice for each of its packets. */
export function isOfLaterHour(work: OpenSlice, { bytes, format }: RecordRun, at: number): boolean {
  return work.hour !== -1 && Math.floor(read32(bytes, at, format.bigEndian) / HOUR_SECONDS) > work.hour;
}

export function hourText(segment: CatalogSegment, { hour }: OpenSlice): string {
  return hour === -1 ? hourOfSegment(segment.path) : hourOfSecond(hour * HOUR_SECONDS);
}

export function firstTime({ packets, firstSecond, firstNanosecond }: OpenSlice): string | null {
  return packets === 0 ? null : timeOf(firstSecond, firstNanosecond);
}

export function lastTime({ packets, lastSecond, lastNanosecond }: OpenSlice): string | null {
  return packets === 0 ? null : timeOf(lastSecond, lastNanosecond);
}

function timeOf(second: number, nanosecond: number): string {
  return formatSeconds(BigInt(second) * 1_000_000_000n + BigInt(nanosecond));
}

/** Six bytes of `aa:bb:cc:00:01:02`; null for pseudo devices. */
function macBytes(text: string): Uint8Array | null {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text)) return null;
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
}
