// Which captures are fetched in addition to ledger and sidecars: by device, phase, tag, window of time and rule of a finding. Nothing named: none.

import type { DeviceKey } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';
import type { SegmentSidecar } from '../model/segment.ts';
import { parseSeconds } from '../model/time/clock.ts';
import type { FindingRow } from '../publish/schemas/findings.ts';
import type { BookedSegment } from './segment-book.ts';

/** A segment must meet all that is named, and of each list one entry. */
export interface PullSelection {
  /** All captures, where nothing else is named. */
  readonly all?: boolean;
  readonly devices?: readonly DeviceKey[];
  readonly phases?: readonly Phase[];
  readonly tags?: readonly string[];
  readonly rules?: readonly string[];
  /** Nanoseconds since 1970: segments with a packet at or after / at or before. */
  readonly from?: bigint;
  readonly to?: bigint;
}

export function wantsCaptures(selection: PullSelection): boolean {
  return Object.values(selection).some((value) => value !== undefined && value !== false);
}

/** `evidence`: numbers of segments that findings of the named rules point to. */
export function isWanted(
  segment: BookedSegment,
  sidecar: Partial<SegmentSidecar>,
  selection: PullSelection,
  evidence: ReadonlySet<number>,
): boolean {
  const { devices, phases, tags, rules } = selection;
  if (!wantsCaptures(selection)) return false;
  if (devices !== undefined && !devices.includes(segment.device)) return false;
  if (phases !== undefined && !phases.includes(segment.phase)) return false;
  if (tags !== undefined && !tags.some((tag) => sidecar.tags?.includes(tag))) return false;
  if (rules !== undefined && !evidence.has(segment.seq)) return false;
  return isInWindow(sidecar, selection);
}

function isInWindow({ first_ts, last_ts }: Partial<SegmentSidecar>, { from, to }: PullSelection): boolean {
  const first = parseSeconds(first_ts ?? '');
  const last = parseSeconds(last_ts ?? '');
  if (from !== undefined && (last === undefined || last < from)) return false;
  return to === undefined || (first !== undefined && first <= to);
}

export function evidenceOf(findings: readonly FindingRow[], rules: readonly string[]): ReadonlySet<number> {
  const named = findings.filter(({ rule }) => rules.includes(rule));
  return new Set(named.flatMap(({ evidence }) => evidence.map(({ segment }) => segment)));
}
