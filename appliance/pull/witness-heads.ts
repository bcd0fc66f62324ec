// Every signed head that an appliance ever showed: `heads.ndjson`, only ever appended to. They make the archive the appliance's outside
// witness: a ledger that was rolled back or rewritten contradicts them.

import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { SignedHead } from '../capture/ledger/ledger-chain.ts';
import { readPlainFile } from '../config/plain-file.ts';
import { expectOnly, MALFORMED } from '../model/expected-error.ts';

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

const FILE = 'heads.ndjson';
/** Of the list of heads; a larger file is an error, and so is one too long for a text in Node (512 MiB). */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Oldest first; a torn last line is left out. */
export function readHeads(folder: string): SeenHead[] {
  const text = readPlainFile(join(folder, FILE), MAX_BYTES, 'refused') ?? '';
  return text.split('\n').flatMap((line) => {
    const head = parse(line);
    return head === undefined ? [] : [head];
  });
}

/** Durable when it returns. */
export function appendHead(folder: string, head: SeenHead): void {
  const fd = openSync(join(folder, FILE), 'a', 0o640);
  try {
    // In front too: behind a torn line it would be lost with it.
    const isTorn = readPlainFile(join(folder, FILE), MAX_BYTES, 'refused')?.endsWith('\n') === false;
    appendFileSync(fd, `${isTorn ? '\n' : ''}${JSON.stringify(head)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
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
