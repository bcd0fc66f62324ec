// A file of real bytes that exists to be given back: on a full disk it makes the room in which open segments, their sidecars and
// the ledger can still be closed.

import type { EvidenceDisk } from './disk.ts';
import { writeAll } from './disk.ts';

const STEP_BYTES = 1024 * 1024;

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

  /** Writes it where there is room beyond `needFree`; never rejects, a half one is removed again. */
  async fill(needFree: number): Promise<void> {
    if (this.#present || this.#bytes === 0) return;
    const space = await this.#disk.space(this.#path.slice(0, this.#path.lastIndexOf('/'))).catch(() => null);
    if (space === null || space.freeBytes < needFree + this.#bytes) return;
    try {
      await this.#write();
      this.#present = true;
    } catch {
      await this.#disk.remove(this.#path).catch(() => undefined);
    }
  }

  async #write(): Promise<void> {
    const file = await this.#disk.open(this.#path);
    try {
      const step = Buffer.alloc(Math.min(STEP_BYTES, this.#bytes), 0x57);
      for (let at = 0; at < this.#bytes; at += step.length) await writeAll(file, step, at);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Gives the room back. True when there was something to give. */
  async release(): Promise<boolean> {
    if (!this.#present) return false;
    this.#present = false;
    await this.#disk.remove(this.#path).catch(() => undefined);
    return true;
  }
}
