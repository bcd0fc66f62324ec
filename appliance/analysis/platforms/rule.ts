// One platform rule as its file declares it (RULES.md), and a set of them with the hash that documents name.

import type { Conditions } from './decide.ts';

export interface PlatformRule extends Conditions {
  readonly id: string;
  readonly platform: string;
  readonly provider: string;
  /** Where it was learned. */
  readonly source: string;
  /** Whether what is necessary makes a candidate by itself; false where half of the Web has it. */
  readonly candidate: boolean;
}

export interface RuleSet {
  readonly rules: readonly PlatformRule[];
  /** SHA-256 of the rules in use, own ones included. */
  readonly sha256: string;
}
