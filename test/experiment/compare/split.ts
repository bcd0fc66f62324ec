// Splits of one run into two parts that differ by chance alone: what diff must find nothing in. Used by the tests and by main.ts.

import { judgeAll } from '../../../appliance/experiment/compare/compare.ts';
import type { Entry, RowQuestion, RowSide } from '../../../appliance/experiment/compare/judge-row.ts';
import { periodQuestions } from '../../../appliance/experiment/compare/periods.ts';
import type { ComparedRow } from '../../../appliance/model/experiment/comparison.ts';

/** Rows of one run: entries of side A only. */
export interface Run {
  readonly rows: readonly RowQuestion[];
  /** Of each destination its seconds, in which periods are looked for. */
  readonly streams: readonly { readonly name: string; readonly entries: readonly Entry[] }[];
  readonly seconds: number;
  readonly step: number;
}

/** A is [0, from) and [to, end), B is [from, to), put end to end. */
export function splitRun({ rows, streams, seconds, step }: Run, from: number, to: number, seed: string): ComparedRow[] {
  const parted = streams.map(({ name, entries }) => {
    const whole = { entries, first: null };
    return {
      name,
      a: { ...part(whole, (at) => outside(at, from, to)), joints: [from] },
      b: { ...part(whole, (at) => inside(at, from, to)), joints: [] },
    };
  });
  const questions = rows
    .map((row) => ({
      ...row,
      a: part(row.a, (at) => outside(at, from, to)),
      b: part(row.a, (at) => inside(at, from, to)),
    }))
    .filter(({ a, b }) => a.entries.length + b.entries.length > 0);
  return judgeAll(
    [...questions, ...periodQuestions(parted, 1)],
    { a: seconds - (to - from), b: to - from, step },
    seed,
  );
}

function outside(at: number, from: number, to: number): number | undefined {
  if (at < from) return at;
  return at >= to ? at - (to - from) : undefined;
}

function inside(at: number, from: number, to: number): number | undefined {
  return at >= from && at < to ? at - from : undefined;
}

function part({ entries, first }: RowSide, place: (at: number) => number | undefined): RowSide {
  const kept = entries.flatMap(([at, ...counts]): Entry[] => {
    const moved = place(at);
    return moved === undefined ? [] : [[moved, ...counts]];
  });
  return { entries: kept, first };
}
