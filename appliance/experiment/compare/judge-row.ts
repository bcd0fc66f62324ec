// One row of a comparison: its blocks, its test, its size, its verdict once all rows are known. Called by compare.ts. Pure.

import type {
  ComparedRatio,
  ComparedRow,
  ComparedTraffic,
  ComparisonList,
  ComparisonVerdict,
} from '../../model/experiment/comparison.ts';
import { ALL_MEASURES, type BlockSums, type Blocks, MEASURES } from './block-series.ts';
import { cliffsDelta, rateRatioInterval, secondsToMiss, unseenAtMost } from './effect.ts';
import { longestMemory } from './memory.ts';
import { permutationTest, type TestResult } from './permutation-test.ts';
import { seededRandom } from './seeded-random.ts';

/** At covered second `at`: what was counted in the step that begins there. */
export type Entry = readonly [at: number, ...counts: BlockSums];

/** What one side has of a row. */
export interface RowSide {
  readonly entries: readonly Entry[];
  readonly first: ComparedTraffic['first'];
}

/** How long both sides were watched, and the step in which their entries are counted, in seconds. */
export interface Watched {
  readonly a: number;
  readonly b: number;
  readonly step: number;
}

export interface RowQuestion {
  readonly list: ComparisonList;
  readonly name: string;
  readonly a: RowSide;
  readonly b: RowSide;
  /** Indices into MEASURES; all of them where nothing is said. */
  readonly measures?: readonly number[];
}

/** A row before it is known how many others there are. */
export interface TestedRow {
  readonly question: RowQuestion;
  readonly blockSeconds: number;
  readonly a: Blocks;
  readonly b: Blocks;
  readonly test: TestResult;
}

/** A block is so many times as long as the traffic remembers itself. */
const MEMORIES = 6;
/** Blocks of both sides together. */
const MAX_BLOCKS = 600;

export function testRow(question: RowQuestion, watched: Watched, seed: string): TestedRow {
  const blockSeconds = blockLength(question, watched);
  const a = cut(question.a.entries, watched.a, blockSeconds);
  const b = cut(question.b.entries, watched.b, blockSeconds);
  const random = seededRandom(`${seed} ${question.list} ${question.name}`);
  const measures = question.measures ?? ALL_MEASURES;
  return { question, blockSeconds, a, b, test: permutationTest(a, b, measures, random) };
}

/** Of whole steps. By the measure that remembers longest. */
function blockLength({ a, b, measures = ALL_MEASURES }: RowQuestion, watched: Watched): number {
  const { step } = watched;
  const memory = Math.max(
    ...measures.map((measure) =>
      longestMemory([series(a.entries, watched.a, step, measure), series(b.entries, watched.b, step, measure)]),
    ),
  );
  // Below one step there is nothing to keep together.
  const steps = memory <= 1 ? 1 : Math.ceil(MEMORIES * memory);
  return step * Math.max(steps, Math.ceil((watched.a + watched.b) / MAX_BLOCKS / step));
}

function series(entries: readonly Entry[], seconds: number, step: number, measure: number): Float64Array {
  const values = new Float64Array(Math.floor(seconds / step));
  for (const entry of entries) {
    const at = Math.floor(entry[0] / step);
    if (at < values.length) values[at]! += entry[measure + 1]!;
  }
  return values;
}

/** What is left over at the end, shorter than a block, takes no part in the test. */
function cut(entries: readonly Entry[], seconds: number, length: number): Blocks {
  const count = Math.floor(seconds / length);
  const sums = new Map<number, [number, number, number, number]>();
  for (const [at, ...counts] of entries) {
    const block = Math.floor(at / length);
    if (block >= count) continue;
    const sum = sums.get(block) ?? [0, 0, 0, 0];
    for (let i = 0; i < sum.length; i++) sum[i]! += counts[i]!;
    sums.set(block, sum);
  }
  return { count, active: [...sums.keys()].sort((x, y) => x - y).map((block) => sums.get(block)!) };
}

/** @param level against which `adjusted` is held; `adjusted` null if the row could never be significant */
export function judgeRow(
  tested: TestedRow,
  adjusted: number | null,
  level: number,
  watched: Watched,
  seed: string,
): ComparedRow {
  const { question, test, a: before, b: after, blockSeconds } = tested;
  const a = traffic(question.a, before, watched.a);
  const b = traffic(question.b, after, watched.b);
  const random = seededRandom(`${seed} size ${question.list} ${question.name}`);
  const ratioOf = (measures: readonly number[]) =>
    ratio(a, b, joinMeasures(before, measures), joinMeasures(after, measures), measures, random);
  const sessions = ratioOf([SESSIONS]);
  const bytes = ratioOf(BYTES);
  const measure = (question.measures ?? ALL_MEASURES)[test.measure] ?? 0;
  const verdict = verdictOf(a, b, adjusted !== null && adjusted <= level, sessions, bytes);
  return {
    list: question.list,
    name: question.name,
    verdict,
    why: reason(verdict, tested, { a, b, level, watched, measure }),
    a,
    b,
    p: test.p,
    p_adjusted: adjusted,
    method: test.method,
    measure: MEASURES[measure] ?? null,
    block_seconds: blockSeconds,
    blocks: { a: before.count, b: after.count },
    sessions_ratio: sessions,
    bytes_ratio: bytes,
    cliffs_delta: cliffsDelta(before, after, measure),
  };
}

