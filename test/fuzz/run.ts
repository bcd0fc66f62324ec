// Feeds broken frames to the whole analysis and measures each: no throw, no frame above the time limit, no growing memory.
// `node dist/test/fuzz/run.js [minutes] [seed]`; the test beside it runs a short version.

import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { toError } from '../../appliance/model/errors.ts';
import { generator } from '../analysis/packets.ts';
import { type SeedFrame, seedFrames } from './corpus-frames.ts';
import { mutate } from './mutate.ts';

export interface FuzzResult {
  frames: number;
  /** Hexadecimal frame and what happened. */
  readonly failures: string[];
  slowest: number;
  slowestFrame: string;
}

/** A device's hour has about so many frames; then a new analyzer takes over the carry, as between segments. */
const SEGMENT = 50_000;

/** Ends after `frames` frames or `milliseconds`. */
export function fuzz(seeds: readonly SeedFrame[], seed: number, frames: number, milliseconds: number): FuzzResult {
  const random = generator(seed);
  const result: FuzzResult = { frames: 0, failures: [], slowest: 0, slowestFrame: '' };
  const end = performance.now() + milliseconds;
  let analyzer = new Analyzer({ owner: null, infra: [] });
  while (result.frames < frames && result.failures.length < 5 && performance.now() < end) {
    const start = seeds[random() % seeds.length]!;
    one(analyzer, mutate(start.bytes, random), start.linkType, result);
    if (result.frames % SEGMENT === 0) {
      const { carry } = analyzer.end();
      analyzer = new Analyzer({ owner: null, infra: [] }, JSON.parse(JSON.stringify(carry)));
    }
  }
  return result;
}

function one(analyzer: Analyzer, bytes: Uint8Array, linkType: number, result: FuzzResult): void {
  const time = 1_795_000_000 + (result.frames >> 6);
  const from = performance.now();
  try {
    analyzer.frame(bytes, 0, bytes.length, time, result.frames & 63, bytes.length, linkType);
  } catch (thrown) {
    result.failures.push(`${toError(thrown).stack} of link ${linkType}: ${Buffer.from(bytes).toString('hex')}`);
  }
  result.frames++;
  const took = performance.now() - from;
  if (took > result.slowest) noteSlow(bytes, linkType, took, result);
}

/** A collection of garbage or another program may have had the processor: the frame itself is what is slow again. */
function noteSlow(bytes: Uint8Array, linkType: number, took: number, result: FuzzResult): void {
  let least = took;
  for (let i = 0; i < 5; i++) {
    const analyzer = new Analyzer({ owner: null, infra: [] });
    const from = performance.now();
    analyzer.frame(bytes, 0, bytes.length, 1, 0, bytes.length, linkType);
    least = Math.min(least, performance.now() - from);
  }
  if (least <= result.slowest) return;
  result.slowest = least;
  result.slowestFrame = Buffer.from(bytes).toString('hex');
}

export const ALL_FOLDERS = ['malformed', 'proto', 'format', 'iot-setup', 'iot-ap', 'iot-misc', 'iot-lifecycle'];

if (process.argv[1] === import.meta.filename) {
  const [, , minutes = '1', seed = '1'] = process.argv;
  const result = fuzz(seedFrames(ALL_FOLDERS, 200), Number(seed), Number.POSITIVE_INFINITY, Number(minutes) * 60_000);
  const memory = Math.round(process.memoryUsage().rss / 1_048_576);
  process.stdout.write(`${result.frames} frames, slowest ${result.slowest.toFixed(2)} ms, ${memory} MB\n`);
  for (const failure of result.failures) process.stdout.write(`${failure}\n`);
  process.exitCode = result.failures.length > 0 ? 1 : 0;
}
