// Counts what was said about what was true, and prints it so that a person can read it.

import type { Threshold7, Verdict } from '../../../appliance/model/analysis-document.ts';

/** Short headings, in the order of DESIGN §5. */
const COLUMNS: readonly (readonly [verdict: Verdict, heading: string])[] = [
  ['encrypted', 'encr'],
  ['upgraded', 'upgr'],
  ['cleartext', 'clear'],
  ['compressed-in-clear', 'compr'],
  ['encoded', 'encod'],
  ['opaque', 'opaqu'],
  ['undetermined', 'undet'],
  ['insufficient', 'insuf'],
  ['no_payload', 'none'],
];

interface Row {
  readonly verdicts: Map<Verdict, number>;
  above: number;
  total: number;
}

export class Confusion {
  readonly #rows = new Map<string, Row>();

  add(truth: string, verdict: Verdict, threshold: Threshold7): void {
    const row = this.#rows.get(truth) ?? { verdicts: new Map<Verdict, number>(), above: 0, total: 0 };
    this.#rows.set(truth, row);
    row.verdicts.set(verdict, (row.verdicts.get(verdict) ?? 0) + 1);
    row.total += 1;
    if (threshold === 'above') row.above += 1;
  }

  /** `thr7` is how many of them threshold 7 calls encrypted. */
  lines(): string[] {
    const heading = ['truth'.padEnd(44), ...COLUMNS.map(([, short]) => short.padStart(6)), '  thr7', '     n'].join('');
    return [heading, ...[...this.#rows].map(([truth, row]) => line(truth, row))];
  }
}

function line(truth: string, row: Row): string {
  const cells = COLUMNS.map(([verdict]) => String(row.verdicts.get(verdict) ?? '.').padStart(6));
  return [truth.padEnd(44), ...cells, String(row.above).padStart(6), String(row.total).padStart(6)].join('');
}
