// Secrets that the appliance makes: enough chance, and letters that can be typed from a screen.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Without 0, 1, l, o: 32 characters, five bits each. */
const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyz';

/** `groups` of five characters: 25 bits a group. */
export function makeSecret(groups: number): string {
  const bytes = randomBytes(groups * 5);
  const characters = Array.from(bytes, (byte) => ALPHABET[byte & 31]);
  return Array.from({ length: groups }, (_, i) => characters.slice(i * 5, i * 5 + 5).join('')).join('-');
}

/** For secrets with 100 bits or more, which need no slow hash. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function equalHex(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && timingSafeEqual(left, right);
}
