// Two selections of capture files to one comparison: conversations of their documents, second by second from their samplers, become
// the rows that compare.ts judges. Pure.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { ComparedSide, Comparison, ComparisonList, ComparisonPacket } from '../../model/experiment/comparison.ts';
import { COMPARISON_LISTS } from '../../model/experiment/comparison.ts';
import { isoOf } from '../../model/time/iso-time.ts';
import { ALL_MEASURES, MEASURES } from './block-series.ts';
import { judgeAll, LEVEL } from './compare.ts';
import { CoveredTime, without } from './covered-time.ts';
import { type Entry, type RowQuestion, type RowSide, span, type Watched } from './judge-row.ts';
import { periodQuestions, type Stream, type StreamSide } from './periods.ts';
import { type Abroad, abroadOf, factsOf, keyOf, type RowKey } from './rows.ts';
import type { FirstPacket, SampledConversation, Sampler } from './sampler.ts';

export interface SampleFile {
  readonly path: string;
  /** Of a segment its number; null for any other file. */
  readonly seq: number | null;
}

/** One selection, read. */
export interface Sample {
  readonly label: string;
  readonly document: AnalysisDocument;
  readonly sampler: Sampler;
  readonly covered: CoveredTime;
  /** In the order of the sampler's numbers. */
  readonly files: readonly SampleFile[];
  readonly notes: readonly string[];
}

export interface ComparisonRequest {
  /** MAC or address to which both were restricted. */
  readonly device: string | null;
  readonly seed: string;
}

/** Rows that are judged; of more, those with the fewest packets are left out and counted. */
const MAX_ROWS = 2000;
/** Devices and destinations that are looked through for periods, those with most packets. */
const MAX_STREAMS = 500;

export function compareSamples(a: Sample, b: Sample, { device, seed }: ComparisonRequest): Comparison {
  const watched = watchedBy(a, b);
  const { questions, leftOut } = questionsOf(a, b, device, watched.step);
  const { name, version, geo } = a.document.tool;
  return {
    schema: 'weir.comparison/1',
    tool: { name, version, geo: geo === null ? null : { date: geo.date } },
    device,
    a: side(a),
    b: side(b),
    level: LEVEL,
    seed,
    rows: judgeAll(questions, watched, seed),
    left_out: { rows: leftOut, packets: a.sampler.leftOut + b.sampler.leftOut },
    notes: [...new Set([...a.notes, ...b.notes, ...sharedNote(a, b)])],
  };
}

/** Of the same captures the same time: its packets are on both sides, and differ from nothing. */
function sharedNote(a: Sample, b: Sample): string[] {
  const files = new Set(a.files.map(({ path }) => path));
  if (!b.files.some(({ path }) => files.has(path))) return [];
  const apart = new CoveredTime(without(a.covered.spans, b.covered.spans));
  const shared = a.covered.seconds - apart.seconds;
  if (shared < 1) return [];
  return [
    `A and B share ${span(shared)} of the same captures: its packets count on both sides, which hides differences. Choose spans that do not overlap.`,
  ];
}

/** What is held against each other; rows beyond the busiest are left out. @param step in seconds, in which entries are counted */
export function questionsOf(
  a: Sample,
  b: Sample,
  device: string | null,
  step: number,
): { readonly questions: RowQuestion[]; readonly leftOut: number } {
  const rows = new Rows(device);
  rows.add('a', a, abroadOf(a.document, b.document));
  rows.add('b', b, abroadOf(b.document, a.document));
  return rows.questions(a, b, step);
}

/** Steps at which the memory of traffic is measured, of both sides together. */
const MAX_STEPS = 2000;

function watchedBy({ covered: a, sampler: x }: Sample, { covered: b, sampler: y }: Sample): Watched {
  const step = Math.max(x.step, y.step, Math.ceil((a.seconds + b.seconds) / MAX_STEPS));
  return { a: a.seconds, b: b.seconds, step };
}

function side({ label, document, covered, files, sampler }: Sample): ComparedSide {
  const first = covered.spans[0]?.[0];
  const last = covered.spans.at(-1)?.[1];
  return {
    label,
    hours: covered.seconds / 3600,
    from: first === undefined ? null : isoOf(String(first)),
    to: last === undefined ? null : isoOf(String(last)),
    packets: sampler.packets,
    devices: document.devices.map(({ mac }) => mac),
    destinations: document.destinations.length,
    files: files.map(({ path }) => path),
  };
}

interface Member {
  readonly conversation: SampledConversation;
  readonly isForward: boolean;
}

interface Row {
  readonly list: ComparisonList;
  readonly name: string;
  readonly a: Member[];
  readonly b: Member[];
  packets: number;
}

class Rows {
  readonly #rows = new Map<string, Row>();
  readonly #streams = new Map<string, Row>();
  readonly #all: Row = { list: 'total', name: 'all', a: [], b: [], packets: 0 };
  readonly #clear: Row = { list: 'total', name: 'readable by anybody', a: [], b: [], packets: 0 };
  readonly #device: string | null;

