// In which zone times are shown: UTC, as the ledger and the files have them, or the zone of this computer.

import { signal } from '@preact/signals';

export type Zone = 'utc' | 'local';

/** `kept-zone.ts` restores and keeps it. */
export const zone = signal<Zone>('utc');

/** As IANA names it (`Europe/Berlin`). */
export function localZoneName(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** How far the shown zone is ahead of UTC at a moment, in minutes: it changes with summer time. */
export function offsetMinutes(millis: number): number {
  return zone.value === 'utc' ? 0 : -new Date(millis).getTimezoneOffset();
}

/** When the day began that holds the moment, in milliseconds since 1970; a day of the local zone has 23, 24 or 25 hours. */
export function dayStart(millis: number): number {
  const date = new Date(millis);
  if (zone.value === 'utc') return date.setUTCHours(0, 0, 0, 0);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/**
 * Round times of the shown zone in [from, to], `step` apart (all in seconds): midnight stays midnight where summer time begins or ends.
 */
export function roundTimes(from: number, to: number, step: number): number[] {
  const ahead = (at: number) => offsetMinutes(at * 1000) * 60;
  const times: number[] = [];
  for (let local = Math.floor((from + ahead(from)) / step) * step; times.length < 1000; local += step) {
    const near = local - ahead(from);
    const at = local - ahead(local - ahead(near));
    if (at > to) break;
    if (at >= from && at > (times.at(-1) ?? Number.NEGATIVE_INFINITY)) times.push(at);
  }
  return times;
}
