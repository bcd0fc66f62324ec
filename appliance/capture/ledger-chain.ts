// The ledger's rules as pure functions: how a line is made, and what is wrong with one. Used by the writer (ledger.ts), by
// recovery and by `weir verify` on a machine that never saw the appliance.

import { createHash } from 'node:crypto';
import type { LedgerEvent, LedgerHead, LedgerLine } from '../model/ledger.ts';

export const FIRST_PREVIOUS = '0'.repeat(64);
/** Longer lines are none of ours; a reader that meets one says so instead of swallowing the file. */
export const MAX_LINE_BYTES = 256 * 1024;

/** SHA-256 of a line's bytes without its line feed. */
export function lineHash(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex');
}

/** One line without its line feed; the head comes first so that a person sees number and chain. */
export function formatLine(head: LedgerHead, event: LedgerEvent): string {
  return JSON.stringify({ ...head, ...event });
}

export type LineFault = 'not_json' | 'wrong_number' | 'wrong_previous';

/** Where a chain stands: the number and hash that the next line must follow. */
export interface ChainState {
  readonly lines: number;
  readonly head: string;
}

export const EMPTY_CHAIN: ChainState = { lines: 0, head: FIRST_PREVIOUS };

export interface CheckedLine {
  readonly line: LedgerLine | undefined;
  readonly fault: LineFault | null;
  /** The chain after this line, whatever was wrong with it, so that one damage is told once. */
  readonly next: ChainState;
}

/** Checks one line against the chain before it. Numbers count from 1. */
export function checkLine(text: string, chain: ChainState): CheckedLine {
  const head = lineHash(text);
  const line = parseLine(text);
  if (line === undefined) return { line, fault: 'not_json', next: { lines: chain.lines + 1, head } };
  const next = { lines: line.n, head };
  if (line.n !== chain.lines + 1) return { line, fault: 'wrong_number', next };
  return { line, fault: line.previous === chain.head ? null : 'wrong_previous', next };
}

/** A line as an object with number and chain; undefined for anything else. The event's own fields are not checked. */
export function parseLine(text: string): LedgerLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { n, previous, type } = value as Record<string, unknown>;
    if (!Number.isSafeInteger(n) || typeof previous !== 'string' || typeof type !== 'string') return undefined;
    return value as LedgerLine;
  } catch {
    return undefined;
  }
}

/** The signed end of a chain, beside the ledger. */
export interface SignedHead extends ChainState {
  readonly signature: string;
}

const HEAD_BYTES = 512;

export function headPath(ledgerPath: string): string {
  return ledgerPath.replace(/\.ndjson$/, '.head');
}

/** What the head's signature is over. */
export function headText(chain: ChainState): string {
  return `weir ledger ${chain.lines} ${chain.head}`;
}

/** One sector, so that it is overwritten in one piece. */
export function formatHead(head: SignedHead): string {
  return `${JSON.stringify(head).padEnd(HEAD_BYTES - 1)}\n`;
}

/** The reverse of `formatHead`; undefined for anything else. */
export function parseHead(text: string): SignedHead | undefined {
  try {
    const value = JSON.parse(text) as Partial<SignedHead> | null;
    const { lines, head, signature } = value ?? {};
    if (!Number.isSafeInteger(lines) || typeof head !== 'string' || typeof signature !== 'string') return undefined;
    return { lines: lines as number, head, signature };
  } catch {
    return undefined;
  }
}
