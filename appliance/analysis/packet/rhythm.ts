// How regularly devices speak: intervals between the beginnings of bursts, per device, protocol and peer. Counted while
// packets arrive, added like every other sum, and turned into periods when a document is rendered. A streaming substitute for
// BehavIoT's periods per protocol and domain (IMC 2023): instead of transforming a stored series it keeps the histogram
// of intervals, in which a period is a peak.

import { RHYTHMS, rhythmSeconds } from '../kernel/walk-kernel.ts';
import { type Table, table } from '../summary/summary.ts';

/** Packets of one peer closer together than this belong to one burst, in seconds. */
const BURST_SECONDS = 2;
/** Longer silence is no rhythm. */
const LONGEST_SECONDS = 86_400;
/** Peers of one analysis; later ones are counted as dropped. */
const MAX_RHYTHMS = 500;

interface Rhythm {
  readonly intervals: Table<number>;
  /** Of the current burst, whole seconds since 1970. */
  start: number;
  last: number;
  /** Where `last` lies while the walk over chunks writes it; 0 for here. */
  lent: number;
}

/** Start and last packet of the current burst, by key. */
export type RhythmCarry = Table<readonly [number, number]>;

export class Rhythms {
  readonly #rhythms = new Map<string, Rhythm>();
  /** By row of the flow table, so that a packet costs no look-up by text. */
  readonly #byRow: (Rhythm | null | undefined)[] = [];
  readonly #lent: Rhythm[] = [];
  dropped = 0;

  /** A row begins another conversation. */
  open(row: number): void {
    this.#byRow[row] = undefined;
  }

  /** A packet with payload from the side that opened the conversation. `key` is asked once per conversation. */
  packet(row: number, seconds: number, key: () => string): void {
    const known = this.#byRow[row];
    if (known === null) return;
    const rhythm = known ?? this.#enter(row, key(), seconds);
    if (rhythm === undefined) return;
    if (rhythm.lent > 0) rhythm.last = rhythmSeconds[rhythm.lent]!;
    const quiet = seconds - rhythm.last;
    rhythm.last = seconds;
    if (rhythm.lent > 0) rhythmSeconds[rhythm.lent] = seconds;
    if (quiet >= 0 && quiet < BURST_SECONDS) return;
    const interval = seconds - rhythm.start;
    rhythm.start = seconds;
    // A clock set back restarts it.
    if (quiet < 0 || interval > LONGEST_SECONDS) return;
    const text = String(coarse(interval));
    rhythm.intervals[text] = (rhythm.intervals[text] ?? 0) + 1;
  }

  /** A number at which the walk over chunks keeps the row's last packet; 0 where none is needed, -1 where there is none. */
  lend(row: number): number {
    const rhythm = this.#byRow[row];
    if (rhythm === null) return 0;
    if (rhythm === undefined || (rhythm.lent === 0 && this.#lent.length >= RHYTHMS - 1)) return -1;
    if (rhythm.lent === 0) {
      this.#lent.push(rhythm);
      rhythm.lent = this.#lent.length;
      rhythmSeconds[rhythm.lent] = rhythm.last;
    }
    return rhythm.lent;
  }

  /** Takes back all that were lent. */
  collect(): void {
    for (const rhythm of this.#lent) {
      rhythm.last = rhythmSeconds[rhythm.lent]!;
      rhythm.lent = 0;
    }
    this.#lent.length = 0;
  }

  #enter(row: number, key: string, seconds: number): Rhythm | undefined {
    const known = this.#rhythms.get(key);
    if (known === undefined && this.#rhythms.size >= MAX_RHYTHMS) {
      this.#byRow[row] = null;
      this.dropped++;
      return undefined;
    }
    const rhythm = known ?? { intervals: table<number>(), start: seconds, last: seconds, lent: 0 };
    this.#rhythms.set(key, rhythm);
    this.#byRow[row] = rhythm;
    return rhythm;
  }

  /** Intervals of this segment; keys without any are left out. */
  records(): Table<Table<number>> {
    const records = table<Table<number>>();
    for (const [key, { intervals }] of this.#rhythms) {
      if (Object.keys(intervals).length > 0) records[key] = Object.assign(table<number>(), intervals);
    }
    return records;
  }

  carry(): RhythmCarry {
    const carry = table<readonly [number, number]>();
    for (const [key, { start, last }] of this.#rhythms) carry[key] = [start, last];
    return carry;
  }

  resume(carry: RhythmCarry): void {
    for (const [key, [start, last]] of Object.entries(carry)) {
      this.#rhythms.set(key, { intervals: table<number>(), start, last, lent: 0 });
    }
  }
}

/** Seconds to two minutes, then steps of 5 s, 30 s and 5 min: at most some hundred different intervals. */
function coarse(seconds: number): number {
  const step = seconds <= 120 ? 1 : seconds <= 1200 ? 5 : seconds <= 7200 ? 30 : 300;
  return Math.round(seconds / step) * step;
}

export interface Period {
  readonly seconds: number;
  /** Part of all intervals that keep to it. */
  readonly share: number;
  readonly intervals: number;
}

const LEAST_PERIOD_SECONDS = 10;
const LEAST_INTERVALS = 4;
const LEAST_SHARE = 0.6;

/** The interval around which most lie, within 5 % or a second; `undefined` where fewer than 60 % do. */
export function periodOf(intervals: Table<number>): Period | undefined {
  const entries = Object.entries(intervals).map(([seconds, count]) => ({ seconds: Number(seconds), count }));
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  if (total < LEAST_INTERVALS) return undefined;
  let best = { count: 0, weighted: 0 };
  for (const { seconds } of entries.filter((entry) => entry.seconds >= LEAST_PERIOD_SECONDS)) {
    const near = entries.filter((entry) => Math.abs(entry.seconds - seconds) <= Math.max(1, seconds / 20));
    const count = near.reduce((sum, entry) => sum + entry.count, 0);
    const weighted = near.reduce((sum, entry) => sum + entry.count * entry.seconds, 0);
    if (count > best.count || (count === best.count && weighted < best.weighted)) best = { count, weighted };
  }
  if (best.count / total < LEAST_SHARE || best.count < LEAST_INTERVALS) return undefined;
  return {
    seconds: Math.round((best.weighted / best.count) * 10) / 10,
    share: Math.round((best.count / total) * 1000) / 1000,
    intervals: total,
  };
}
