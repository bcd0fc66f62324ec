// First bytes that name a format: compressed files, pictures, sound, video, and text protocols. Read from the head of a
// direction by verdict.ts; a stream joined in its middle has none and is left to media-trace.ts.

import { constants, inflateSync } from 'node:zlib';
import { beginsReadable } from './evidence.ts';

export interface Magic {
  /** `scrambled`: open framing around weakly protected content. */
  readonly kind: 'media' | 'compressed' | 'scrambled';
  /** As people call it: `JPEG`, `gzip`. */
  readonly name: string;
}

/** Each pattern in Latin-1; `?` stands for any byte. */
const PATTERNS: readonly (readonly [pattern: string, kind: Magic['kind'], name: string])[] = [
  ['\xff\xd8\xff', 'media', 'JPEG'], // ITU-T T.81 annex B
  ['\x89PNG\r\n\x1a\n', 'media', 'PNG'], // RFC 2083 §3.1
  ['GIF87a', 'media', 'GIF'],
  ['GIF89a', 'media', 'GIF'],
  ['????ftyp', 'media', 'MP4'], // ISO/IEC 14496-12 §4.3
  ['RIFF????WEBP', 'media', 'WebP'],
  ['RIFF????AVI ', 'media', 'AVI'],
  ['RIFF????WAVE', 'media', 'WAV'],
  ['\x1a\x45\xdf\xa3', 'media', 'Matroska'], // RFC 8794 §11.2
  ['OggS\0', 'media', 'Ogg'], // RFC 3533 §6
  ['fLaC', 'media', 'FLAC'], // RFC 9639 §6
  ['ID3', 'media', 'MP3'],
  ['FLV\x01', 'media', 'FLV'],
  ['\0\0\0\x01\x67', 'media', 'H.264'], // ITU-T H.264 annex B, sequence parameters first
  ['\0\0\0\x01\x27', 'media', 'H.264'],
  ['\0\0\0\x01\x09', 'media', 'H.264'],
  ['\0\0\x01\x67', 'media', 'H.264'],
  ['\0\0\0\x01\x40\x01', 'media', 'H.265'], // ITU-T H.265 annex B, video parameters first
  ['\0\0\x01\xba', 'media', 'MPEG program stream'],
  ['DHAV', 'media', 'Dahua video'],
  ['\x1f\x8b\x08', 'compressed', 'gzip'], // RFC 1952 §2.3.1
  ['\x28\xb5\x2f\xfd', 'compressed', 'Zstandard'], // RFC 8878 §3.1.1
  ['\xfd7zXZ\0', 'compressed', 'xz'],
  ['BZh?1AY&SY', 'compressed', 'bzip2'],
  ['PK\x03\x04', 'compressed', 'ZIP'],
  ['7z\xbc\xaf\x27\x1c', 'compressed', '7z'],
  ['\x04\x22\x4d\x18', 'compressed', 'LZ4'],
  ['LZIP\x01', 'compressed', 'lzip'],
  ['hsqs', 'compressed', 'squashfs'],
  ['\0\0\x55\xaa', 'scrambled', 'Tuya frames (AES-ECB with a published or long-lived key)'],
  ['\0\0\x66\x99', 'scrambled', 'Tuya 3.5 frames'],
];

/** Undefined without a known beginning. */
export function magicOf(head: Uint8Array): Magic | undefined {
  const found = PATTERNS.find(([pattern]) => matches(head, pattern));
  if (found !== undefined) return { kind: found[1], name: found[2] };
  if (head.length > 188 && head[0] === 0x47 && head[188] === 0x47) return { kind: 'media', name: 'MPEG-TS' };
  if (isKasa(head)) return { kind: 'scrambled', name: 'TP-Link Kasa (XOR with a known key)' };
  return isZlib(head) ? { kind: 'compressed', name: 'zlib' } : undefined;
}

function matches(head: Uint8Array, pattern: string): boolean {
  if (head.length < pattern.length) return false;
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '?' && head[i] !== pattern.charCodeAt(i)) return false;
  }
  return true;
}

/** `{"` under the key 171, over TCP behind a length of four bytes, and readable JSON behind it. */
function isKasa(head: Uint8Array): boolean {
  const at = head[0] === 0 && head[1] === 0 ? 4 : 0;
  if (head[at] !== 0xd0 || head[at + 1] !== 0xf2) return false;
  const plain = head.subarray(at).map((byte, i, bytes) => byte ^ (i === 0 ? 171 : bytes[i - 1]!));
  return beginsReadable(plain, 0, plain.length);
}

/** Two bytes are no proof (RFC 1950 §2.2): one random head in a thousand has them. What follows must inflate. */
function isZlib(head: Uint8Array): boolean {
  if (head.length < 64 || (head[0]! & 0x0f) !== 8 || head[0]! > 0x78) return false;
  if (((head[0]! << 8) | head[1]!) % 31 !== 0 || (head[1]! & 0x20) !== 0) return false;
  try {
    return inflateSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 20 }).length >= 32;
  } catch {
    // Not a zlib stream; that is the answer.
    return false;
  }
}

const TEXT_PROTOCOLS: readonly (readonly [start: string, name: string])[] = [
  ['HTTP/1.', 'HTTP'],
  ['GET ', 'HTTP'],
  ['POST ', 'HTTP'],
  ['PUT ', 'HTTP'],
  ['HEAD ', 'HTTP'],
  ['DELETE ', 'HTTP'],
  ['PATCH ', 'HTTP'],
  ['M-SEARCH ', 'SSDP'],
  ['NOTIFY ', 'SSDP'],
  ['RTSP/1.', 'RTSP'],
  ['OPTIONS rtsp:', 'RTSP'],
  ['DESCRIBE ', 'RTSP'],
  ['SIP/2.0', 'SIP'],
  ['220 ', 'FTP or SMTP'],
  ['220-', 'FTP or SMTP'],
  ['+OK ', 'POP3'],
  ['* OK ', 'IMAP'],
  ['<?xml', 'XML'],
];

/** Name of the text protocol that the head begins with. */
export function textProtocolOf(head: Uint8Array): string | undefined {
  return TEXT_PROTOCOLS.find(([start]) => matches(head, start))?.[1];
}
