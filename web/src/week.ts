// When a device speaks, of the hours of a document: by weekday and hour, and in stretches. Pure but for the zone that is shown.

import type { AnalysisDocument } from './api/types.ts';
import { offsetMinutes } from './time/zone.ts';

type Hours = NonNullable<NonNullable<AnalysisDocument['behaviour']>['hours']>;

const HOUR_MS = 3_600_000;
const HOURS_OF_WEEK = 168;

/** Monday first. */
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** Mean bytes an hour, both ways, of each hour of the week from Monday 0:00 in the shown zone; null where the device said nothing. */
export function hoursOfWeek(hours: Hours): (number | null)[] {
  const sums = new Map<number, number>();
  const weeks = new Map<number, Set<number>>();
  for (const { hour, bytes_sent, bytes_received } of hours) {
    const { place, week } = placeOf(Date.parse(hour));
    sums.set(place, (sums.get(place) ?? 0) + bytes_sent + bytes_received);
    weeks.set(place, (weeks.get(place) ?? new Set()).add(week));
  }
  return Array.from({ length: HOURS_OF_WEEK }, (_, place) => {
    const sum = sums.get(place);
    return sum === undefined ? null : sum / (weeks.get(place)?.size ?? 1);
  });
}

/** A zone that is not ahead by whole hours puts an hour where most of it lies. */
function placeOf(millis: number): { place: number; week: number } {
  const local = Math.round((millis + offsetMinutes(millis) * 60_000) / HOUR_MS);
  // 1970-01-01 was a Thursday.
  const sinceMonday = local + 3 * 24;
  return { place: sinceMonday % HOURS_OF_WEEK, week: Math.floor(sinceMonday / HOURS_OF_WEEK) };
}

export interface Stretch {
  /** Milliseconds since 1970; whole hours, `to` excluded. */
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** Hours in a row in which the device was heard, newest first. */
export function stretchesOf(hours: Hours): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { hour, bytes_sent, bytes_received } of [...hours].sort((a, b) => (a.hour < b.hour ? -1 : 1))) {
    const from = Date.parse(hour);
    const bytes = bytes_sent + bytes_received;
    const last = stretches.at(-1);
    if (last === undefined || last.to < from) stretches.push({ from, to: from + HOUR_MS, bytes });
    else
      stretches[stretches.length - 1] = { ...last, to: Math.max(last.to, from + HOUR_MS), bytes: last.bytes + bytes };
  }
  return stretches.reverse();
}
