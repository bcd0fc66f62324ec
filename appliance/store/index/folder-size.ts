// What a folder takes on the card, measured in the background and seldom: the index is some thousand files.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ABSENT, orElse } from '../../model/expected-error.ts';

const YOUNG_MS = 60_000;

export class FolderSize {
  readonly #folder: string;
  #bytes: number | null = null;
  #looked = Number.NEGATIVE_INFINITY;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Of a minute ago or so; null before the first look has ended, and where the folder cannot be read. `now`: monotonic milliseconds. */
  get(now: number): number | null {
    if (now - this.#looked >= YOUNG_MS) {
      this.#looked = now;
      void this.look();
    }
    return this.#bytes;
  }

  async look(): Promise<void> {
    this.#bytes = await sizeOfFolder(this.#folder).catch(orElse(null, 'measuring the index', ...ABSENT));
  }
}

/** Files that go meanwhile count nothing. @throws where the folder cannot be read */
async function sizeOfFolder(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOfFolder(path).catch(orElse(0, 'measuring the index', ...ABSENT));
    else bytes += (await lstat(path).catch(orElse(undefined, 'measuring the index', ...ABSENT)))?.size ?? 0;
  }
  return bytes;
}
