// Holds two selections against each other: every row is tested, then all are judged together, because one of many differences is
// always large. Rows come from rows.ts (packets) or hourly sums; who asks is cli/compare/ and the API. Pure.

import type { ComparedRow } from '../../model/experiment/comparison.ts';
import { benjaminiHochberg, holm } from './adjust.ts';
import { judgeRow, type RowQuestion, type TestedRow, testRow, type Watched } from './judge-row.ts';

export const LEVEL = 0.05;
/** One half for the comparisons named beforehand, one for the lists: together the chance of a false row is at most LEVEL. */
const HALF = LEVEL / 2;

/** Totals first, then in the order of the questions. */
export function judgeAll(questions: readonly RowQuestion[], watched: Watched, seed: string): ComparedRow[] {
  const tested = questions.map((question) => testRow(question, watched, seed));
  const named = tested.filter(({ question }) => question.list === 'total');
  const listed = tested.filter(({ question }) => question.list !== 'total');
  return [...judge(named, holm, watched, seed), ...judge(listed, benjaminiHochberg, watched, seed)];
}

/** What could not be significant whatever its labels were takes no part in the count of questions (R. E. Tarone 1990). */
function judge(
  rows: readonly TestedRow[],
  adjust: (ps: readonly number[]) => number[],
  watched: Watched,
  seed: string,
): ComparedRow[] {
  const able = rows.filter(({ test }) => test.least <= HALF);
  const adjusted = adjust(able.map(({ test }) => test.p));
  const places = new Map(able.map((row, i) => [row, adjusted[i]!]));
  return rows.map((row) => judgeRow(row, places.get(row) ?? null, HALF, watched, seed));
}
