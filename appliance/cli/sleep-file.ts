// A temporary file that is gone when its process is: it has no name any more once it is open.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SlotFile } from '../analysis/sleep-store.ts';
import { toError, WeirError } from '../model/errors.ts';

export class SleepFile implements SlotFile {
  readonly #folder = tmpdir();
  #file = -1;

  /** @throws WeirError FILE_UNREADABLE where the folder for temporary files has no room */
  write(bytes: Uint8Array, position: number): void {
    this.#try(() => {
      if (this.#file < 0) this.#file = openNameless(this.#folder);
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#file, bytes, at, bytes.length - at, position + at);
      }
    });
  }

  read(bytes: Uint8Array, position: number): void {
    this.#try(() => {
      for (let at = 0; at < bytes.length; ) {
        const read = readSync(this.#file, bytes, at, bytes.length - at, position + at);
        if (read === 0) return; // behind the last slot's end
        at += read;
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
