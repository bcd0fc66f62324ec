// Addresses between bytes, words of a table key, and text. Text is made once per conversation, never per packet.

import { ipv6Text } from '../../decode/address-text.ts';

const HEX = '0123456789abcdef';

/** Big-endian 32 bits as a signed number. */
export function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Four words as text: of IPv4 only the last word is used. */
export function addressText(words: Int32Array, at: number, version: number): string {
  if (version === 4) return ipv4TextOf(words[at + 3]!);
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 4; i++) {
    const value = words[at + i]!;
    for (let b = 0; b < 4; b++) bytes[i * 4 + b] = value >>> (24 - b * 8);
  }
  return ipv6Text(bytes, 0);
}

/** Addresses made into text last, by a few bits of each: one text for all its rows is hashed once, not at each look-up. */
const RECENT_BITS = 12;
const recentWords = new Int32Array(1 << RECENT_BITS);
const recentTexts = Array.from({ length: 1 << RECENT_BITS }, () => '');

/** An IPv4 address, as `word` reads it, as text. */
export function ipv4TextOf(address: number): string {
  const slot = Math.imul(address, 0x9e3779b1) >>> (32 - RECENT_BITS);
  const known = recentTexts[slot]!;
  if (recentWords[slot] === address && known !== '') return known;
  const text = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
  recentWords[slot] = address;
  recentTexts[slot] = text;
  return text;
}

/** Two words (32 and 16 bits) as `aa:bb:cc:00:01:02`. */
export function macText(high: number, low: number): string {
  let text = '';
  for (let i = 0; i < 6; i++) {
    const byte = i < 4 ? (high >>> (24 - i * 8)) & 255 : (low >>> (8 - (i - 4) * 8)) & 255;
    text += (i > 0 ? ':' : '') + HEX[byte >> 4]! + HEX[byte & 15]!;
  }
  return text;
}
