// Bytes that are the same in every run: the key stream of AES-CTR under a key made of the seed. Real ciphertext.

import { createCipheriv, createHash } from 'node:crypto';

export class RandomBytes {
  readonly #cipher;
  #ready: Buffer = Buffer.alloc(0);

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest();
    this.#cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  bytes(n: number): Buffer {
    return this.#cipher.update(Buffer.alloc(n));
  }

  /** Four bytes; ciphering so few at a time would take most of the run. */
  #word(): number {
    if (this.#ready.length < 4) this.#ready = this.bytes(4096);
    const word = this.#ready.readUInt32LE();
    this.#ready = this.#ready.subarray(4);
    return word;
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + (this.#word() % (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length - 1)]!;
  }
}
