// A finding of the analysis document, and the packets that prove it.

import type { Severity } from './words.ts';

export interface DocumentFinding {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: number;
  readonly device: string | null;
  readonly first_ts: string;
  readonly last_ts: string;
  readonly count: number;
  readonly excerpt_masked: string;
  readonly explanation: string;
  readonly remedy: string;
  readonly evidence: readonly FindingEvidence[];
}

export interface FindingEvidence {
  /** Sequence number of the segment; 0 for a single file. */
  readonly segment: number;
  /** Number of the packet in that segment or file, from 1. */
  readonly packet: number;
  readonly ts: string;
}