  constructor(device: string | null) {
    this.#device = device;
  }

  add(which: 'a' | 'b', { document, sampler }: Sample, abroad: Abroad): void {
    for (const one of document.conversations) {
      // Files of several devices are read one after the other: whose packet came first may have been read last.
      const sameWay = sampler.find(keyOf(one));
      const conversation = sameWay ?? sampler.find(keyOf(one, true));
      if (conversation === undefined) continue;
      const { near, keys, stream } = factsOf(one, abroad, this.#device);
      const member = { conversation, isForward: (near === 'a') === (sameWay !== undefined) };
      this.#all[which].push(member);
      if (one.readable === 'without_key') this.#clear[which].push(member);
      const packets = one.pkts_ab + one.pkts_ba;
      for (const key of keys) enter(this.#rows, key, which, member, packets);
      enter(this.#streams, ['period', stream], which, member, packets);
    }
  }

  questions(a: Sample, b: Sample, step: number): { readonly questions: RowQuestion[]; readonly leftOut: number } {
    const sorted = busiest(this.#rows);
    const kept = sorted.slice(0, MAX_ROWS);
    const order = (row: Row) => COMPARISON_LISTS.indexOf(row.list);
    const listed = kept.toSorted((x, y) => order(x) - order(y)).map((row) => question(row, a, b, step));
    const questions = [...this.#named(a, b, step), ...listed, ...this.#periods(a, b)];
    return { questions, leftOut: sorted.length - kept.length };
  }

  /** As exactly as time was counted: blocks are cut from it later. */
  #periods(a: Sample, b: Sample): RowQuestion[] {
    const step = Math.max(a.sampler.step, b.sampler.step);
    const side = (members: readonly Member[], sample: Sample): StreamSide => {
      const { entries, first } = rowSide(members, sample, step);
      return { entries: entries.toSorted((x, y) => x[0] - y[0]), first, joints: sample.covered.joints };
    };
    const streams = busiest(this.#streams)
      .slice(0, MAX_STREAMS)
      .map(({ name, a: before, b: after }): Stream => ({ name, a: side(before, a), b: side(after, b) }));
    return periodQuestions(streams, step);
  }

  /** Each measure by itself, because its answer is wanted by itself. */
  #named(a: Sample, b: Sample, step: number): RowQuestion[] {
    const all = question(this.#all, a, b, step);
    const each = ALL_MEASURES.map((measure) => ({ ...all, name: WORDS[MEASURES[measure]!], measures: [measure] }));
    return [...each, question(this.#clear, a, b, step)];
  }
}

function enter(rows: Map<string, Row>, [list, name]: RowKey, which: 'a' | 'b', member: Member, packets: number): void {
  const key = `${list} ${name}`;
  const row = rows.get(key) ?? { list, name, a: [], b: [], packets: 0 };
  rows.set(key, row);
  row[which].push(member);
  row.packets += packets;
}

function busiest(rows: ReadonlyMap<string, Row>): Row[] {
  return [...rows.values()].sort((x, y) => y.packets - x.packets || (x.name < y.name ? -1 : 1));
}

const WORDS: Readonly<Record<(typeof MEASURES)[number], string>> = {
  sessions: 'sessions',
  packets: 'packets',
  bytes_up: 'bytes sent',
  bytes_down: 'bytes received',
};

function question({ list, name, a, b }: Row, before: Sample, after: Sample, step: number): RowQuestion {
  return { list, name, a: rowSide(a, before, step), b: rowSide(b, after, step) };
}

/** What all its conversations had in each step. */
function rowSide(members: readonly Member[], { sampler, covered, files }: Sample, step: number): RowSide {
  const sums = new Map<number, [number, number, number, number]>();
  let first: FirstPacket | undefined;
  for (const { conversation, isForward } of members) {
    if (first === undefined || isBefore(conversation.first, first)) first = conversation.first;
    sampler.each(conversation, (time, sessions, packets, ab, ba) => {
      const at = Math.floor(covered.at(time) / step) * step;
      const sum = sums.get(at) ?? [0, 0, 0, 0];
      sums.set(at, sum);
      sum[0] += sessions;
      sum[1] += packets;
      sum[2] += isForward ? ab : ba;
      sum[3] += isForward ? ba : ab;
    });
  }
  const entries = [...sums].map(([at, sum]): Entry => [at, ...sum]);
  return { entries, first: first === undefined ? null : packetOf(first, files) };
}

function isBefore(x: FirstPacket, y: FirstPacket): boolean {
  return x.seconds < y.seconds || (x.seconds === y.seconds && x.nanoseconds < y.nanoseconds);
}

function packetOf({ file, packet, seconds, nanoseconds }: FirstPacket, files: readonly SampleFile[]): ComparisonPacket {
  const { path = '', seq = null } = files[file] ?? {};
  return { file: path, segment: seq, packet, ts: `${seconds}.${String(nanoseconds).padStart(9, '0')}` };
}
