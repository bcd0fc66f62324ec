// Segments whose closing met a disk error: each is tried again until it is whole evidence, or left to the next start's recovery.

import { systemCode } from '../../model/errors.ts';
import type { DiskGate } from '../storage/disk-gate.ts';

/** Goes on with a closing where it stopped; rejects with the system's error. */
export type Retry = () => Promise<void>;

export class Unfinished {
  readonly #gate: DiskGate;
  #waiting: Retry[] = [];
  #round: Promise<void> | null = null;

  constructor(gate: DiskGate) {
    this.#gate = gate;
  }

  /** Those that are being tried at this moment count too. */
  get length(): number {
    return this.#waiting.length;
  }

  add(retry: Retry): void {
    this.#waiting.push(retry);
  }

  /** Tries each once; a round that is under way already is the one that counts. Never rejects. */
  retry(): Promise<void> {
    this.#round ??= this.#tryEach().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  async #tryEach(): Promise<void> {
    const round = this.#waiting.slice();
    for (const retry of round) {
      try {
        await retry();
        this.#waiting.splice(this.#waiting.indexOf(retry), 1);
        this.#gate.succeed();
      } catch (error) {
        this.#gate.fail(`${systemCode(error) ?? String(error)} on close`);
      }
    }
  }

  /** At a stop: so many more times, so far apart. The number that stay unfinished. */
  async finish(times: number, apartMs: number): Promise<number> {
    for (let i = 0; i < times && this.#waiting.length > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, apartMs));
      await this.retry();
    }
    return this.#waiting.length;
  }
}
