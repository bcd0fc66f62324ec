// Trials whose outcome is known: splits of runs in which nothing changes, runs in which one thing does.

import { openTables } from '../../../appliance/analysis/document/open-tables.ts';
import { readSample } from '../../../appliance/cli/compare/read-sample.ts';
import { judgeAll } from '../../../appliance/experiment/compare/compare.ts';
import { questionsOf } from '../../../appliance/experiment/compare/compare-samples.ts';
import { seededRandom } from '../../../appliance/experiment/compare/seeded-random.ts';
import type { ComparedRow, ComparisonVerdict } from '../../../appliance/model/experiment/comparison.ts';
import { HABITS, heartbeat, makeRun, polls } from './idle-run.ts';
import { type Run, splitRun } from './split.ts';

const LEVELS = [0.01, 0.05, 0.1] as const;
const FOUND: ReadonlySet<ComparisonVerdict> = new Set(['added', 'gone', 'changed']);

export class FalseCount {
  trials = 0;
  /** Trials in which some row was found. */
  false = 0;
  /** Rows that were tested, and those with p at most each level; worst: the row that is found most often at each level. */
  readonly #rows = new Map<string, { trials: number; at: number[] }>();

  add(rows: readonly ComparedRow[]): void {
    this.trials++;
    if (rows.some(({ verdict }) => FOUND.has(verdict))) this.false++;
    for (const { list, name, p } of rows) {
      const key = `${list} ${name}`;
      const row = this.#rows.get(key) ?? { trials: 0, at: LEVELS.map(() => 0) };
      this.#rows.set(key, row);
      row.trials++;
      for (const [i, level] of LEVELS.entries()) if (p !== null && p <= level) row.at[i]!++;
    }
  }

  /** Share of p at most `level`, over all rows and in the worst one that was tested in every trial. */
  shares(level: (typeof LEVELS)[number]): { readonly all: number; readonly worst: number; readonly name: string } {
    const i = LEVELS.indexOf(level);
    const rows = [...this.#rows];
    const sum = rows.reduce((total, [, { at }]) => total + at[i]!, 0);
    const trials = rows.reduce((total, [, row]) => total + row.trials, 0);
    const [name, worst] = rows.reduce<[string, number]>(
      (most, [key, { at }]) => (at[i]! / this.trials > most[1] ? [key, at[i]! / this.trials] : most),
      ['', 0],
    );
    return { all: sum / trials, worst, name };
  }

  get text(): string {
    const at = LEVELS.map((level) => {
      const { all, worst, name } = this.shares(level);
      return `p<=${level}: ${all.toFixed(4)} (worst ${worst.toFixed(4)} ${name})`;
    });
    return `${this.trials} splits, false in ${this.false} (${((100 * this.false) / this.trials).toFixed(1)} %); ${at.join('; ')}`;
  }
}

/** Fresh runs, each split once at random: B is `share` of it, anywhere. */
export function countFalse(splits: number, seconds: number, share: number): FalseCount {
  const count = new FalseCount();
  for (let i = 0; i < splits; i++) {
    const run = makeRun(seconds, `run ${i} ${seconds} ${share}`);
    count.add(randomSplit(run, share, `split ${i}`));
  }
  return count;
}

function randomSplit(run: Run, share: number, seed: string): ComparedRow[] {
  const length = run.seconds * share;
  const from = seededRandom(seed)() * (run.seconds - length);
  const start = Math.round(from / run.step) * run.step;
  return splitRun(run, start, start + Math.round(length / run.step) * run.step, seed);
}

/** One recorded run, split anywhere. */
export async function countRealFalse(capture: string, splits: number, share: number): Promise<FalseCount> {
  const selection = { path: capture, label: capture, phase: null, tag: null, window: null, from: null, to: null };
  const sample = await readSample(selection, openTables('0').tables, { device: null, routers: [] });
  const { seconds } = sample.covered;
  const step = Math.ceil(seconds / 2000);
  const none = { entries: [], first: null };
  const rows = questionsOf(sample, sample, null, step).questions.map((row) => ({ ...row, b: none }));
  const count = new FalseCount();
  for (let i = 0; i < splits; i++) count.add(randomSplit({ rows, seconds, step }, share, `real ${i}`));
  return count;
}

export interface Planted {
  readonly name: string;
  readonly hours: number;
  /** What B has instead of, or in addition to, the habits of A. */
  readonly change: Partial<typeof HABITS>;
  readonly row: string;
  readonly verdict: ComparisonVerdict;
}

/** A and B of `hours` each. */
export const PLANTED: readonly Planted[] = [
  {
    name: 'a new destination, 4 sessions an hour, 10 h',
    hours: 10,
    change: { 'new.example tls': polls(4) },
    row: 'new.example tls',
    verdict: 'added',
  },
  {
    name: 'a new port, 4 sessions an hour, 10 h',
    hours: 10,
    change: { 'new.example 8009': polls(4) },
    row: '8009',
    verdict: 'added',
  },
  {
    name: 'another TLS client at 4 sessions an hour, 10 h',
    hours: 10,
    change: { 'log.example tls': () => [], 'log.example tls13': polls(4) },
    row: 'tls13',
    verdict: 'added',
  },
  {
    name: 'a destination of 4 sessions an hour is gone, 10 h',
    hours: 10,
    change: { 'log.example tls': () => [] },
    row: 'log.example tls',
    verdict: 'gone',
  },
  {
    name: 'heartbeat of 30 s becomes 20 s, 10 h',
    hours: 10,
    change: { 'mqtt.example tls': heartbeat(20) },
    row: 'mqtt.example tls',
    verdict: 'changed',
  },
  {
    name: '12 sessions an hour become 30, 10 h',
    hours: 10,
    change: { 'api.example tls': polls(30) },
    row: 'api.example tls',
    verdict: 'changed',
  },
];

export function countPlanted({ hours, change, row, verdict }: Planted, trials: number): number {
  let found = 0;
  for (let i = 0; i < trials; i++) {
    const a = makeRun(hours * 3600, `before ${i}`);
    const b = makeRun(hours * 3600, `after ${i}`, { ...HABITS, ...change } as typeof HABITS);
    const names = new Set([...a.rows, ...b.rows].map((one) => `${one.list} ${one.name}`));
    const none = { entries: [], first: null };
    const of = (run: Run, key: string) => run.rows.find((one) => `${one.list} ${one.name}` === key);
    const questions = [...names].map((key) => {
      const any = of(a, key) ?? of(b, key)!;
      return { ...any, a: of(a, key)?.a ?? none, b: of(b, key)?.a ?? none };
    });
    const rows = judgeAll(questions, { a: a.seconds, b: b.seconds, step: a.step * 2 }, `planted ${i}`);
    if (rows.some((one) => one.name === row && one.verdict === verdict)) found++;
  }
  return found;
}
