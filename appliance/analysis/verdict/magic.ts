// First bytes that name a format: compressed files, pictures, sound, video, and text protocols. Read from the head of a
// direction by verdict.ts; a stream joined in its middle has none and is left to media-trace.ts.

import { constants, inflateSync } from 'node:zlib';
import { startsWith } from '../../decode/octets.ts';
import { expectOnly } from '../../model/expected-error.ts';
import { sniffMedia } from '../inspect/media.ts';
import { beginsReadable } from '../packet/payload/payload-scan.ts';

export interface Magic {
  /** `scrambled`: readable without a secret; `keyed`: open framing around content under the device's own key. */
  readonly kind: 'media' | 'compressed' | 'scrambled' | 'keyed';
  /** As people call it: `jpeg`, `gzip`. */
  readonly name: string;
}

/** In addition to media.ts. Each pattern in Latin-1. */
const PATTERNS: readonly (readonly [pattern: string, kind: Magic['kind'], name: string])[] = [
  ['fLaC', 'media', 'FLAC'], // RFC 9639 §6
  ['DHAV', 'media', 'Dahua video'],
  ['\x04\x22\x4d\x18', 'compressed', 'LZ4'],
  ['LZIP\x01', 'compressed', 'lzip'],
  ['hsqs', 'compressed', 'squashfs'],
  ['\0\0\x55\xaa', 'keyed', 'Tuya frames (AES-ECB with a local key)'],
  ['\0\0\x66\x99', 'keyed', 'Tuya 3.5 frames'],
];

/** Undefined without a known beginning. */
export function magicOf(head: Uint8Array): Magic | undefined {
  const sniffed = sniffMedia(head, 0, head.length)?.mark.split(':');
  if (sniffed !== undefined) {
    return { kind: sniffed[0] === 'compressed' ? 'compressed' : 'media', name: sniffed[1] ?? 'media' };
  }
  const found = PATTERNS.find(([pattern]) => startsWith(head, 0, head.length, pattern));
  if (found !== undefined) return { kind: found[1], name: found[2] };
  if (isDelimited(head)) return { kind: 'media', name: 'H.264' };
  if (isProgramStream(head)) return { kind: 'media', name: 'MPEG program stream' };
  if (isKasa(head)) return { kind: 'scrambled', name: 'TP-Link Kasa (XOR with a known key)' };
  return isZlib(head) ? { kind: 'compressed', name: 'zlib' } : undefined;
}

/** ITU-T H.264 annex B: an access unit delimiter (three bits and a stop bit), then the next start code. */
function isDelimited(head: Uint8Array): boolean {
  if (!startsWith(head, 0, head.length, '\0\0\0\x01\x09') || (head[5]! & 0x1f) !== 0x10) return false;
  const next = head[6] === 0 && head[7] === 0 && head[8] === 0 ? 7 : 6;
  return startsWith(head, next, head.length, '\0\0\x01') && head[next + 3]! < 0x80;
}

/** ISO/IEC 13818-1 §2.5.3.3 and 11172-1: the marker bits of a pack's clock. */
function isProgramStream(head: Uint8Array): boolean {
  if (!startsWith(head, 0, head.length, '\0\0\x01\xba') || head.length < 14) return false;
  if ((head[4]! & 0xc4) === 0x44) return (head[6]! & 4) !== 0 && (head[8]! & 4) !== 0 && (head[9]! & 1) !== 0;
  return (head[4]! & 0xf1) === 0x21 && (head[6]! & 1) !== 0 && (head[8]! & 1) !== 0;
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
  } catch (thrown) {
    expectOnly(thrown, 'inflating a head', /^Z_|^ERR_BUFFER_TOO_LARGE/);
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
  return TEXT_PROTOCOLS.find(([start]) => startsWith(head, 0, head.length, start))?.[1];
}
