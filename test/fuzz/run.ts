// Feeds broken frames to the whole analysis and measures each: no throw, no frame above the time limit, no growing memory.
// Planted secrets are looked for, the clock jumps now and then, and of each segment a document is made.
// Time is the processor time of this process, so that other programs on the machine cost a frame nothing.
// `node dist/test/fuzz/run.js [minutes] [seed] [frames]`; the test next to it runs a short version.

import { Analyzer, type AnalyzerContext } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { Vault } from '../../appliance/analysis/secrets/vault.ts';
import type { Carry } from '../../appliance/analysis/summary/carry.ts';
import { toError } from '../../appliance/model/errors.ts';
import { generator } from '../analysis/packets.ts';
import { type SeedFrame, seedFrames } from './corpus-frames.ts';
import { mutate } from './mutate.ts';

export interface FuzzResult {
  frames: number;
  /** Hexadecimal frame and what happened. */
  readonly failures: string[];
  /** Milliseconds of the frame that stays slow when it is repeated, and the frame in hexadecimal. */
  slowest: number;
  slowestFrame: string;
  /** Milliseconds at first sight, with whatever collection of garbage or compilation fell into it. */
  slowestAtFirst: number;
  /** Resident megabytes after each tenth segment. */
  readonly memory: number[];
}

/** A device's hour has about so many frames; then a new analyzer takes over the carry, as between segments. */
const SEGMENT = 50_000;

/** No frame may take longer; one that does is printed whole. */
const SLOW_MS = 5;

const CONTEXT: AnalyzerContext = {
  owner: null,
  infra: [],
  vault: new Vault([{ name: 'word', value: 'password' }]),
};
const { tables } = openTables('fuzz');

/** Frames lie among a megabyte of others, as in the reader's memory: what looks behind its end has that much to look at. */
const memory = new Uint8Array(1_048_576).fill(97);
const OFFSET = 4096;

function feed(analyzer: Analyzer, bytes: Uint8Array, linkType: number, seconds: number, nanoseconds: number): void {
  memory.set(bytes, OFFSET);
  analyzer.frame(memory, OFFSET, OFFSET + bytes.length, seconds, nanoseconds, bytes.length, linkType);
}

/** Ends after `frames` frames or `milliseconds`. */
export function fuzz(seeds: readonly SeedFrame[], seed: number, frames: number, milliseconds: number): FuzzResult {
  const random = generator(seed);
  const result: FuzzResult = { frames: 0, failures: [], slowest: 0, slowestFrame: '', slowestAtFirst: 0, memory: [] };
  const end = performance.now() + milliseconds;
  let analyzer = new Analyzer(CONTEXT);
  let time = 1_795_000_000;
  while (result.frames < frames && result.failures.length < 5 && performance.now() < end) {
    const start = seeds[random() % seeds.length]!;
    time = nextTime(time, random);
    one(analyzer, mutate(start.bytes, random), start.linkType, time, result);
    if (result.frames % SEGMENT === 0) {
      analyzer = new Analyzer(CONTEXT, closeSegment(analyzer, result));
      if (result.frames % (10 * SEGMENT) === 0) result.memory.push(residentMegabytes());
    }
  }
  closeSegment(analyzer, result);
  return result;
}

/** Some 64 frames a second; of a thousand one after hours, of ten thousand one at any time that a file can name. */
function nextTime(time: number, random: () => number): number {
  const draw = random() % 10_000;
  if (draw === 0) return random();
  if (draw < 10) return time + (random() % 20_000);
  return draw < 160 ? time + 1 : time;
}

/** The carry for the next segment, through text as in the appliance. */
function closeSegment(analyzer: Analyzer, result: FuzzResult): Carry {
  const { summary, carry } = analyzer.end();
  const source = { path: 'fuzz', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  try {
    renderDocument(summary, tables, source);
  } catch (thrown) {
    result.failures.push(`${toError(thrown).stack} in the document after ${result.frames} frames`);
  }
  return JSON.parse(JSON.stringify(carry)) as Carry;
}

function one(analyzer: Analyzer, bytes: Uint8Array, linkType: number, time: number, result: FuzzResult): void {
  const from = process.cpuUsage();
  try {
    feed(analyzer, bytes, linkType, time, result.frames & 63);
  } catch (thrown) {
    result.failures.push(`${toError(thrown).stack} of link ${linkType}: ${Buffer.from(bytes).toString('hex')}`);
  }
  result.frames++;
  const took = millisecondsSince(from);
  result.slowestAtFirst = Math.max(result.slowestAtFirst, took);
  if (took > result.slowest) noteSlow(bytes, linkType, took, result);
}

function millisecondsSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

/** A collection of garbage may have had the processor: the frame itself is what is slow again. */
function noteSlow(bytes: Uint8Array, linkType: number, took: number, result: FuzzResult): void {
  let least = took;
  for (let i = 0; i < 5; i++) {
    const analyzer = new Analyzer(CONTEXT);
    const from = process.cpuUsage();
    feed(analyzer, bytes, linkType, 1, 0);
    least = Math.min(least, millisecondsSince(from));
  }
  if (least <= result.slowest) return;
  result.slowest = least;
  result.slowestFrame = Buffer.from(bytes).toString('hex');
}

export const ALL_FOLDERS = ['malformed', 'proto', 'format', 'iot-setup', 'iot-ap', 'iot-misc', 'iot-lifecycle'];

function residentMegabytes(): number {
  return Math.round(process.memoryUsage().rss / 1_048_576);
}

if (process.argv[1] === import.meta.filename) {
  const [, , minutes = '1', seed = '1', frames = 'Infinity'] = process.argv;
  const seeds = seedFrames(ALL_FOLDERS, 200);
  const result = fuzz(seeds, Number(seed), Number(frames), Number(minutes) * 60_000);
  process.stdout.write(
    `${result.frames} frames of ${seeds.length} seeds, ${result.failures.length} throws; slowest ${result.slowest.toFixed(2)} ms ` +
      `of processor time (${result.slowestAtFirst.toFixed(2)} ms at first sight); MB resident: ${result.memory.join(' ')}\n`,
  );
  if (result.slowest > SLOW_MS) process.stdout.write(`slowest frame: ${result.slowestFrame}\n`);
  for (const failure of result.failures) process.stdout.write(`${failure}\n`);
  process.exitCode = result.failures.length > 0 ? 1 : 0;
}
