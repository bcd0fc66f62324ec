// What the rules of verdict.ts look at, worked out from a conversation's stored counts when a rule asks and kept. Most
// conversations are decided by their grammar, and no histogram of theirs is ever looked at.

import { EVIDENCE } from '../packet/payload/payload-scan.ts';
import {
  type ConversationStats,
  type DirectionStats,
  mergeWindows,
  type WindowStats,
} from '../summary/conversation-stats.ts';
import {
  chiSquareZ,
  entropy,
  type Histogram,
  histogramOf,
  printableShare,
  type TrimmedDeviation,
  trimmedDeviation,
} from '../summary/histogram-statistics.ts';

export class Case {
  readonly stats: ConversationStats;
  /** Payload bytes of both directions. */
  readonly n: number;
  /** Directions with payload, larger first. */
  readonly sides: readonly Side[];
  /** Listeners' marks by their first word: `clear` → [`http`]. */
  readonly marks: ReadonlyMap<string, readonly string[]>;
  #pooled: Side | undefined;

  constructor(stats: ConversationStats) {
    this.stats = stats;
    this.n = stats.ab.payload + stats.ba.payload;
    this.sides = [stats.ab, stats.ba]
      .filter((direction) => direction.payload > 0)
      .map((direction) => new Side(direction))
      .sort((x, y) => y.n - x.n);
    this.marks = groupMarks(stats.marks);
  }

  /** Both directions together. */
  get pooled(): Side {
    const [one, other] = this.sides;
    this.#pooled ??= one === undefined || other === undefined ? (one ?? new Side(this.stats.ab)) : pool(one, other);
    return this.#pooled;
  }

  get windows(): WindowStats {
    return mergeWindows(this.stats.ab.windows, this.stats.ba.windows);
  }

  /** Sum of an evidence counter over both directions. */
  count(name: keyof typeof EVIDENCE): number {
    const at = EVIDENCE[name];
    return (this.stats.ab.evidence[at] ?? 0) + (this.stats.ba.evidence[at] ?? 0);
  }
}

type SideSource = Pick<DirectionStats, 'payload' | 'head' | 'evidence' | 'histogram'>;

/** One direction, or both together. */
export class Side {
  readonly n: number;
  readonly head: Uint8Array;
  readonly evidence: ArrayLike<number>;
  readonly #stored: Histogram | null;
  #histogram: Histogram | undefined;
  #shape: Shape | undefined;

  constructor(source: SideSource) {
    this.n = source.payload;
    this.head = source.head;
    this.evidence = source.evidence;
    this.#stored = source.histogram;
  }

  get histogram(): Histogram {
    this.#histogram ??= this.#stored ?? histogramOf(this.head);
    return this.#histogram;
  }

  get entropy(): number {
    return entropy(this.histogram, this.n) ?? 0;
  }

  get printable(): number {
    return printableShare(this.histogram, this.n) ?? 0;
  }

  get shape(): Shape {
    this.#shape ??= shapeOf(this.n, this.histogram);
    return this.#shape;
  }
}

function pool(one: Side, other: Side): Side {
  const histogram = new Float64Array(256);
  for (let i = 0; i < 256; i++) histogram[i] = (one.histogram[i] ?? 0) + (other.histogram[i] ?? 0);
  const evidence = Object.values(EVIDENCE).map((at) => (one.evidence[at] ?? 0) + (other.evidence[at] ?? 0));
  return new Side({ payload: one.n + other.n, head: one.head, evidence, histogram });
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

function shapeOf(n: number, histogram: Histogram): Shape {
  if (n < ENOUGH_BYTES) return 'short';
  const trimmed: TrimmedDeviation = trimmedDeviation(histogram, n);
  if (trimmed.dropped > MOSTLY_FRAMING) return 'structured';
  if (Math.abs(trimmed.z) < UNIFORM_Z || Math.abs(chiSquareZ(histogram, n)) < UNIFORM_Z) return 'uniform';
  if (trimmed.phi2 <= NEARLY_UNIFORM) return 'nearly';
  return trimmed.phi2 > STRUCTURED ? 'structured' : 'between';
}
