// A file of real bytes that exists to be given back: on a full disk it makes the room in which open segments, their sidecars and
// the ledger can still be closed.

import fs from 'node:fs';
import path from 'node:path';
import { CARD, expectOnly, orElse, UNREADABLE } from '../../model/expected-error.ts';
import { type EvidenceDisk, writeAll } from './disk.ts';

const STEP_BYTES = 1024 * 1024;

export function ballastPath(dataDir: string): string {
  return path.join(dataDir, 'ballast');
}

export class Ballast {
  readonly #disk: EvidenceDisk;
  readonly #path: string;
  readonly #bytes: number;
  #present = false;

  constructor(disk: EvidenceDisk, path: string, bytes: number) {
    this.#disk = disk;
    this.#path = path;
    this.#bytes = bytes;
  }

  get present(): boolean {
    return this.#present;
  }

  /** Takes over the one that an earlier run left; a half one is removed. */
  async adopt(): Promise<void> {
    const stat = await fs.promises.lstat(this.#path).catch(orElse(null, 'finding the reserve', ...UNREADABLE));
    if (stat === null) return;
    this.#present = stat.isFile() && stat.size === this.#bytes && this.#bytes > 0;
    if (!this.#present) await this.#disk.remove(this.#path).catch(orElse(undefined, 'removing the reserve', ...CARD));
  }

  /** Writes it where there is room beyond `needFree`; never rejects, a half one is removed again. */
  async fill(needFree: number): Promise<void> {
    if (this.#present || this.#bytes === 0) return;
    const space = await this.#disk.space(path.dirname(this.#path)).catch(orElse(null, 'measuring the card', ...CARD));
    if (space === null || space.freeBytes < needFree + this.#bytes) return;
    try {
      await this.#write();
      this.#present = true;
    } catch (thrown) {
      expectOnly(thrown, 'writing the reserve', ...CARD);
      await this.#disk.remove(this.#path).catch(orElse(undefined, 'removing the reserve', ...CARD));
    }
  }

  async #write(): Promise<void> {
    const file = await this.#disk.open(this.#path);
    try {
      const step = Buffer.alloc(STEP_BYTES, 0x57);
      for (let at = 0; at < this.#bytes; at += STEP_BYTES) {
        await writeAll(file, step.subarray(0, Math.min(STEP_BYTES, this.#bytes - at)), at);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Gives the room back. True when there was something to give. */
  async release(): Promise<boolean> {
    if (!this.#present) return false;
    this.#present = false;
    await this.#disk.remove(this.#path).catch(orElse(undefined, 'removing the reserve', ...CARD));
    return true;
  }
}
