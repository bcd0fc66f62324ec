// Follows the ledger as it grows, through all its volumes: whole lines only. The ledger is how the appliance learns which files exist; it is read
// by nobody's permission and waits for nobody (DESIGN §1). Next: segment-catalog.ts.

import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expectOnly } from '../../model/expected-error.ts';
import { fullVolumes, volumeName } from '../../model/files/ledger-files.ts';
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
  /** Of the file that capture writes; the full volumes are next to it. */
  readonly #path: string;
  /** The volume that is read. */
  #volume = 1;
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

  /** At most one chunk of new lines. A missing file has no lines. Throws the system's error where it cannot be read. */
  poll(): LedgerRead {
    const restarted = this.#follow();
    if (this.#fd === undefined) return { lines: [], restarted, more: false };
    // Asked before it is read: what is full by then does not grow any more.
    const isFull = existsSync(this.#fullPath);
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const got = readSync(this.#fd, chunk, 0, CHUNK_BYTES, this.#offset);
    this.#offset += got;
    const lines = this.#split(chunk.subarray(0, got));
    if (got === 0 && isFull) this.#turn();
    return { lines, restarted, more: got === CHUNK_BYTES || isFull };
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  get #fullPath(): string {
    return join(dirname(this.#path), volumeName(this.#volume));
  }

  /** The file under which the volume is now; undefined where there is none. */
  #find(): { path: string; stats: Stats } | undefined {
    const full = statSync(this.#fullPath, { throwIfNoEntry: false });
    if (full !== undefined) return { path: this.#fullPath, stats: full };
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    // It became full between the two looks.
    if (existsSync(this.#fullPath)) return this.#find();
    return stats === undefined ? undefined : { path: this.#path, stats };
  }

  /** Opens the file when it appears, and the first one again when another file replaced it. True when that voids what was read. */
  #follow(): boolean {
    const found = this.#find();
    if (this.#fd !== undefined) {
      const isSame = found?.stats.ino === this.#inode && fstatSync(this.#fd).size >= this.#offset;
      if (isSame) return false;
    } else if (this.#volume > 1) {
      if (found !== undefined) this.#open(found.path, found.stats.ino);
      return false;
    }
    return this.#begin();
  }

  /** From the first line on. */
  #begin(): boolean {
    this.close();
    this.#forget();
    const folder = dirname(this.#path);
    this.#volume = existsSync(folder) ? (fullVolumes(readdirSync(folder))[0] ?? 1) : 1;
    const first = this.#find();
    if (first !== undefined) this.#open(first.path, first.stats.ino);
    const isVoid = this.#seen;
    this.#seen = first !== undefined;
    return isVoid;
  }

  /** The next poll looks again where it is another file by now. */
  #open(path: string, inode: number): void {
    this.#fd = openSync(path, 'r');
    this.#inode = inode;
    if (fstatSync(this.#fd).ino !== inode) this.close();
  }

  /** A full volume is read to its end: the next poll opens the one behind it. */
  #turn(): void {
    this.close();
    const behind = fullVolumes(readdirSync(dirname(this.#path))).find((volume) => volume > this.#volume);
    this.#volume = behind ?? this.#volume + 1;
    this.#forget();
  }

  #forget(): void {
    this.#offset = 0;
    this.#partial = Buffer.alloc(0);
    this.#skipping = false;
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
