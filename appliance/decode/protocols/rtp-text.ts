// Text in RTP as people type it (T.140 in RFC 4103): plain, or behind earlier text sent once more (RFC 2198).
import { characterBytes } from '../characters.ts';
import { u16, u32 } from '../octets.ts';

export interface RtpText {
  /** Sequence number and source of the packet (RFC 3550 §5.1). */
  readonly number: number;
  readonly source: number;
  /** Where the new text lies from the packet's start: [from, to); empty while nothing is typed. */
  readonly from: number;
  readonly to: number;
  /** Bytes of text in all its blocks. */
  readonly textBytes: number;
}

/** Payload types that a session assigns (RFC 3551 §6): text has none of its own. */
const FIRST_DYNAMIC = 96;
/** RFC 2198 §3: follow bit and type, time, length; of the last block only bit and type. */
const BLOCK_HEADER = 4;
/** RFC 4103 §4.2 recommends two. */
const MAX_GENERATIONS = 8;

/** `undefined` where header or content are no text; whether packets come in sequence is for the caller to see. */
export function decodeRtpText(bytes: Uint8Array, start: number, end: number): RtpText | undefined {
  const body = bodyStart(bytes, start, end);
  const stop = bodyEnd(bytes, start, end);
  if (body < 0 || body >= stop) return undefined;
  const { text, from } = repeatedText(bytes, start, body, stop) ?? { text: body, from: body };
  if (!isText(bytes, text, stop)) return undefined;
  return {
    number: u16(bytes, start + 2),
    source: u32(bytes, start + 8),
    from: from - start,
    to: stop - start,
    textBytes: stop - text,
  };
}

/** Version 2, a type of the session's, sources and header extension (RFC 3550 §5.1, §5.3.1); -1 for anything else. */
function bodyStart(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 13 || bytes[start]! >> 6 !== 2 || (bytes[start + 1]! & 0x7f) < FIRST_DYNAMIC) return -1;
  const sources = start + 12 + 4 * (bytes[start]! & 15);
  if ((bytes[start]! & 0x10) === 0) return sources;
  return sources + 4 > end ? -1 : sources + 4 + 4 * u16(bytes, sources + 2);
}

/** Without the padding, whose last byte is its length. */
function bodyEnd(bytes: Uint8Array, start: number, end: number): number {
  return (bytes[start]! & 0x20) === 0 ? end : end - bytes[end - 1]!;
}

/** Where the text of all blocks begins, and that of the last; all are of one type, which is not the packet's. */
function repeatedText(bytes: Uint8Array, start: number, body: number, end: number) {
  let at = body;
  let earlier = 0;
  while (at < end && bytes[at]! >= 0x80 && at - body < MAX_GENERATIONS * BLOCK_HEADER) {
    earlier += u16(bytes, at + 2) & 0x3ff;
    at += BLOCK_HEADER;
  }
  const text = at + 1;
  const type = bytes[at] ?? 0;
  if (at === body || text + earlier > end || type < FIRST_DYNAMIC || type === (bytes[start + 1]! & 0x7f))
    return undefined;
  for (let header = body; header < at; header += BLOCK_HEADER) {
    if ((bytes[header]! & 0x7f) !== type) return undefined;
  }
  return { text, from: text + earlier };
}

/** Bell, backspace and escape are part of T.140 (§8). */
function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    const length = isControl(bytes[at]!) ? 1 : characterBytes(bytes, at, to);
    if (length === 0 || at + length > to) return false;
    at += length;
  }
  return true;
}

function isControl(byte: number): boolean {
  return byte === 7 || byte === 8 || byte === 0x1b;
}
