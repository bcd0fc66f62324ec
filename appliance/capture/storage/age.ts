// Which segments are older than `retention.max_age_days`. Pure. Elsewhere no clock decides over evidence; here one has to, so it is asked
// only while it is known to be right (storage.ts), and what a file's own last record says counts, not the file's date.

import path from 'node:path';
import { parseSegmentFile } from '../../model/segment.ts';

const DAY_NS = 86_400_000_000_000n;

/** The time before which nothing is kept, in nanoseconds since 1970; null where no age is set. */
export function ageLimitNs(nowNs: bigint, maxAgeDays: number): bigint | null {
  return maxAgeDays === 0 ? null : nowNs - BigInt(maxAgeDays) * DAY_NS;
}

/** By the time in its name, of its first record; then its last one may be too. */
export function beganBefore(file: string, limitNs: bigint): boolean {
  const utc = parseSegmentFile(path.basename(file))?.utc ?? '';
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(utc) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isFinite(ms) && BigInt(ms) * 1_000_000n < limitNs;
}
