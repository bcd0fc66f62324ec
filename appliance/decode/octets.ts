// Reading numbers and text out of captured bytes; every protocol decoder next to this file is built on it.
// None of these throws: outside the array a byte reads as 0, so a forgotten bound yields a wrong value, never a crash.

import { isAscii } from 'node:buffer';

/** Unsigned 16 bits, network byte order. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Unsigned 24 bits, network byte order. */
export function u24(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) << 8) | (bytes[at + 2] ?? 0);
}

/** Unsigned 32 bits, network byte order. */
export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x10000 + u16(bytes, at + 2);
}

/** Unsigned 16 bits, least significant byte first. */
export function u16le(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Unsigned 32 bits, least significant byte first. */
export function u32le(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at) + u16le(bytes, at + 2) * 0x10000;
}

/** Longest text that a decoder hands on unless it says otherwise, in bytes. */
export const TEXT_LIMIT = 256;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 text of at most `limit` bytes; what is not UTF-8 becomes U+FFFD. Not yet fit for a terminal: `printable()`. */
export function textAt(bytes: Uint8Array, start: number, end: number, limit = TEXT_LIMIT): string {
  const stop = Math.min(end, start + limit, bytes.length);
  if (stop <= start) return '';
  if (stop - start > LONG_BYTES) return longTextAt(bytes, start, stop);
  let hash = stop - start;
  let high = 0;
  for (let i = start; i < stop; i++) {
    const byte = bytes[i]!;
    high |= byte;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  if (high >= 0x80) return utf8.decode(bytes.subarray(start, stop));
  if (stop - start > KEPT_BYTES) return asciiAt(bytes, start, stop);
  return keptText(bytes, start, stop, (hash ^ (hash >>> 15)) & (KEPT - 1));
}

/** Beyond this asking whether all of it is ASCII is cheaper than looking. */
const LONG_BYTES = 256;

function longTextAt(bytes: Uint8Array, start: number, stop: number): string {
  const part = bytes.subarray(start, stop);
  return isAscii(part) ? asciiAt(bytes, start, stop) : utf8.decode(part);
}

/**
 * Devices say the same words again and again: a text met before is the same string, hashed already where it is a key. One
 * place for each hash, so that texts chosen to collide only displace each other.
 */
const KEPT = 4096;
const KEPT_BYTES = 64;
const keptTexts = Array.from({ length: KEPT }, () => '');

function keptText(bytes: Uint8Array, start: number, stop: number, place: number): string {
  const known = keptTexts[place]!;
  if (isText(bytes, start, stop, known)) return known;
  const text = stop - start > 8 ? asciiAt(bytes, start, stop) : shortAsciiAt(bytes, start, stop);
  keptTexts[place] = text;
  return text;
}

function isText(bytes: Uint8Array, start: number, stop: number, text: string): boolean {
  if (text.length !== stop - start) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function shortAsciiAt(bytes: Uint8Array, start: number, stop: number): string {
  let text = '';
  for (let i = start; i < stop; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** The memory looked at last, as a Buffer: packets of a file lie in one, and only Buffers make text in one step. */
let looked: Buffer = Buffer.alloc(0);

function asciiAt(bytes: Uint8Array, start: number, stop: number): string {
  if (bytes instanceof Buffer) return bytes.toString('latin1', start, stop);
  if (looked.buffer !== bytes.buffer) looked = Buffer.from(bytes.buffer);
  return looked.toString('latin1', bytes.byteOffset + start, bytes.byteOffset + stop);
}

const HEX = '0123456789abcdef';

/** Lower-case hexadecimal of at most `limit` bytes. */
export function hexAt(bytes: Uint8Array, start: number, end: number, limit = TEXT_LIMIT): string {
  const stop = Math.min(end, start + limit, bytes.length);
  let text = '';
  for (let i = start; i < stop; i++) text += HEX[bytes[i]! >> 4]! + HEX[bytes[i]! & 15]!;
  return text;
}

/** Whether the ASCII word is at `at`, wholly before `end`. */
export function startsWith(bytes: Uint8Array, at: number, end: number, word: string): boolean {
  if (at + word.length > end) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return false;
  return true;
}

/**
 * Position of a byte value in [start, end), or -1. Never looks behind `end`: packets lie in a megabyte of others, and a device
 * whose short lines lack the byte would have all of it searched for each line.
 */
export function indexOfByte(bytes: Uint8Array, value: number, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === value) return at;
  return -1;
}

/** Printable ASCII with tab: what a text protocol may hold in a token or a line. */
export function isPrintableAscii(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 9;
}

/** Whether every byte of [start, end) is printable ASCII or tab; true for an empty range. */
export function isAsciiLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isPrintableAscii(bytes[i] ?? 0)) return false;
  return true;
}
