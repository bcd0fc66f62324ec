// Bytes by minute, bounded over years: of the last eight days minutes are kept, of the last three months hours, of what is
// older days (UTC). Where a row belongs follows from the newest minute of all alone, so that sums are exact and any grouping
// of merges ends with the same rows. Counted by tally.ts, added by merge.ts.

import { type Table, table } from './summary.ts';

const HOUR = 60;
const DAY = 1440;
/** The page shows a week by the minute. */
export const MINUTES_KEPT = 8 * DAY;
/** 92 days before the newest row, of which hours are kept; older time is added up by the day. */
export const HOURS_KEPT = 92 * DAY;

/** The last that a classic pcap file can name, in the year 2106; a pcapng file may claim any time at all. */
const LAST_MINUTE = Math.floor(0xffffffff / 60);

/** Minutes since 1970 of a packet's time. */
export function minuteOf(seconds: number): number {
  return Math.min(Math.max(0, Math.floor(seconds / 60)), LAST_MINUTE);
}

export interface Span {
  /** Minutes since 1970. */
  readonly start: number;
  readonly minutes: 1 | 60 | 1440;
}

/** `29833320` is a minute, `29833320/60` the hour and `29833440/1440` the day that begins there. */
export function readSpan(key: string): Span {
  const [start = '', width] = key.split('/');
  return { start: Number(start), minutes: width === '60' ? HOUR : width === '1440' ? DAY : 1 };
}

/** The same bytes with older rows added up. Rows that stay are the same arrays. */
export function coarsen(rows: Table<number[]>): Table<number[]> {
  let newest = 0;
  for (const key of Object.keys(rows)) newest = Math.max(newest, readSpan(key).start);
  const firstMinute = floorTo(newest - MINUTES_KEPT, HOUR);
  const firstHour = floorTo(newest - HOURS_KEPT, DAY);
  const coarse = table<number[]>();
  for (const [key, row] of Object.entries(rows)) {
    const { start, minutes } = readSpan(key);
    const width = start < firstHour ? DAY : start < firstMinute ? Math.max(HOUR, minutes) : minutes;
    addRow(coarse, width === 1 ? key : `${floorTo(start, width)}/${width}`, row);
  }
  return coarse;
}

function floorTo(minute: number, width: number): number {
  return Math.floor(minute / width) * width;
}

function addRow(rows: Table<number[]>, key: string, row: number[]): void {
  const known = rows[key];
  rows[key] = known === undefined ? row : addRows(known, row);
}

function addRows(x: readonly number[], y: readonly number[]): number[] {
  return x.map((bytes, i) => bytes + (y[i] ?? 0));
}

export function mergeMinutes(a: Table<number[]>, b: Table<number[]>): Table<number[]> {
  const both = Object.assign(table<number[]>(), a);
  for (const [key, row] of Object.entries(b)) addRow(both, key, row);
  return coarsen(both);
}
