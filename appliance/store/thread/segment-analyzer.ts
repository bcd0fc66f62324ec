// What the store needs of analysis: frames of one segment in, canonical JSON texts out. make-analyzer.ts joins it to
// analysis/analyzer.ts; tests join it to something smaller.

import type { DeviceKey } from '../../model/mac.ts';

export interface SegmentAnalyzer {
  /** One captured frame; the same order and meaning as decode's FrameSink. Bytes are valid during the call only. */
  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    originalLength: number,
    linkType: number,
  ): void;
  /** A record that is not its own: the number that it has in the segment, from 1. */
  skip(): number;
  /** The next frame is number `packets` + 1 of its segment. */
  numberFrom(packets: number): void;
  /** The summary of what was fed so far; changes nothing. */
  snapshot(): string;
  /** The final summary, and what analysis of the device's next segment starts from. */
  finish(): { readonly summary: string; readonly carry: string };
}

export interface AnalyzerStart {
  readonly device: DeviceKey;
  readonly seq: number;
  readonly infra: readonly string[];
  readonly linkType: number;
  /** Where the tester's planted secrets may lie (analysis/secrets/vault-file.ts). */
  readonly dataDir: string;
  /** What `finish` gave for the segment before; null for the device's first. */
  readonly carry: string | null;
}

export type MakeAnalyzer = (start: AnalyzerStart) => SegmentAnalyzer;
