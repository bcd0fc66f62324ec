// Which packets a window is: those with a time in [from, to), of segments that were opened in the right part of the ledger. A span of the
// captures' time is one piece, whatever the clock did. A window that was made live and saw the clock set back is several: before the
// step, between steps, behind the last one. Pure. Next: window-segments.ts.

import { parseInstant } from '../../model/time/clock.ts';
import type { RecordedStep } from '../../store/tail/recorded-time.ts';
import type { TracedWindow } from './windows.ts';

/** Times in nanoseconds since 1970, the end outside; null: no limit. */
export interface Piece {
  readonly from: bigint | null;
  readonly to: bigint | null;
  /** Segments whose first line has a number in [first, last). */
  readonly first: number;
  readonly last: number;
}

export interface Span {
  readonly pieces: readonly Piece[];
  /** As people read it. */
  readonly from: bigint;
  /** Null while it lasts. */
  readonly to: bigint | null;
  /** That passed, the clock's steps taken out; null while it lasts, and where nobody measured a step. */
  readonly seconds: number | null;
}

/** A span of the captures' own time. */
export function plainSpan(from: bigint, to: bigint): Span {
  const piece = { from, to, first: 0, last: Number.POSITIVE_INFINITY };
  return { pieces: [piece], from, to, seconds: Number(to - from) / 1e9 };
}

export function spanOf({ window, lines }: TracedWindow, steps: readonly RecordedStep[]): Span {
  const from = parseInstant(window.from) ?? 0n;
  const to = window.to === null ? null : (parseInstant(window.to) ?? 0n);
  if (lines === null && to !== null) return plainSpan(from, to);
  const begun = lines?.first ?? 0;
  const ended = lines?.last ?? Number.POSITIVE_INFINITY;
  const back = steps.filter(({ before, after }) => Number(after) < Number(before));
  const inside = back.filter(({ n }) => n > begun && n < ended).map(({ n }) => n);
  const first = back.findLast(({ n }) => n < begun)?.n ?? 0;
  const last = back.find(({ n }) => n > ended)?.n ?? Number.POSITIVE_INFINITY;
  const limits = [first, ...inside, last];
  const pieces = limits.slice(0, -1).map((begin, i) => ({
    from: i === 0 ? from : null,
    to: i === limits.length - 2 ? to : null,
    first: begin,
    last: limits[i + 1]!,
  }));
  return { pieces, from, to, seconds: to === null ? null : passed(from, to, window.clock_steps ?? []) };
}

function passed(from: bigint, to: bigint, steps: readonly (number | null)[]): number | null {
  const set = steps.reduce<number | null>((sum, step) => (sum === null || step === null ? null : sum + step), 0);
  return set === null ? null : Number(to - from) / 1e9 - set;
}

/** Whether a packet of a segment that line `n` opened may be one of the piece's. */
export function concerns({ first, last }: Piece, n: number): boolean {
  return n >= first && n < last;
}
