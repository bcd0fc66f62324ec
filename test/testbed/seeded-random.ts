// The only source of chance in the testbed home: the same seed gives the same payloads, sizes and order of actions.
import { createHash } from 'node:crypto';

/** sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, four additions and two shifts per number. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** Streams with different names are independent, so one device's delay never changes what another one sends. */
  constructor(...name: readonly (string | number)[]) {
    const digest = createHash('sha256').update(name.join('/')).digest();
    this.#a = digest.readInt32LE(0);
    this.#b = digest.readInt32LE(4);
    this.#c = digest.readInt32LE(8);
    this.#counter = digest.readInt32LE(12);
  }

  /** 32 bits, unsigned. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 up to but not including 1. */
  fraction(): number {
    return this.word() / 0x1_0000_0000;
  }

  /** A whole number from `least` to `most`, both possible. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.integer(0, list.length - 1)];
    if (chosen === undefined) throw new TypeError('cannot pick from an empty list');
    return chosen;
  }

  bytes(length: number): Buffer {
    const whole = Buffer.allocUnsafe((length + 3) & ~3);
    for (let i = 0; i < whole.length; i += 4) whole.writeUInt32LE(this.word(), i);
    return whole.subarray(0, length);
  }

  hex(digits: number): string {
    return this.bytes((digits + 1) >> 1)
      .toString('hex')
      .slice(0, digits);
  }
}
