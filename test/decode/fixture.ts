// Builds wire bytes field by field for the decoder tests, and the trait that every decoder must show.
import assert from 'node:assert/strict';
import { test } from 'node:test';

type Part = number | string | Uint8Array | readonly number[];

/** Numbers are single bytes, strings Latin-1 characters. */
export function wire(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === 'number') return [part];
      if (typeof part === 'string') return [...Buffer.from(part, 'latin1')];
      return [...part];
    }),
  );
}

export function be16(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

export function be24(value: number): number[] {
  return [(value >> 16) & 255, ...be16(value & 0xffff)];
}

export function be32(value: number): number[] {
  return [...be16(Math.floor(value / 65536)), ...be16(value & 0xffff)];
}

/** A vector behind its 8-, 16- or 24-bit length. */
export function vector8(...parts: readonly Part[]): Uint8Array {
  const body = wire(...parts);
  return wire(body.length, body);
}

export function vector16(...parts: readonly Part[]): Uint8Array {
  const body = wire(...parts);
  return wire(be16(body.length), body);
}

export function vector24(...parts: readonly Part[]): Uint8Array {
  const body = wire(...parts);
  return wire(be24(body.length), body);
}

/** Labels of a domain name with the root at its end (RFC 1035 §3.1). */
export function labels(name: string): Uint8Array {
  return wire(...name.split('.').map((label) => vector8(label)), 0);
}

/** xorshift32: the same noise in every run. */
export function noise(length: number, seed = 0x9e3779b9): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    bytes[i] = state & 255;
  }
  return bytes;
}

type Decode = (bytes: Uint8Array, start: number, end: number) => unknown;

/** What holds for every decoder: no throw and no read beyond the range, whatever the bytes are. */
export function behavesOnHostileBytes(name: string, decode: Decode, sample: Uint8Array): void {
  test(`${name}: cut at every length it neither throws nor reads beyond the cut`, () => {
    for (let length = 0; length < sample.length; length++) {
      const alone = decode(sample.slice(0, length), 0, length);
      const followed = decode(sample, 0, length);
      assert.deepEqual(followed, alone, `cut at ${length}`);
    }
  });
  test(`${name}: the same bytes elsewhere in a buffer, with noise around, say the same`, () => {
    const shifted = wire(noise(37), sample, noise(41, 7));
    assert.deepEqual(decode(shifted, 37, 37 + sample.length), decode(sample, 0, sample.length));
  });
  test(`${name}: noise, noise behind it and 2,000 mutations never make it throw`, () => {
    const noisy = wire(sample, noise(512, 3));
    decode(noisy, 0, noisy.length);
    for (let round = 1; round <= 2000; round++) {
      const mutated = mutate(sample, round);
      decode(mutated, 0, mutated.length);
      const random = noise(round % 97, round);
      decode(random, 0, random.length);
    }
  });
}

/** Changes up to four bytes. */
function mutate(sample: Uint8Array, seed: number): Uint8Array {
  const copy = sample.slice();
  const dice = noise(12, seed * 2654435761);
  for (let i = 0; i < 12; i += 3) copy[((dice[i]! << 8) | dice[i + 1]!) % copy.length] = dice[i + 2]!;
  return copy;
}
