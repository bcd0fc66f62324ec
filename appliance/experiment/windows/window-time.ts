// Times of windows: ISO 8601 UTC to the nanosecond, which compare as texts. A window is half open, and a packet at its end is outside: a
// rounded end would move a packet.

import { parseSeconds } from '../../model/time/clock.ts';

/** 9999-12-31T23:59:59Z: beyond, ISO texts no longer compare as times. */
const MAX_SECONDS = 253_402_300_799n;

/** `2026-11-20T12:00:00.000000000Z` of decimal seconds or nanoseconds since 1970; beyond a calendar's four digits: its last second. */
export function nanoText(time: string | bigint): string {
  const ns = typeof time === 'bigint' ? time : (parseSeconds(time) ?? 0n);
  const seconds = ns < 0n ? 0n : ns / 1_000_000_000n;
  const fraction = ns < 0n ? 0n : ns % 1_000_000_000n;
  const date = new Date(Number(seconds > MAX_SECONDS ? MAX_SECONDS : seconds) * 1000);
  return `${date.toISOString().slice(0, 19)}.${fraction.toString().padStart(9, '0')}Z`;
}
