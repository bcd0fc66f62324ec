// Findings that people know and have explained, read from the ledger line by line: the last word on a finding counts. Owned by
// live-analysis.ts.

import type { LedgerLine } from '../../model/ledger.ts';

export interface Explained {
  readonly reason: string;
  readonly by: string;
  /** Decimal seconds since 1970, the ledger's time. */
  readonly ts: string;
}

/** More than people explain; the oldest are listed with the others again. */
const MOST = 10_000;

export class SetAside {
  readonly #byFinding = new Map<string, Explained>();

  apply(line: LedgerLine): void {
    if (line.type !== 'finding-set-aside') return;
    const { finding, reason, by, ts } = line;
    this.#byFinding.delete(finding);
    if (reason !== '') this.#byFinding.set(finding, { reason, by, ts });
    const [oldest] = this.#byFinding.keys();
    if (this.#byFinding.size > MOST && oldest !== undefined) this.#byFinding.delete(oldest);
  }

  of(finding: string): Explained | undefined {
    return this.#byFinding.get(finding);
  }

  /** Another ledger replaced the old one. */
  clear(): void {
    this.#byFinding.clear();
  }
}
