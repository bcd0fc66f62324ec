// Trials whose outcome is known: splits of runs in which nothing changes, runs in which one thing does.

import { openTables } from '../../../appliance/analysis/document/open-tables.ts';
import { readSample } from '../../../appliance/cli/compare/read-sample.ts';
import { judgeAll } from '../../../appliance/experiment/compare/compare.ts';
import { questionsOf } from '../../../appliance/experiment/compare/compare-samples.ts';
import type { Entry, RowQuestion } from '../../../appliance/experiment/compare/judge-row.ts';
import { periodQuestions, type Stream } from '../../../appliance/experiment/compare/periods.ts';
import { seededRandom } from '../../../appliance/experiment/compare/seeded-random.ts';
import type { ComparedRow, ComparisonVerdict } from '../../../appliance/model/experiment/comparison.ts';
import { HABITS, heartbeat, makeRun, polls } from './idle-run.ts';
import { type Run, splitRun } from './split.ts';

const LEVELS = [0.01, 0.05, 0.1] as const;
/** Comparisons in which nothing differs and some row says so. */
const FAMILY = 0.05;
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

  /** What is above its level by more than three standard errors of so many trials; nothing where all is well. */
  excess(): string {
    const tooMany = (share: number, level: number) =>
      share > level + 3 * Math.sqrt((level * (1 - level)) / this.trials);
    const shares = LEVELS.filter((level) => tooMany(this.shares(level).all, level)).map((level) => `p<=${level}`);
    return [...shares, ...(tooMany(this.false / this.trials, FAMILY) ? ['false'] : [])].join(', ');
  }

  get text(): string {
    const at = LEVELS.map((level) => {
      const { all, worst, name } = this.shares(level);
      return `p<=${level}: ${all.toFixed(4)} (worst ${worst.toFixed(4)} ${name})`;
    });
    return `${this.trials} splits, false in ${this.false} (${((100 * this.false) / this.trials).toFixed(1)} %); ${at.join('; ')}`;
  }
}

/** Fresh runs, each split once at random: B is `share` of it, anywhere. @param seed another one, other runs and splits */
export function countFalse(splits: number, seconds: number, share: number, seed = ''): FalseCount {
  const count = new FalseCount();
  for (let i = 0; i < splits; i++) {
    const run = makeRun(seconds, `run ${i} ${seconds} ${share} ${seed}`);
    count.add(randomSplit(run, share, `split ${i} ${seed}`));
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
export async function countRealFalse(capture: string, splits: number, share: number, seed = ''): Promise<FalseCount> {
  const selection = { path: capture, label: capture, phase: null, tag: null, window: null, from: null, to: null };
  const sample = await readSample(selection, openTables('0').tables, { device: null, routers: [] });
  const { seconds } = sample.covered;
  const step = Math.ceil(seconds / 2000);
  const none = { entries: [], first: null };
  const rows = questionsOf(sample, sample, null, step).questions.map((row) => ({ ...row, b: none }));
  const count = new FalseCount();
  for (let i = 0; i < splits; i++)
    count.add(randomSplit({ rows, streams: [], seconds, step }, share, `real ${i} ${seed}`));
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

/** A destination of 12 sessions an hour has `factor` times as many. */
export function plantedRate(factor: number, hours: number): Planted {
  const [before, after] = [12, Number((12 * factor).toPrecision(3))];
  return {
    name: `${before} sessions an hour become ${after} (rate ratio ${factor}), ${hours} h`,
    hours,
    change: { 'api.example tls': polls(after) },
    row: 'api.example tls',
    verdict: 'changed',
  };
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
    name: 'a period of 30 s becomes 20 s, 10 h',
    hours: 10,
    change: { 'mqtt.example tls': heartbeat(20) },
    row: 'mqtt.example tls, every 20 s',
    verdict: 'added',
  },
  plantedRate(2.5, 10),
];

export function countPlanted({ hours, change, row, verdict }: Planted, trials: number, seed = ''): number {
  let found = 0;
  for (let i = 0; i < trials; i++) {
    const a = makeRun(hours * 3600, `before ${i} ${seed}`);
    const b = makeRun(hours * 3600, `after ${i} ${seed}`, { ...HABITS, ...change } as typeof HABITS);
    const questions = [...paired(a, b), ...periodQuestions(pairedStreams(a, b), 1)];
    const rows = judgeAll(questions, { a: a.seconds, b: b.seconds, step: a.step * 2 }, `planted ${i} ${seed}`);
    if (rows.some((one) => one.name === row && one.verdict === verdict)) found++;
  }
  return found;
}

const NOTHING = { entries: [], first: null };

function paired(a: Run, b: Run): RowQuestion[] {
  const keyOf = ({ list, name }: RowQuestion) => `${list} ${name}`;
  const [before, after] = [a, b].map(({ rows }) => new Map(rows.map((row) => [keyOf(row), row])));
  return [...new Map([...before!, ...after!])].map(([key, row]) => ({
    ...row,
    a: before!.get(key)?.a ?? NOTHING,
    b: after!.get(key)?.a ?? NOTHING,
  }));
}

function pairedStreams(a: Run, b: Run): Stream[] {
  const [before, after] = [a, b].map(({ streams }) => new Map(streams.map(({ name, entries }) => [name, entries])));
  const side = (entries: readonly Entry[] = []) => ({ entries, first: null, joints: [] });
  return [...new Set([...before!.keys(), ...after!.keys()])].map((name) => ({
    name,
    a: side(before!.get(name)),
    b: side(after!.get(name)),
  }));
}
