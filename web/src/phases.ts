// The phases of an experiment as stretches of time, read from the ledger. Pure.

import { toMillis } from './format/time.ts';
import type { LedgerLine } from './ledger-notes.ts';

export interface PhaseStretch {
  readonly n: number;
  readonly phase: string;
  readonly interaction: string;
  readonly note: string;
  readonly by: string;
  /** Seconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Still going on. */
  readonly open: boolean;
}

/** Each phase lasts until the next, the last one until `now`. */
export function readPhases(lines: readonly LedgerLine[], now: string | undefined): PhaseStretch[] {
  const switches = lines.filter((line) => line.type === 'phase' && toMillis(line.ts) !== undefined);
  const end = (toMillis(now) ?? toMillis(lines.at(-1)?.ts) ?? 0) / 1000;
  return switches.map((line, index) => {
    const next = switches[index + 1];
    const from = (toMillis(line.ts) ?? 0) / 1000;
    return {
      n: line.n,
      phase: field(line, 'phase'),
      interaction: field(line, 'interaction'),
      note: field(line, 'note'),
      by: field(line, 'by'),
      from,
      to: next === undefined ? Math.max(end, from) : (toMillis(next.ts) ?? 0) / 1000,
      open: next === undefined,
    };
  });
}

function field(line: LedgerLine, name: string): string {
  const value = (line as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}
