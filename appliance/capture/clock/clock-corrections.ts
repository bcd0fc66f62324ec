// Earlier packets in the light of a later clock. Files are never rewritten: each step of the clock in the ledger says by how much
// everything before it, in the same boot, was off. Pure; used by verify.ts.

import type { LedgerLine } from '../../model/ledger.ts';

export interface ClockCorrection {
  readonly boot: number;
  /** For times of this boot before this reading of the monotonic clock. */
  readonly until_monotonic_ns: string;
  /** To be added to those times. */
  readonly add_seconds: number;
  /** The clock is known to have been kept right after the step; else one guess only replaced another. */
  trusted: boolean;
}

/** Fed with the lines of a ledger in their order. */
export class ClockCorrections {
  readonly #all: ClockCorrection[] = [];

  get all(): readonly ClockCorrection[] {
    return this.#all;
  }

  apply(line: LedgerLine): void {
    if (line.type === 'clock-step') this.#add(line);
    if (line.type !== 'clock' && line.type !== 'clock-step' && line.type !== 'stop') return;
    if (line.clock?.synced !== 'yes') return;
    for (const correction of this.#all) if (correction.boot === line.boot) correction.trusted = true;
  }

  /** Steps add up: what is before an earlier one is moved by the later one too. */
  #add(line: LedgerLine & { type: 'clock-step' }): void {
    for (const [i, earlier] of this.#all.entries()) {
      if (earlier.boot !== line.boot) continue;
      this.#all[i] = { ...earlier, add_seconds: earlier.add_seconds + line.step_seconds, trusted: false };
    }
    const { boot, monotonic_ns, step_seconds } = line;
    this.#all.push({ boot, until_monotonic_ns: monotonic_ns, add_seconds: step_seconds, trusted: false });
  }
}
