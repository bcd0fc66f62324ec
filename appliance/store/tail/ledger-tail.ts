// Follows the ledger as it grows: whole lines only. The ledger is how the appliance learns which files exist; it is read
// by nobody's permission and waits for nobody (DESIGN §1). Next: segment-catalog.ts.

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { expectOnly } from '../../model/expected-error.ts';
import type { LedgerLine } from '../../model/ledger.ts';

const CHUNK_BYTES = 256 * 1024;
/** A line longer than this is damage: it is skipped and counted. */
const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 10;

export interface LedgerRead {
  readonly lines: readonly LedgerLine[];
  /** The file was replaced or became shorter: everything known from it is void, `lines` begin at its start. */
  readonly restarted: boolean;
  /** More is there already; poll again soon. */
  readonly more: boolean;
}

export class LedgerTail {
  readonly #path: string;
  #fd: number | undefined;
  #inode = 0;
  #offset = 0;
  #partial: Buffer = Buffer.alloc(0);
  #skipping = false;
  #damagedLines = 0;
  #seen = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Lines that were no JSON object with a number and a type; they are passed over, `weir verify` explains them. */
  get damagedLines(): number {
    return this.#damagedLines;
  }

  /** Offset in bytes up to which whole lines were handed out. */
  get offset(): number {
    return this.#offset - this.#partial.length;
  }

  /** At most one chunk of new lines. A missing file has no lines. Throws the system's error where it cannot be read. */
  poll(): LedgerRead {
    const restarted = this.#follow();
    if (this.#fd === undefined) return { lines: [], restarted, more: false };
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const got = readSync(this.#fd, chunk, 0, CHUNK_BYTES, this.#offset);
    this.#offset += got;
    return { lines: this.#split(chunk.subarray(0, got)), restarted, more: got === CHUNK_BYTES };
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Opens the file when it appears, and again when another one stands in its place. True when that voids what was read. */
  #follow(): boolean {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    const current = this.#fd === undefined ? undefined : fstatSync(this.#fd);
    const replaced = stats === undefined ? this.#fd !== undefined : stats.ino !== this.#inode && this.#fd !== undefined;
    const shorter = current !== undefined && current.size < this.#offset;
    if (this.#fd !== undefined && !replaced && !shorter) return false;
    this.close();
    if (stats === undefined) return this.#forget();
    this.#fd = openSync(this.#path, 'r');
    this.#inode = fstatSync(this.#fd).ino;
    return this.#forget();
  }

  #forget(): boolean {
    const void_ = this.#seen;
    this.#offset = 0;
    this.#partial = Buffer.alloc(0);
    this.#skipping = false;
    this.#seen = this.#fd !== undefined;
    return void_;
  }

  #split(chunk: Buffer): LedgerLine[] {
    const lines: LedgerLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#take(Buffer.concat([this.#partial, chunk.subarray(start, end)]), lines);
      this.#partial = Buffer.alloc(0);
      start = end + 1;
    }
    this.#partial = Buffer.concat([this.#partial, chunk.subarray(start)]);
    if (this.#partial.length > MAX_LINE_BYTES) {
      this.#skipping = true;
      this.#partial = Buffer.alloc(0);
    }
    return lines;
  }

  #take(bytes: Buffer, lines: LedgerLine[]): void {
    const line = this.#skipping ? undefined : parseLedgerLine(bytes.toString('utf8'));
    this.#skipping = false;
    if (line === undefined) this.#damagedLines++;
    else lines.push(line);
  }
}

/** One line of the ledger; undefined where it is no object with `n`, `ts` and `type`. */
export function parseLedgerLine(text: string): LedgerLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { n, ts, type } = value as { n?: unknown; ts?: unknown; type?: unknown };
    const plausible = Number.isSafeInteger(n) && typeof ts === 'string' && typeof type === 'string';
    // The ledger is our own capture's; fields of each type are checked where they are used.
    return plausible ? (value as LedgerLine) : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a ledger line', SyntaxError);
    return undefined;
  }
}
