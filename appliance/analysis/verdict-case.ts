// What the rules of verdict.ts look at, worked out once per conversation from its stored counts.

import { type ConversationStats, type DirectionStats, mergeWindows, type WindowStats } from './conversation-stats.ts';
import { EVIDENCE, EVIDENCE_SIZE } from './evidence.ts';
import {
  chiSquareZ,
  entropy,
  type Histogram,
  histogramOf,
  phi2,
  printableShare,
  type TrimmedDeviation,
  trimmedDeviation,
} from './randomness.ts';

export interface Case {
  readonly stats: ConversationStats;
  /** Directions with payload, larger first. */
  readonly sides: readonly Side[];
  /** Both together. */
  readonly pooled: Side;
  readonly windows: WindowStats;
  /** Listeners' marks by their first word: `clear` → [`http`]. */
  readonly marks: ReadonlyMap<string, readonly string[]>;
}

export interface Side {
  readonly n: number;
  readonly packets: number;
  readonly head: Uint8Array;
  readonly evidence: ArrayLike<number>;
  readonly histogram: Histogram;
  readonly entropy: number;
  readonly z: number;
  readonly phi2: number;
  readonly trimmed: TrimmedDeviation;
  readonly printable: number;
}

export function makeCase(stats: ConversationStats): Case {
  const ab = makeSide(stats.ab);
  const ba = makeSide(stats.ba);
  return {
    stats,
    sides: [ab, ba].filter((side) => side.n > 0).sort((x, y) => y.n - x.n),
    pooled: ab.n === 0 ? ba : ba.n === 0 ? ab : pool(ab, ba),
    windows: mergeWindows(stats.ab.windows, stats.ba.windows),
    marks: groupMarks(stats.marks),
  };
}

function makeSide(direction: DirectionStats): Side {
  const histogram = direction.histogram ?? histogramOf(direction.head);
  return describe(histogram, direction.payload, direction.packets, direction.head, direction.evidence);
}

/** Of the conversation being judged; a case does not outlive its verdict. */
const pooled = new Float64Array(256);

function pool(ab: Side, ba: Side): Side {
  const histogram = pooled;
  for (let i = 0; i < 256; i++) histogram[i] = (ab.histogram[i] ?? 0) + (ba.histogram[i] ?? 0);
  const evidence = Array.from({ length: EVIDENCE_SIZE }, (_, i) => (ab.evidence[i] ?? 0) + (ba.evidence[i] ?? 0));
  return describe(histogram, ab.n + ba.n, ab.packets + ba.packets, ab.head, evidence);
}

function describe(
  histogram: Histogram,
  n: number,
  packets: number,
  head: Uint8Array,
  evidence: ArrayLike<number>,
): Side {
  let trimmed: TrimmedDeviation | undefined;
  return {
    n,
    packets,
    head,
    evidence,
    histogram,
    entropy: entropy(histogram, n) ?? 0,
    z: chiSquareZ(histogram, n),
    phi2: phi2(histogram, n),
    // Sorts the histogram, and most verdicts do not ask.
    get trimmed() {
      trimmed ??= trimmedDeviation(histogram, n);
      return trimmed;
    },
    printable: printableShare(histogram, n) ?? 0,
  };
}

function groupMarks(marks: readonly string[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const mark of marks) {
    const colon = mark.indexOf(':');
    const word = colon < 0 ? mark : mark.slice(0, colon);
    const names = grouped.get(word) ?? [];
    names.push(colon < 0 ? '' : mark.slice(colon + 1));
    grouped.set(word, names);
  }
  return grouped;
}

/** Sum of an evidence counter over both directions. */
export function countOf(c: Case, name: keyof typeof EVIDENCE): number {
  return c.pooled.evidence[EVIDENCE[name]] ?? 0;
}

/** How far bytes are from uniform, in the words of the rules. `short` is below 256 bytes. */
export type Shape = 'short' | 'uniform' | 'nearly' | 'between' | 'structured';

/** Below this many bytes without grammar nothing is said (DESIGN §5). */
export const ENOUGH_BYTES = 256;
/** Deviations that uniform bytes do not reach. */
const UNIFORM_Z = 4;
/** Trimmed effect size of strong compression at most (JPEG 0.04), and of plain structure at least. */
const NEARLY_UNIFORM = 0.05;
const STRUCTURED = 0.5;
/** Share of eight byte values above which they are no framing around a body but the content itself. */
const MOSTLY_FRAMING = 0.4;

export function shapeOf(side: Side): Shape {
  if (side.n < ENOUGH_BYTES) return 'short';
  if (side.trimmed.dropped > MOSTLY_FRAMING) return 'structured';
  if (Math.abs(side.z) < UNIFORM_Z || Math.abs(side.trimmed.z) < UNIFORM_Z) return 'uniform';
  if (side.trimmed.phi2 <= NEARLY_UNIFORM) return 'nearly';
  return side.trimmed.phi2 > STRUCTURED ? 'structured' : 'between';
}
