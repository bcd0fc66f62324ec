// Reads a ledger as a suspicious stranger would: chain and numbers checked with nothing but node:crypto.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { CaptureCounters, LedgerLine } from '../../appliance/model/ledger.ts';

export interface LedgerBook {
  readonly lines: readonly LedgerLine[];
  readonly problems: readonly string[];
}

/** The members of the union whose type may be `T`; some represent two types at once. */
export type LineOf<T, L = LedgerLine> = L extends { readonly type: infer U } ? (T extends U ? L : never) : never;

export function readLedgerBook(file: string): LedgerBook {
  if (!existsSync(file)) return { lines: [], problems: [`${file} is missing`] };
  const texts = readFileSync(file, 'utf8').split('\n');
  const torn = texts.pop();
  const problems = torn === '' ? [] : [`the ledger ends in half a line: ${String(torn).slice(0, 80)}`];
  const lines: LedgerLine[] = [];
  let previous = '0'.repeat(64);
  for (const [index, text] of texts.entries()) {
    const line = parseLine(text);
    if (line === null) problems.push(`ledger line ${index + 1} is no JSON object`);
    else if (line.n !== index + 1) problems.push(`ledger line ${index + 1} says it is ${line.n}`);
    if (line !== null && line.previous !== previous)
      problems.push(`ledger line ${index + 1} does not follow the one before`);
    previous = sha256(`${line?.previous ?? previous}${sha256(text)}`);
    if (line !== null) lines.push(line);
  }
  return { lines, problems };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseLine(text: string): LedgerLine | null {
  try {
    return JSON.parse(text) as LedgerLine;
  } catch {
    return null;
  }
}

/** All lines of one type, in order. */
export function linesOf<T extends LedgerLine['type']>(book: LedgerBook, type: T): LineOf<T>[] {
  return book.lines.filter((line) => line.type === type) as LineOf<T>[];
}

/** The counters of each process life that ended properly, in order. */
export function finalCounters(book: LedgerBook): CaptureCounters[] {
  return linesOf(book, 'stop').map((line) => line.counters);
}

/** What is wrong with one life's counters: every frame must end in exactly one column. Unknown columns are left out. */
export function imbalance(c: CaptureCounters): string[] {
  const problems: string[] = [];
  const stored = c.written + c.lost_queue + c.lost_disk + c.refused + c.canaries;
  if (c.captured !== stored) problems.push(`captured ${c.captured}, but accounted for are ${stored}`);
  if (c.received === null || c.dropped_kernel === null || c.lost_pipe === null) return problems;
  const offered = c.captured + c.dropped_kernel + c.lost_pipe;
  if (c.received !== offered) problems.push(`received ${c.received}, but accounted for are ${offered}`);
  return problems;
}
