// How often a device comes back to a destination, as rows of a comparison: each period is a row, and what is counted of it are the bursts
// that came one period after the one before. A device may keep several in turn. Called by compare-samples.ts. Pure.

import type { Entry, RowQuestion, RowSide } from './judge-row.ts';

/** What one device and one destination said: entries ascending; `joints`: covered seconds at which time was put end to end. */
export interface StreamSide extends RowSide {
  readonly joints: readonly number[];
}

export interface Stream {
  /** Destination; with its device where several were selected. */
  readonly name: string;
  readonly a: StreamSide;
  readonly b: StreamSide;
}

interface Beat {
  /** Seconds since the burst before it began. */
  readonly interval: number;
  readonly entry: Entry;
}

interface Period {
  readonly seconds: number;
  readonly intervals: number;
}

/** What comes sooner belongs to the burst before it, as everywhere (analysis/packet/rhythm.ts). */
const BURST_SECONDS = 2;
const LEAST_SECONDS = 10;
/** An interval keeps to a period that is so near: this part of it, or a second. */
const NEAR_SHARE = 0.05;
const NEAR_SECONDS = 1;
/** A period has so many intervals, and such a part of all. Calls at random have at most 8 % in any window of that width, on average. */
const LEAST_INTERVALS = 8;
const LEAST_SHARE = 0.3;
/** One more would have less than LEAST_SHARE. */
const MAX_PERIODS = 3;
/** How often: that bursts of it have other sizes is said by the row of the destination. */
const TIMES = [0];

/** Rows of the periods of each stream. @param step in seconds, in which entries are counted */
export function periodQuestions(streams: readonly Stream[], step: number): RowQuestion[] {
  return streams.flatMap(({ name, a, b }) => {
    const [before, after] = [beatsOf(a, step), beatsOf(b, step)];
    const periods = distinct([...periodsIn(before, step), ...periodsIn(after, step)], step);
    return periods.map(
      (period): RowQuestion => ({
        list: 'period',
        name: `${name}, every ${periodText(period.seconds)}`,
        a: { entries: keeping(before, period, periods, step), first: a.first },
        b: { entries: keeping(after, period, periods, step), first: b.first },
        measures: TIMES,
      }),
    );
  });
}

/** Bursts, but for those before which nobody watched: they end no interval that anybody knows. */
function beatsOf({ entries, joints }: StreamSide, step: number): Beat[] {
  const bursts = burstsOf(entries, Math.max(BURST_SECONDS, 2 * step));
  let joint = 0;
  return bursts.slice(1).flatMap((entry, i): Beat[] => {
    const begin = bursts[i]![0];
    while (joint < joints.length && joints[joint]! <= begin) joint++;
    const isParted = joint < joints.length && joints[joint]! < entry[0] + step;
    return isParted ? [] : [{ interval: entry[0] - begin, entry }];
  });
}

/** Entries with less than `pause` seconds between them are one, and count once. */
function burstsOf(entries: readonly Entry[], pause: number): Entry[] {
  const bursts: Entry[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const [at, , ...counts] of entries) {
    const burst = at - last < pause ? bursts.pop() : undefined;
    const [begin, , packets, up, down] = burst ?? [at, 1, 0, 0, 0];
    bursts.push([begin, 1, packets + counts[0], up + counts[1], down + counts[2]]);
    last = at;
  }
  return bursts;
}

/** The intervals around which most lie, again and again among those that are left. */
function periodsIn(beats: readonly Beat[], step: number): Period[] {
  let left = beats.map(({ interval }) => interval).sort((x, y) => x - y);
  const least = Math.max(LEAST_INTERVALS, LEAST_SHARE * left.length);
  const shortest = Math.max(LEAST_SECONDS, 4 * step);
  const periods: Period[] = [];
  while (periods.length < MAX_PERIODS) {
    const [from, to] = densest(left, shortest, step);
    if (to - from < least) return periods;
    const near = left.slice(from, to);
    periods.push({ seconds: near.reduce((sum, value) => sum + value, 0) / near.length, intervals: near.length });
    left = left.toSpliced(from, to - from);
  }
  return periods;
}

/** Between which indices the most intervals are near one of them; the shortest of equal ones. */
function densest(sorted: readonly number[], shortest: number, step: number): readonly [from: number, to: number] {
  let best: readonly [number, number] = [0, 0];
  let [from, to] = [0, 0];
  for (const centre of sorted) {
    if (centre < shortest) continue;
    const near = nearness(centre, step);
    while (sorted[from]! < centre - near) from++;
    while (to < sorted.length && sorted[to]! <= centre + near) to++;
    if (to - from > best[1] - best[0]) best = [from, to];
  }
  return best;
}

function nearness(seconds: number, step: number): number {
  return Math.max(NEAR_SECONDS, step, NEAR_SHARE * seconds);
}

/** What both sides keep is one period, that of the side which kept it more often. */
function distinct(periods: readonly Period[], step: number): Period[] {
  const kept: Period[] = [];
  for (const one of periods.toSorted((x, y) => y.intervals - x.intervals || x.seconds - y.seconds))
    if (kept.every(({ seconds }) => Math.abs(seconds - one.seconds) > nearness(seconds, step))) kept.push(one);
  return kept;
}

/** Beats of the period to which their interval is nearest. */
function keeping(beats: readonly Beat[], period: Period, periods: readonly Period[], step: number): Entry[] {
  return beats
    .filter(({ interval }) => {
      const off = ({ seconds }: Period) => Math.abs(seconds - interval);
      return off(period) <= nearness(period.seconds, step) && periods.every((other) => off(other) >= off(period));
    })
    .map(({ entry }) => entry);
}

/** Two periods of a stream differ by more than is rounded. */
function periodText(seconds: number): string {
  if (seconds < 600) return `${Number(seconds.toFixed(1))} s`;
  return seconds < 7200 ? `${Number((seconds / 60).toFixed(1))} min` : `${Number((seconds / 3600).toFixed(2))} h`;
}
