// Memory that waits for the disk, over all devices, in block capacities. The limit is what keeps capture small when the card
// stops; the demultiplexer drops whole records beyond it.

import type { Block } from './block.ts';

export class WaitingBytes {
  readonly #limit: number;
  readonly #drained: (() => void)[] = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#limit;
  }

  add(block: Block): void {
    this.#bytes += block.bytes.length;
  }

  remove(block: Block): void {
    this.#bytes -= block.bytes.length;
    if (this.#bytes * 2 > this.#limit) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Null while there is room; else resolves when half of the limit is free. For sources that can wait. */
  room(): Promise<void> | null {
    if (this.#bytes * 2 <= this.#limit) return null;
    return new Promise((resolve) => this.#drained.push(resolve));
  }
}
