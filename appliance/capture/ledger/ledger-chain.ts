// The ledger's rules as pure functions: how a line is made, and what is wrong with one. Used by the writer (ledger.ts), by
// recovery and by `weir verify` on a machine that never saw the appliance.
//
// `previous` of a line is the chain's hash up to the line before: the SHA-256 of that line's own `previous` followed by the
// SHA-256 of its text, both in hex. So a line that an export leaves out can be replaced by the hash of its text, which says
// nothing of what it said, and the chain is proved through it:
//   printf %s%s "$previous" "$(printf %s "$line" | sha256sum | cut -c1-64)" | sha256sum

import { createHash } from 'node:crypto';
import { expectOnly, MALFORMED } from '../../model/expected-error.ts';
import type { LedgerEvent, LedgerHead, LedgerLine } from '../../model/ledger.ts';

/** 4: in volumes that begin with what all lines before them add up to; 3: sealed each minute and at each closing, heads that say what was on the card; 2: sealed each hour; 1: chained over whole lines. */
export const LEDGER_FORMAT = 4;

export const FIRST_PREVIOUS = '0'.repeat(64);
/** Longer lines are none of ours; a reader that meets one says so instead of swallowing the file. */
export const MAX_LINE_BYTES = 256 * 1024;

/** At most so many hashes are in one line of an extract: it must stay below `MAX_LINE_BYTES`. */
const MAX_OMITTED = 2000;
const HASH = /^[0-9a-f]{64}$/;

/** SHA-256 of a line's bytes without its line feed. */
export function lineHash(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex');
}

/** The chain's hash after a line: what the next line's `previous` must be. */
export function chainHash(previous: string, line: string): string {
  return linkHash(previous, lineHash(line));
}

function linkHash(previous: string, hash: string): string {
  return createHash('sha256').update(previous).update(hash).digest('hex');
}

/** One line without its line feed; the head comes first so that a person sees number and chain. */
export function formatLine(head: LedgerHead, event: LedgerEvent): string {
  return JSON.stringify({ ...head, ...event });
}

export type LineFault = 'not_json' | 'wrong_number' | 'wrong_previous';

/** The position of a chain: the number and hash that the next line must follow. */
export interface ChainState {
  readonly lines: number;
  readonly head: string;
  /**
   * What the next line may name instead, only where format 1 may begin or end: there a line named the SHA-256 of the whole line
   * before it (`plain`), from format 2 on the rule above holds (`linked`).
   */
  readonly other?: { readonly head: string; readonly rule: 'plain' | 'linked' };
}

/** Whether a head that was noted somewhere is the one that a chain has there. */
export function standsAt(chain: ChainState, noted: { readonly lines: number; readonly head: string }): boolean {
  return chain.lines === noted.lines && (chain.head === noted.head || chain.other?.head === noted.head);
}

export const EMPTY_CHAIN: ChainState = { lines: 0, head: FIRST_PREVIOUS };

export interface CheckedLine {
  readonly line: LedgerLine | undefined;
  readonly fault: LineFault | null;
  /** Number of lines that this one represents by their hashes; 0 for a line with content. */
  readonly omitted: number;
  /** The chain after this line, whatever was wrong with it, so that one damage is reported once. */
  readonly next: ChainState;
}

/** Checks one line against the chain before it. Numbers count from 1. */
export function checkLine(text: string, chain: ChainState): CheckedLine {
  const line = parseLine(text);
  if (line === undefined) return checkOmitted(text, chain);
  const isOther = line.previous === chain.other?.head && line.previous !== chain.head;
  const next = followed(line, text, chain, isOther);
  if (line.n !== chain.lines + 1) return { line, fault: 'wrong_number', omitted: 0, next };
  return { line, fault: isOther || line.previous === chain.head ? null : 'wrong_previous', omitted: 0, next };
}

