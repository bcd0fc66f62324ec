// The ledger lines of copies taken, picked from the whole ledger once and then followed line by
// line, because most of its lines are segments and there are thousands of them.

import { get } from './api/request.ts';
import type { LedgerResponse } from './api/types.ts';

export type LedgerLine = LedgerResponse['lines'][number];

export interface LedgerNotes {
  readonly lines: readonly LedgerLine[];
  /** Number of the newest line that was read. */
  readonly read: number;
}

const NOTED: readonly string[] = ['download', 'export'];
const PAGE_LINES = 1000;
/** Notes kept; the oldest go first. A note is at most some kilobytes. */
const MAX_NOTES = 2000;

const NOTHING: LedgerNotes = { lines: [], read: -1 };
let notes = NOTHING;
let reading: Promise<LedgerNotes> | undefined;

/** Reads on from where the last call stopped; calls at the same time share one reading. */
export function readLedger(): Promise<LedgerNotes> {
  reading ??= readOn().finally(() => {
    reading = undefined;
  });
  return reading;
}

export function forgetLedger(): void {
  notes = NOTHING;
}

async function readOn(): Promise<LedgerNotes> {
  for (;;) {
    const page = await get<LedgerResponse>('api/v1/ledger', { after: String(notes.read), limit: String(PAGE_LINES) });
    const last = page.lines.at(-1);
    if (last === undefined) return notes;
    const noted = page.lines.filter((line) => NOTED.includes(line.type));
    notes = { lines: [...notes.lines, ...noted].slice(-MAX_NOTES), read: last.n };
    if (last.n >= page.head) return notes;
  }
}
