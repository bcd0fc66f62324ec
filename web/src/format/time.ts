// Moments and durations on their way to a person. Moments are ISO 8601 with their offset: in UTC, as segments and the ledger are, or in
// the zone of this computer where somebody chose so.
// The API gives seconds since 1970 as decimal strings, or ISO 8601 where a person wrote the source.

import { offsetMinutes, zone } from '../time/zone.ts';
import { NO_DATA } from './quantity.ts';

export type Moment = string | number | null | undefined;

/** Milliseconds since 1970 of decimal seconds or ISO 8601 text; undefined for anything else. */
export function toMillis(moment: Moment): number | undefined {
  if (moment === null || moment === undefined || moment === '') return undefined;
  const seconds = Number(moment);
  const millis = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(String(moment));
  return Number.isFinite(millis) && Math.abs(millis) < 8.64e15 ? millis : undefined;
}

/** `2026-11-20T12:00:01Z`; in the zone of this computer with its offset, `2026-11-20T13:00:01+01:00`. */
export function stamp(moment: Moment): string {
  return shown(moment, ({ text, offset }) => `${text}${offset}`);
}

/** `12:00:01Z`, for lists that name the day elsewhere. */
export function clockTime(moment: Moment): string {
  return shown(moment, ({ text, offset }) => `${text.slice(11)}${offset}`);
}

/** The time of day where the day is that of `nowMillis`, else day and time; to the minute: `12:00Z`, `2026-11-20T12:00Z`. */
export function since(moment: Moment, nowMillis: number): string {
  const today = zoned(nowMillis).text.slice(0, 10);
  return shown(moment, ({ text, offset }) => `${text.slice(text.startsWith(today) ? 11 : 0, 16)}${offset}`);
}

function shown(moment: Moment, write: (zoned: Zoned) => string): string {
  const millis = toMillis(moment);
  return millis === undefined ? NO_DATA : write(zoned(millis));
}

interface Zoned {
  /** ISO 8601 to the second. */
  readonly text: string;
  readonly offset: string;
}

function zoned(millis: number): Zoned {
  const ahead = offsetMinutes(millis);
  const text = new Date(millis + ahead * 60_000).toISOString().slice(0, 19);
  return { text, offset: zone.value === 'utc' ? 'Z' : offsetText(ahead) };
}

function offsetText(ahead: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const minutes = Math.abs(ahead);
  return `${ahead < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `3 s ago`; a moment ahead of `nowMillis` is a clock that disagrees, and is said so. */
export function ago(moment: Moment, nowMillis: number): string {
  const millis = toMillis(moment);
  if (millis === undefined) return 'never';
  const seconds = (nowMillis - millis) / 1000;
  if (seconds < -2) return `${duration(-seconds)} ahead of this computer's clock`;
  return seconds < 2 ? 'now' : `${duration(seconds)} ago`;
}

/** The two largest units at most: `4 s`, `12 min`, `3 h 20 min`, `5 d 2 h`. */
export function duration(seconds: number | null | undefined): string {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return NO_DATA;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.floor(minutes / 60);
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
