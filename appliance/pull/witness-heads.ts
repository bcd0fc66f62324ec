// Every signed head that an appliance ever showed: `heads.ndjson`, only ever appended to. They make the archive the appliance's outside
// witness: a ledger that was rolled back or rewritten contradicts them.

import fs from 'node:fs';
import { join } from 'node:path';
import type { SignedHead } from '../capture/ledger/ledger-chain.ts';
import { openPlainFile } from '../config/plain-file.ts';
import { expectOnly, MALFORMED } from '../model/expected-error.ts';
import { openOwn } from './own-file.ts';
import { wholeLines } from './whole-lines.ts';

export interface SeenHead extends SignedHead {
  /** By the clock of the collecting machine, ISO 8601. */
  readonly seen: string;
  /**
   * The chain's hash after line `durable`: lines up to there were on the card, and no power cut takes them. What follows up to `lines`
   * one may lose honestly.
   */
  readonly durable: number;
  readonly durable_head: string;
}

const { O_APPEND, O_CREAT, O_RDWR } = fs.constants;

const FILE = 'heads.ndjson';
/** One head has less than 1 kB; a longer line is passed over. */
const MAX_LINE_BYTES = 64 * 1024;
/** Lines of the list, nine years of a pull every five minutes; more are an error. */
const MAX_LINES = 1_000_000;

/** Oldest first; a torn last line is left out. @throws the system's error, ENOTSUP for what is no plain file, EFBIG for too many lines. */
export function readHeads(folder: string): SeenHead[] {
  const fd = openPlainFile(join(folder, FILE), 'refused');
  if (fd === undefined) return [];
  try {
    return headsIn(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function headsIn(fd: number): SeenHead[] {
  const heads: SeenHead[] = [];
  let lines = 0;
  for (const line of wholeLines(fd, MAX_LINE_BYTES)) {
    if (++lines > MAX_LINES) throw tooMany();
    const head = parse(line);
    if (head !== undefined) heads.push(head);
  }
  return heads;
}

function tooMany(): Error {
  return Object.assign(new Error(`${FILE} has more than ${MAX_LINES} lines`), { code: 'EFBIG' });
}

/** Durable when it returns. */
export function appendHead(folder: string, head: SeenHead): void {
  const fd = openOwn(join(folder, FILE), O_RDWR | O_APPEND | O_CREAT);
  try {
    // In front too: behind a torn line it would be lost with it.
    fs.appendFileSync(fd, `${isTorn(fd) ? '\n' : ''}${JSON.stringify(head)}\n`);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether something follows the last line feed. */
function isTorn(fd: number): boolean {
  const { size } = fs.fstatSync(fd);
  const last = Buffer.alloc(1);
  return size > 0 && fs.readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10;
}

/** A line that was on the appliance's card, and the chain's hash behind it. */
export interface FirmLine {
  readonly lines: number;
  readonly head: string;
  readonly seen: string;
}

/** The longest history that no power cut can have taken; undefined before the first head. */
export function firmest(heads: readonly SeenHead[]): FirmLine | undefined {
  const [first, ...rest] = heads;
  if (first === undefined) return undefined;
  const best = rest.reduce((top, head) => (head.durable >= top.durable ? head : top), first);
  return { lines: best.durable, head: best.durable_head, seen: best.seen };
}

function parse(line: string): SeenHead | undefined {
  try {
    const value = JSON.parse(line) as Partial<SeenHead>;
    const { lines, durable, head, durable_head, signature, seen } = value;
    const isWhole = Number.isSafeInteger(lines) && Number.isSafeInteger(durable);
    const texts = [head, durable_head, signature, seen].every((text) => typeof text === 'string');
    return isWhole && texts ? (value as SeenHead) : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a head that was seen', ...MALFORMED);
    return undefined;
  }
}
