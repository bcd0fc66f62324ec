// How often something comes: a device may keep several periods in turn, so intervals are grouped and each group is named. One
// mean of a bridge that alternates 51 s and 58 s is a period that it never keeps.

export interface Period {
  /** Seconds. */
  readonly shortest: number;
  readonly longest: number;
  readonly mean: number;
  readonly intervals: number;
}

/** Neighbours closer than this, or than a fiftieth of their length, belong to one period. */
const NEAR_SECONDS = 2.5;
const NEAR_SHARE = 0.02;
/** Fewer intervals are chance. */
const LEAST = 3;

/** Longest group first. @param starts seconds, ascending */
export function periodsOf(starts: readonly number[]): readonly Period[] {
  const intervals = starts
    .slice(1)
    .map((start, i) => start - starts[i]!)
    .toSorted((a, b) => a - b);
  const groups: number[][] = [];
  for (const interval of intervals) {
    const group = groups.at(-1);
    const near = Math.max(NEAR_SECONDS, interval * NEAR_SHARE);
    if (group !== undefined && interval - group.at(-1)! <= near) group.push(interval);
    else groups.push([interval]);
  }
  return groups
    .filter((group) => group.length >= LEAST)
    .map((group) => ({
      shortest: group[0]!,
      longest: group.at(-1)!,
      mean: group.reduce((sum, interval) => sum + interval, 0) / group.length,
      intervals: group.length,
    }))
    .toSorted((a, b) => b.intervals - a.intervals || a.mean - b.mean);
}

/** The value that comes most often, of equal ones the smallest; undefined of none. */
export function mostFrequent(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
}