const SESSIONS = 0;
const BYTES = [2, 3] as const;

function traffic({ entries, first }: RowSide, blocks: Blocks, seconds: number): ComparedTraffic | null {
  if (entries.length === 0) return null;
  const sum = (i: number) => entries.reduce((total, entry) => total + entry[i + 1]!, 0);
  const [sessions, packets, up, down] = [sum(0), sum(1), sum(2), sum(3)];
  const perHour = (count: number) => (seconds > 0 ? (count * 3600) / seconds : 0);
  return {
    sessions,
    packets,
    bytes_up: up,
    bytes_down: down,
    sessions_per_hour: perHour(sessions),
    packets_per_hour: perHour(packets),
    bytes_up_per_hour: perHour(up),
    bytes_down_per_hour: perHour(down),
    active_blocks: blocks.active.length,
    first,
  };
}

/** Several measures as one, in the first place. */
function joinMeasures({ count, active }: Blocks, measures: readonly number[]): Blocks {
  return { count, active: active.map((block) => [measures.reduce((sum, i) => sum + block[i]!, 0), 0, 0, 0]) };
}

const RATES = ['sessions_per_hour', 'packets_per_hour', 'bytes_up_per_hour', 'bytes_down_per_hour'] as const;

function ratio(
  a: ComparedTraffic | null,
  b: ComparedTraffic | null,
  before: Blocks,
  after: Blocks,
  measures: readonly number[],
  random: () => number,
): ComparedRatio | null {
  if (a === null || b === null) return null;
  const rate = (side: ComparedTraffic) => measures.reduce((sum, i) => sum + side[RATES[i]!], 0);
  if (rate(a) === 0) return null;
  const interval = rateRatioInterval(before, after, 0, random);
  return { ratio: rate(b) / rate(a), low: interval?.[0] ?? null, high: interval?.[1] ?? null };
}

function verdictOf(
  a: ComparedTraffic | null,
  b: ComparedTraffic | null,
  differs: boolean,
  sessions: ComparedRatio | null,
  bytes: ComparedRatio | null,
): ComparisonVerdict {
  if (differs) return a === null ? 'added' : b === null ? 'gone' : 'changed';
  // Of one long connection no session begins: then the bytes decide.
  const hasSessions = sessions !== null && sessions.low !== null;
  return isNear(bytes) && (!hasSessions || isNear(sessions)) ? 'alike' : 'cannot_say';
}

/** The whole interval within a factor of two. */
function isNear(ratio: ComparedRatio | null): boolean {
  return ratio !== null && ratio.low !== null && ratio.high !== null && ratio.low >= 0.5 && ratio.high <= 2;
}

interface Reasoned {
  readonly a: ComparedTraffic | null;
  readonly b: ComparedTraffic | null;
  readonly level: number;
  readonly watched: Watched;
  readonly measure: number;
}

function reason(verdict: ComparisonVerdict, tested: TestedRow, { a, b, level, watched, measure }: Reasoned): string {
  const { test, blockSeconds } = tested;
  const blocks = `blocks of ${span(blockSeconds)}: ${tested.a.count} in A, ${tested.b.count} in B`;
  switch (verdict) {
    case 'added':
      return `never in ${span(watched.a)} of A, p ${chance(test.p)}`;
    case 'gone':
      return `never in ${span(watched.b)} of B, p ${chance(test.p)}`;
    case 'changed':
      return tested.question.list === 'period'
        ? `kept ${(b?.sessions_per_hour ?? 0) > (a?.sessions_per_hour ?? 0) ? 'more' : 'less'} often, p ${chance(test.p)}`
        : `${(MEASURES[measure] ?? '').replace('_', ' ')} per hour differ most, p ${chance(test.p)}`;
    case 'alike':
      return 'the rates differ by less than a factor of two';
    case 'cannot_say':
      if (tested.a.count === 0 || tested.b.count === 0)
        return `${tested.a.count === 0 ? 'A' : 'B'} is shorter than one block of ${span(blockSeconds)}`;
      if (a === null) return `${unseen('A', watched.a)}; ${needed(tested.b, watched.b, level)}`;
      if (b === null) return `${unseen('B', watched.b)}; ${needed(tested.a, watched.a, level)}`;
      return test.least > level
        ? `too few blocks to tell (${blocks})`
        : `may be chance, p ${chance(test.p)} (${blocks})`;
  }
}

function unseen(side: string, seconds: number): string {
  const most = unseenAtMost(seconds);
  return most === null
    ? `${side} watched no time`
    : `not in ${span(seconds)} of ${side}, which misses up to ${Number(most.toPrecision(2)).toLocaleString('en-GB')} an hour`;
}

function needed({ active }: Blocks, seconds: number, level: number): string {
  const missing = secondsToMiss(active.length, seconds, level);
  return missing === null ? 'seen once, at the end' : `its absence would tell something after ${span(missing)}`;
}

export function chance(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toPrecision(2);
}

/** Seconds for people: `7.3 s`, `15 min`, `3.0 h`, `7.0 d`. */
export function span(seconds: number): string {
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}
