// A temporary file that is gone when its process is: it has no name any more once it is open.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SlotFile } from '../../analysis/packet/sleep-store.ts';
import { toError, WeirError } from '../../model/errors.ts';

/** New bytes are gathered before they are written: they come in the order in which they will be stored. */
const GATHERED_BYTES = 256 * 1024;
/** Read at once: a reader of one conversation reads its neighbour next. */
const LOOK_BYTES = 64 * 1024;

export class SleepFile implements SlotFile {
  readonly #folder = tmpdir();
  #file = -1;
  readonly #gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  /** What is gathered follows `#written` bytes of the file. */
  #written = 0;
  #waiting = 0;
  readonly #look = Buffer.allocUnsafeSlow(LOOK_BYTES);
  #lookAt = 0;
  #looked = 0;

  /** @throws WeirError FILE_UNREADABLE where the folder for temporary files has no room */
  write(bytes: Uint8Array, position: number): void {
    if (position < this.#written) return this.#writeNow(bytes, position);
    if (position - this.#written + bytes.length > GATHERED_BYTES) this.#flush();
    this.#gathered.set(bytes, position - this.#written);
    this.#waiting = Math.max(this.#waiting, position - this.#written + bytes.length);
  }

  #flush(): void {
    this.#writeNow(this.#gathered.subarray(0, this.#waiting), this.#written);
    this.#written += this.#waiting;
    this.#waiting = 0;
  }

  #writeNow(bytes: Uint8Array, position: number): void {
    this.#looked = 0;
    this.#try(() => {
      if (this.#file < 0) this.#file = openNameless(this.#folder);
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#file, bytes, at, bytes.length - at, position + at);
      }
    });
  }

  read(bytes: Uint8Array, position: number): void {
    if (position >= this.#written) {
      const from = position - this.#written;
      bytes.set(this.#gathered.subarray(from, from + bytes.length));
      return;
    }
    if (position < this.#lookAt || position + bytes.length > this.#lookAt + this.#looked) {
      this.#lookFrom(position, bytes.length);
    }
    const from = position - this.#lookAt;
    bytes.set(this.#look.subarray(from, from + bytes.length));
  }

  #lookFrom(position: number, least: number): void {
    this.#lookAt = position;
    this.#looked = 0;
    this.#try(() => {
      while (this.#looked < least) {
        const read = readSync(this.#file, this.#look, this.#looked, LOOK_BYTES - this.#looked, position + this.#looked);
        if (read === 0) throw new Error(`it ends before byte ${position + least}`);
        this.#looked += read;
      }
    });
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      const what = `Silent conversations are kept in ${this.#folder}, and that failed (${toError(thrown).message}).`;
      throw new WeirError('FILE_UNREADABLE', `${what} Nothing was printed. Set TMPDIR to a folder with more room.`, {
        cause: thrown,
      });
    }
  }

  close(): void {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
  }
}

function openNameless(parent: string): number {
  const folder = mkdtempSync(join(parent, 'weir-'));
  try {
    return openSync(join(folder, 'conversations'), 'w+', 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