/** Format 1 can only be at the start of a ledger; from the first line that is linked on, all are. */
function followed(line: LedgerLine, text: string, chain: ChainState, isOther: boolean): ChainState {
  const lines = line.n;
  const linked = chainHash(line.previous, text);
  if (chain.lines === 0) return { lines, head: linked, other: { head: lineHash(text), rule: 'plain' } };
  const isPlain = chain.other !== undefined && (chain.other.rule === 'plain') === isOther;
  if (!isPlain) return { lines, head: linked };
  return { lines, head: lineHash(text), other: { head: linked, rule: 'linked' } };
}

function checkOmitted(text: string, chain: ChainState): CheckedLine {
  const { n, hashes } = parseOmitted(text) ?? {};
  if (n === undefined || hashes === undefined) {
    const next = { lines: chain.lines + 1, head: chainHash(chain.head, text) };
    return { line: undefined, fault: 'not_json', omitted: 0, next };
  }
  const next = { lines: n + hashes.length - 1, head: hashes.reduce(linkHash, chain.head) };
  return { line: undefined, fault: n === chain.lines + 1 ? null : 'wrong_number', omitted: hashes.length, next };
}

/** The chain after each line that a text represents, or after the text itself. */
export function* chainThrough(text: string, chain: ChainState): Iterable<ChainState> {
  const { n, hashes } = parseOmitted(text) ?? {};
  if (n === undefined || hashes === undefined) return yield checkLine(text, chain).next;
  let { head } = chain;
  for (const [i, hash] of hashes.entries()) {
    head = linkHash(head, hash);
    yield { lines: n + i, head };
  }
}

/** Lines of an extract that represent others: the first one's number and the hash of each one's text. */
export function* formatOmitted(n: number, hashes: readonly string[]): Iterable<string> {
  for (let at = 0; at < hashes.length; at += MAX_OMITTED) {
    yield JSON.stringify({ n: n + at, omitted: hashes.slice(at, at + MAX_OMITTED) });
  }
}

function parseOmitted(text: string): { n: number; hashes: readonly string[] } | undefined {
  const { n, omitted } = parseObject(text) ?? {};
  if (!Number.isSafeInteger(n) || !Array.isArray(omitted) || omitted.length === 0) return undefined;
  const hashes = omitted.filter((hash): hash is string => typeof hash === 'string' && HASH.test(hash));
  return hashes.length === omitted.length ? { n: n as number, hashes } : undefined;
}

/** A line as an object with number and chain; undefined for anything else. The event's own fields are not checked. */
export function parseLine(text: string): LedgerLine | undefined {
  const value = parseObject(text);
  const { n, previous, type } = value ?? {};
  if (!Number.isSafeInteger(n) || typeof previous !== 'string' || typeof type !== 'string') return undefined;
  return value as unknown as LedgerLine;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a ledger line', SyntaxError);
    return undefined;
  }
}

/** The signed end of a chain, next to the ledger. */
export interface SignedHead extends ChainState {
  /** So many lines were known to be on the card when it was signed; absent in heads of before. */
  readonly durable?: number;
  readonly signature: string;
}

const HEAD_BYTES = 512;

export function headPath(ledgerPath: string): string {
  return ledgerPath.replace(/\.ndjson$/, '.head');
}

/** What the head's signature is over. */
export function headText({ lines, head, durable }: Omit<SignedHead, 'signature'>): string {
  return `weir ledger ${lines} ${head}${durable === undefined ? '' : ` durable ${durable}`}`;
}

/** One sector, so that it is overwritten in one piece. */
export function formatHead(head: SignedHead): string {
  return `${JSON.stringify(head).padEnd(HEAD_BYTES - 1)}\n`;
}

/** The reverse of `formatHead`; undefined for anything else. */
export function parseHead(text: string): SignedHead | undefined {
  try {
    const value = JSON.parse(text) as Partial<SignedHead> | null;
    const { lines, head, durable, signature } = value ?? {};
    if (!Number.isSafeInteger(lines) || typeof head !== 'string' || typeof signature !== 'string') return undefined;
    if (durable === undefined) return { lines: lines as number, head, signature };
    return Number.isSafeInteger(durable) ? { lines: lines as number, head, durable, signature } : undefined;
  } catch (thrown) {
    expectOnly(thrown, "reading the ledger's head", ...MALFORMED);
    return undefined;
  }
}
