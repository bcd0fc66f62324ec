// Holds what is missing in the files against what the ledger admits.

import { parseSeconds } from '../../appliance/model/time/clock.ts';
import type { Evidence } from './evidence.ts';
import { linesOf } from './ledger-book.ts';

/** An interval of time in nanoseconds since 1970, ends included. */
export type Interval = readonly [from: number, to: number];

export function gapsOf(evidence: Evidence): Interval[] {
  return linesOf(evidence.ledger, 'gap').map((line) => [nanoseconds(line.from), nanoseconds(line.to)]);
}

export function isInside(ns: bigint, [from, to]: Interval): boolean {
  return Number(ns) >= from && Number(ns) <= to;
}

/** Missing stretches of a run that no gap line of the ledger touches: loss that was hidden. */
export function untoldHoles(evidence: Evidence, run: number): string[] {
  const gaps = gapsOf(evidence);
  const holes = evidence.runs.get(run)?.holes() ?? [];
  return holes
    .filter((hole) => !gaps.some(([from, to]) => from <= hole.before && to >= hole.after))
    .map((hole) => `${hole.count} frames between ${hole.after / 1e9} and ${hole.before / 1e9}`);
}

/** Ledger times are decimal seconds or ISO 8601. */
function nanoseconds(text: string): number {
  const seconds = parseSeconds(text);
  return seconds === undefined ? Date.parse(text) * 1e6 : Number(seconds);
}
