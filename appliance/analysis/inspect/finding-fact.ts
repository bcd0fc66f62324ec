// A finding as an inspector reports it, in the words of its rule (rules.ts), and where it goes.

import type { Severity } from '../../model/analysis-document.ts';

export interface FindingFact {
  /** Stable rule id, family in capitals: `CRED-01`. CONVENTIONS §6. */
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: number;
  /** The MAC the finding is about; empty where none is known. */
  readonly device: string;
  /** What makes this finding different from another of the same rule and device: findings with equal subject are one. Not secret. */
  readonly subject: string;
  readonly excerpt_masked: string;
  readonly explanation: string;
  readonly remedy: string;
}

/** What a finding is reported to: facts.ts. */
export interface FindingSink {
  finding(finding: FindingFact): void;
  /** Counts one more occurrence of a finding that was reported before; false if there is none: then report it. */
  again(rule: string, device: string, subject: string, confidence: number): boolean;
}
