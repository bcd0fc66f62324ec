// What `weir verify` answers: the report, and the list of findings that the checks fill.

import type { ClockCorrection } from '../clock/clock-corrections.ts';

export type ProblemKind =
  | 'altered'
  | 'missing'
  | 'extra'
  | 'chain'
  | 'signature'
  | 'unreadable'
  | 'uncovered'
  | 'contradiction'
  | 'told';

export type WarningKind = 'open' | 'unfinished' | 'foreign' | 'torn' | 'linked' | 'told' | 'uncovered';

export interface VerifyFinding {
  readonly kind: ProblemKind | WarningKind;
  /** Relative to the folder; `ledger.ndjson:LINE` for a line. */
  readonly where: string;
  readonly detail: string;
}

/** What somebody kept elsewhere and holds against the folder. */
export interface Witness {
  /** A head of the ledger. */
  readonly head?: { readonly lines: number; readonly head: string };
  /** Fingerprint of the public key, or at least 32 digits of its beginning. */
  readonly key?: string;
}

export interface VerifyReport {
  /** No problem was found. Warnings and unsynchronised spans do not count. */
  readonly ok: boolean;
  readonly kind: 'appliance' | 'export';
  readonly appliance: string;
  /** Fingerprint of the public key in the folder; empty where there is none. */
  readonly key: string;
  /** Of the ledger's last run; 1 to 4 (EVIDENCE.md). */
  readonly format: number;
  /** Formats of the runs of earlier versions, which were taken over; `until`: the last line of each. */
  readonly earlierFormats: readonly { readonly format: number; readonly until: number }[];
  readonly files: number;
  readonly bytes: number;
  readonly ledgerLines: number;
  /** Of them only the hashes are there: an export leaves out what concerns other devices. */
  readonly omittedLines: number;
  readonly seals: number;
  /** The last line that a signature covers; seconds since 1970 of that line, null where there is none. */
  readonly head: { readonly lines: number; readonly head: string; readonly ts: string | null };
  /** A capture holds the folder at this moment. */
  readonly running: boolean;
  readonly problems: readonly VerifyFinding[];
  readonly warnings: readonly VerifyFinding[];
  /** What the folder alone cannot show; empty where an outside witness answers it. */
  readonly unknown: readonly string[];
  /** Times during which nothing is known to have kept the clock right; seconds since 1970 by capture's clock. */
  readonly unsynced: readonly { readonly from: string; readonly to: string }[];
  /** What later steps of the clock say about earlier times. */
  readonly corrections: readonly ClockCorrection[];
}

/** More of a kind would only bury the first. */
const MAX_FINDINGS = 1000;

export class VerifyFindings {
  readonly problems: VerifyFinding[] = [];
  readonly warnings: VerifyFinding[] = [];

  problem(kind: ProblemKind, where: string, detail: string): void {
    if (this.problems.length < MAX_FINDINGS) this.problems.push({ kind, where, detail });
  }

  warn(kind: WarningKind, where: string, detail: string): void {
    if (this.warnings.length < MAX_FINDINGS) this.warnings.push({ kind, where, detail });
  }
}
