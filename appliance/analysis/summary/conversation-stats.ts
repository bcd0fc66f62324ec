// What the flow table keeps of one conversation and what the verdict reads: integers and a few first bytes, so that
// conversations of hours, phases and devices add up exactly. Written by the analyzer, judged by verdict.ts.

import type { Proof } from '../inspect/facts.ts';
import { chiSquareZ, entropy, type Histogram, isStructured } from './histogram-statistics.ts';
import type { ConversationOutline } from './summary.ts';

/** One conversation on its way into a document, out of a summary or straight from the tables of an analysis. */
export interface Conversation {
  readonly key: string;
  readonly outline: ConversationOutline;
  /** Valid until that of the next conversation is asked for. */
  readonly payload: () => { readonly ab: PayloadFigures; readonly ba: PayloadFigures };
}

export type PayloadFigures = Pick<DirectionStats, 'head' | 'histogram' | 'evidence' | 'windows'>;

/** One direction. All counts are sums over the payload as captured (cut by the IP length, retransmissions included). */
export interface DirectionStats {
  /** Payload bytes. */
  readonly payload: number;
  /** Packets that carried payload. */
  readonly packets: number;
  /** The first payload bytes, at most HEAD_BYTES, packets joined. When merging, the earlier part's head stays. */
  readonly head: Uint8Array;
  /** 256 counts over all payload; null only while `payload <= head.length`, when the head is all there is. */
  readonly histogram: Histogram | null;
  /** EVIDENCE_SIZE counters made by `scanEvidence` (payload-scan.ts); empty where nothing was scanned. They add. */
  readonly evidence: ArrayLike<number>;
  readonly windows: WindowStats;
}

/**
 * Windows of WINDOW_BYTES or a little more, closed at a packet's end: the histogram now minus the histogram at the last
 * close. What is left at the end of a segment is no window. They merge: sums and a minimum.
 */
export interface WindowStats {
  readonly count: number;
  /** Windows within 4 deviations of uniform bytes. */
  readonly uniform: number;
  /** Windows far from uniform: text, tables, a simple binary protocol. */
  readonly structured: number;
  /** Lowest plug-in entropy of a window in units of 2^-20 bit; null without a window. */
  readonly lowest: number | null;
}

/** One conversation as the verdict sees it: `a` sent the first packet. */
export interface ConversationStats {
  readonly proto: 'tcp' | 'udp';
  readonly ports: readonly [a: number, b: number];
  readonly ab: DirectionStats;
  readonly ba: DirectionStats;
  /** Protocol, and why it is believed (facts.ts). */
  readonly service: string | null;
  readonly proof: Proof | null;
  /** What listeners said about the content: `encrypted:tls`, `upgraded:starttls`, `clear:http`, `media:mp4`, … (facts.ts). */
  readonly marks: readonly string[];
  /** Mean over packets with payload of each packet's entropy: what the paper's threshold 7 was applied to. */
  readonly packet_entropy_mean: number | null;
}

export const HEAD_BYTES = 256;
export const WINDOW_BYTES = 16_384;
const ENTROPY_UNIT = 1_048_576;

export const NO_WINDOWS: WindowStats = { count: 0, uniform: 0, structured: 0, lowest: null };

/** The statistics with one more window, given the window's own histogram of `n` bytes. */
export function addWindow(windows: WindowStats, histogram: Histogram, n: number): WindowStats {
  const bits = Math.round((entropy(histogram, n) ?? 0) * ENTROPY_UNIT);
  return {
    count: windows.count + 1,
    uniform: windows.uniform + (Math.abs(chiSquareZ(histogram, n)) < 4 ? 1 : 0),
    structured: windows.structured + (isStructured(histogram, n) ? 1 : 0),
    lowest: windows.lowest === null ? bits : Math.min(windows.lowest, bits),
  };
}

/** Of two parts of the same direction, or of both directions. */
export function mergeWindows(a: WindowStats, b: WindowStats): WindowStats {
  return {
    count: a.count + b.count,
    uniform: a.uniform + b.uniform,
    structured: a.structured + b.structured,
    lowest: a.lowest === null ? b.lowest : b.lowest === null ? a.lowest : Math.min(a.lowest, b.lowest),
  };
}
