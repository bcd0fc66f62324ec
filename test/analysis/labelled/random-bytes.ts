// Bytes that are the same in every run: the key stream of AES-CTR under a key made of the seed. Real ciphertext.

import { createCipheriv, createHash } from 'node:crypto';

export class RandomBytes {
  readonly #cipher;

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest();
    this.#cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  }

  bytes(n: number): Buffer {
    return this.#cipher.update(Buffer.alloc(n));
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + (this.bytes(4).readUInt32LE() % (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length - 1)]!;
  }
}
