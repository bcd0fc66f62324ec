// Lines of a ledger that were fetched and are not in the archive's copy yet: a file next to it, checked against the chain while it grows,
// so that a pull that was cut resumes. Used by site-ledger.ts.

import fs from 'node:fs';
import { type ChainState, type CheckedLine, checkLine, MAX_LINE_BYTES } from '../capture/ledger/ledger-chain.ts';
import { openOwn } from './own-file.ts';
import { wholeLines } from './whole-lines.ts';

const CHUNK_BYTES = 1024 * 1024;
const { O_CREAT, O_RDWR, O_WRONLY } = fs.constants;

export class IncomingLines {
  readonly file: string;
  readonly from: ChainState;
  /** Lines of an earlier pull were there already. */
  readonly isResumed: boolean;
  chain: ChainState;
  readonly #wanted: ReadonlySet<number>;
  readonly #marks = new Map<number, ChainState>();
  #bytes = 0;
  #waiting = '';
  readonly #fd: number;

  /** `most`: lines behind it are not wanted. `wanted`: numbers of lines at which the chain is asked for later. */
  constructor(file: string, from: ChainState, most: number, wanted: readonly number[]) {
    this.file = file;
    this.from = from;
    this.chain = from;
    this.#wanted = new Set(wanted);
    this.#fd = openOwn(file, O_RDWR | O_CREAT);
    for (const line of wholeLines(this.#fd, MAX_LINE_BYTES)) {
      const checked = this.check(line);
      if (checked.fault !== null || checked.next.lines > most) break;
      this.#follow(checked);
      this.#bytes += Buffer.byteLength(line) + 1;
    }
    this.isResumed = this.#bytes > 0;
    fs.ftruncateSync(this.#fd, this.#bytes);
  }

  check(line: string): CheckedLine {
    const checked = checkLine(line, this.chain);
    // A line that represents many belongs to an export; an appliance has none.
    const isStrange = checked.omitted > 0 || line.length > MAX_LINE_BYTES;
    return isStrange ? { ...checked, fault: checked.fault ?? 'not_json' } : checked;
  }

  /** A line that was checked and has no fault. */
  add(line: string, checked: CheckedLine): void {
    this.#waiting += `${line}\n`;
    this.#follow(checked);
  }

  /** What was added is on the disk when it returns. */
  flush(): void {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    fs.writeSync(this.#fd, bytes, 0, bytes.length, this.#bytes);
    this.#bytes += bytes.length;
    fs.fdatasyncSync(this.#fd);
  }

  /** Undefined where the lines do not reach so far, or it was not wanted. */
  chainAt(lines: number): ChainState | undefined {
    return this.#marks.get(lines);
  }

  /** Its lines follow byte `at` of `target` and nothing follows them, durably. */
  copyBehind(target: string, at: number): void {
    const fd = openOwn(target, O_WRONLY | O_CREAT);
    try {
      fs.ftruncateSync(fd, at);
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let position = 0; position < this.#bytes; ) {
        const read = fs.readSync(this.#fd, chunk, 0, chunk.length, position);
        fs.writeSync(fd, chunk, 0, read, at + position);
        position += read;
      }
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Keeps what came for the next pull. */
  close(): void {
    fs.closeSync(this.#fd);
  }

  remove(): void {
    fs.rmSync(this.file, { force: true });
  }

  #follow({ next }: CheckedLine): void {
    this.chain = next;
    if (this.#wanted.has(next.lines)) this.#marks.set(next.lines, next);
  }
}
