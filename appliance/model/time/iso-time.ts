// Times for people and programs of the API: ISO 8601 UTC. Captures and ledger hold decimal seconds.

import { parseSeconds } from './clock.ts';

/** ISO 8601 UTC with milliseconds of decimal seconds; null where there are none or they are beyond a calendar. */
export function isoOf(seconds: string | null): string | null {
  const ns = seconds === null ? undefined : parseSeconds(seconds);
  if (ns === undefined) return null;
  const date = new Date(Number(ns / 1_000_000n));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The same for a time that is always there; what is no decimal number stays as it is. */
export function isoText(seconds: string): string {
  return isoOf(seconds) ?? seconds;
}
