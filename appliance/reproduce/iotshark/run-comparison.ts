// IoTShark's labelled runs (microphone off or on, without or with talk) compared two by two: its slides put two graphs next to each other,
// here each difference has a size, an interval and a verdict. Pure.

import type { ComparedRow, Comparison } from '../../model/experiment/comparison.ts';
import type { ReportSection } from '../report/report.ts';
import type { Cell, ReportTable } from '../report/table.ts';

export interface ComparedRuns {
  readonly pairs: readonly Comparison[];
  /** Labels of runs beyond those that are compared. */
  readonly left: readonly string[];
}

/** What is compared of each pair beforehand; every other list is in `compared-rows`. */
const TOTALS = 'total';

export function runSection({ pairs, left }: ComparedRuns): ReportSection {
  const notes = [...new Set(pairs.flatMap((pair) => pair.notes))];
  return {
    title: 'Labelled runs compared',
    paragraphs: [
      'Rates are per hour that was watched. Verdicts, intervals and effect sizes are those of `weir diff`: permutation tests over blocks of time, adjusted for how many are asked; runs of five minutes often cannot say.',
      ...(left.length === 0 ? [] : [`Not compared, because there are more runs than are read: ${left.join(', ')}.`]),
      ...notes,
    ],
    tables: [runs(pairs), totals(pairs), others(pairs)],
    figures: [],
  };
}

function runs(pairs: readonly Comparison[]): ReportTable {
  const sides = pairs.flatMap(({ a, b }) => [a, b]);
  const once = sides.filter(({ label }, i) => sides.findIndex((side) => side.label === label) === i);
  return {
    name: 'runs',
    title: 'The runs',
    notes: ['Packets are those over TCP and UDP.'],
    head: ['run', 'from', 'to', 'hours', 'packets', 'destinations'],
    rows: once.map(({ label, from, to, hours, packets, destinations }) => [
      label,
      from,
      to,
      rounded(hours),
      packets,
      destinations,
    ]),
  };
}

function totals(pairs: readonly Comparison[]): ReportTable {
  return {
    name: 'compared-runs',
    title: 'Two by two: all together',
    notes: [
      'ratio: B divided by A, with the interval that holds the true value in 95 of 100 comparisons. Cliff’s delta: -1 to 1, how much more often a block of B has more than one of A than less.',
    ],
    head: [
      'a',
      'b',
      'what',
      'verdict',
      'a_per_hour',
      'b_per_hour',
      'ratio',
      'low',
      'high',
      'cliffs_delta',
      'p_adjusted',
    ],
    rows: pairs.flatMap((pair) =>
      pair.rows
        .filter(({ list }) => list === TOTALS)
        .map((row): Cell[] => [pair.a.label, pair.b.label, ...effect(row)]),
    ),
  };
}

function effect(row: ComparedRow): Cell[] {
  const { name, verdict, a, b, cliffs_delta, p_adjusted } = row;
  const per = (side: ComparedRow['a']): number => {
    if (name === 'sessions') return side?.sessions_per_hour ?? 0;
    if (name === 'packets') return side?.packets_per_hour ?? 0;
    if (name === 'bytes sent') return side?.bytes_up_per_hour ?? 0;
    if (name === 'bytes received') return side?.bytes_down_per_hour ?? 0;
    return (side?.bytes_up_per_hour ?? 0) + (side?.bytes_down_per_hour ?? 0);
  };
  const ratio = ratioOf(row, per);
  const numbers = [per(a), per(b), ratio.ratio, ratio.low, ratio.high, cliffs_delta, p_adjusted];
  return [name, verdict, ...numbers.map(rounded)];
}

/** The comparison has intervals of sessions and of all bytes; of the other measures the plain ratio is known. */
function ratioOf(row: ComparedRow, per: (side: ComparedRow['a']) => number) {
  if (row.name === 'sessions' && row.sessions_ratio !== null) return row.sessions_ratio;
  if (row.name === 'readable by anybody' && row.bytes_ratio !== null) return row.bytes_ratio;
  const [a, b] = [per(row.a), per(row.b)];
  return { ratio: a > 0 && b > 0 ? b / a : null, low: null, high: null };
}

function others(pairs: readonly Comparison[]): ReportTable {
  return {
    name: 'compared-rows',
    title: 'Two by two: what was added, is gone or changed',
    notes: ['Rows that are alike, or of which nobody can say, are in `weir diff --csv --all`.'],
    head: ['a', 'b', 'list', 'name', 'verdict', 'bytes_ratio', 'low', 'high', 'p_adjusted', 'why'],
    rows: pairs.flatMap((pair) =>
      pair.rows
        .filter(({ list, verdict }) => list !== TOTALS && verdict !== 'alike' && verdict !== 'cannot_say')
        .map((row): Cell[] => [
          pair.a.label,
          pair.b.label,
          row.list,
          row.name,
          row.verdict,
          ...[row.bytes_ratio?.ratio, row.bytes_ratio?.low, row.bytes_ratio?.high, row.p_adjusted].map(rounded),
          row.why,
        ]),
    ),
  };
}

/** Six digits: more would only look exact. */
function rounded(value: number | null | undefined): number | null {
  return value == null ? null : Number(value.toPrecision(6));
}
