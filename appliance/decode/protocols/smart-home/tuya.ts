// Tuya's local protocol: frames 55aa (to 3.4) and 6699 (3.5) on UDP 6666, 6667, 7000 and TCP 6668. Broadcasts are under a
// key that is the same in every device and app (tinytuya, "yGAdlopoPVldABfn"); control frames are under the device's own.

import { createDecipheriv, createHash } from 'node:crypto';
import { expectOnly, WRONG_KEY } from '../../../model/expected-error.ts';
import { textAt, u32 } from '../../octets.ts';

export interface TuyaFacts {
  readonly framing: '55aa' | '6699';
  readonly command: number;
  readonly sequence: number;
  /** JSON in the clear, as version 3.1 sends its state, and of broadcasts under the common key; at most 2 KiB. */
  readonly text: string;
  /** Whether it has content that is neither: heartbeats have none. */
  readonly sealed: boolean;
  /** Header to suffix. */
  readonly frameBytes: number;
  readonly truncated: boolean;
}

const PREFIX_55AA = 0x000055aa;
const PREFIX_6699 = 0x00006699;
const BROADCAST_KEY = createHash('md5').update('yGAdlopoPVldABfn').digest();
const TEXT_WINDOW = 2048;
/** A frame that states a larger length is not taken for Tuya. */
const MAX_FRAME = 65536;

/** A frame at `start`. `broadcast`: also try to read the text with the common key. */
export function decodeTuya(bytes: Uint8Array, start: number, end: number, broadcast = true): TuyaFacts | undefined {
  if (end - start < 16) return undefined;
  const prefix = u32(bytes, start);
  if (prefix === PREFIX_55AA) return decode55aa(bytes, start, end, broadcast);
  return prefix === PREFIX_6699 ? decode6699(bytes, start, end, broadcast) : undefined;
}

/** Prefix, sequence, command, length; then (return code,) payload, CRC-32 or HMAC, suffix 0000aa55. */
function decode55aa(bytes: Uint8Array, start: number, end: number, broadcast: boolean): TuyaFacts | undefined {
  const length = u32(bytes, start + 12);
  if (length < 8 || length > MAX_FRAME) return undefined;
  const frameEnd = start + 16 + length;
  const truncated = frameEnd > end;
  const text = truncated ? '' : contentText(bytes, start + 16, frameEnd - 8, broadcast);
  return {
    framing: '55aa',
    sequence: u32(bytes, start + 4),
    command: u32(bytes, start + 8),
    text,
    sealed: text === '' && length > RETURN_CODE + 8,
    frameBytes: 16 + length,
    truncated,
  };
}

const RETURN_CODE = 4;

/** Behind four bytes of return code, or without them. */
function contentText(bytes: Uint8Array, start: number, end: number, broadcast: boolean): string {
  for (const at of [start + RETURN_CODE, start]) {
    const plain = jsonText(bytes, at, end);
    if (plain !== '') return plain;
    const text =
      broadcast && (end - at) % 16 === 0 && end > at
        ? ecbText(bytes.subarray(at, Math.min(end, at + TEXT_WINDOW)))
        : '';
    if (text !== '') return text;
  }
  return '';
}

function jsonText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < 2 || bytes[start] !== 0x7b) return '';
  const text = textAt(bytes, start, end, TEXT_WINDOW);
  return text.slice(0, text.lastIndexOf('}') + 1);
}

/** ECB chains nothing and nothing is padded: one decipher serves all messages, and making one is what costs. */
const broadcastDecipher = createDecipheriv('aes-128-ecb', BROADCAST_KEY, null);
broadcastDecipher.setAutoPadding(false);

/** Devices broadcast the same every few seconds: what was opened last, by a byte in which broadcasts of devices differ. */
const opened: ({ readonly sealed: Buffer; readonly text: string } | undefined)[] = Array.from({ length: 256 });

function ecbText(sealed: Uint8Array): string {
  const place = sealed[sealed.length - 1]!;
  const known = opened[place];
  if (known?.sealed.equals(sealed) === true) return known.text;
  const plain = openEcb(sealed);
  const text = jsonText(plain, 0, plain.length);
  opened[place] = { sealed: Buffer.from(sealed), text };
  return text;
}

/** Whole blocks without looking at the padding: it is cut off behind the last brace. */
function openEcb(sealed: Uint8Array): Uint8Array {
  return broadcastDecipher.update(sealed.subarray(0, sealed.length - (sealed.length % 16)));
}

/** Prefix, two bytes, sequence, command, length; then 12 bytes nonce, AES-GCM text, 16 bytes tag, suffix 00009966. */
function decode6699(bytes: Uint8Array, start: number, end: number, broadcast: boolean): TuyaFacts | undefined {
  if (end - start < 18) return undefined;
  const length = u32(bytes, start + 14);
  if (length < 28 || length > MAX_FRAME) return undefined;
  const frameEnd = start + 18 + length + 4;
  const truncated = frameEnd > end;
  const text = truncated || !broadcast ? '' : openGcm(bytes, start, length);
  return {
    framing: '6699',
    sequence: u32(bytes, start + 6),
    command: u32(bytes, start + 10),
    text,
    sealed: text === '',
    frameBytes: 22 + length,
    truncated,
  };
}

function openGcm(bytes: Uint8Array, start: number, length: number): string {
  const decipher = createDecipheriv('aes-128-gcm', BROADCAST_KEY, bytes.subarray(start + 18, start + 30));
  decipher.setAAD(bytes.subarray(start + 4, start + 18));
  decipher.setAuthTag(bytes.subarray(start + 18 + length - 16, start + 18 + length));
  try {
    const plain = Buffer.concat([
      decipher.update(bytes.subarray(start + 30, start + 18 + length - 16)),
      decipher.final(),
    ]);
    return plain[0] === 0x7b ? jsonText(plain, 0, plain.length) : jsonText(plain, 4, plain.length);
  } catch (thrown) {
    expectOnly(thrown, 'opening a broadcast', WRONG_KEY);
    // Another key: a control frame, not a broadcast.
    return '';
  }
}
