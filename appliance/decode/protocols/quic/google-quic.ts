// Google's QUIC before the IETF's: public headers (to Q043) and the first long headers (Q044 to Q049). Their first message,
// a CHLO, is not sealed: its table of tags is the body that a header needs to be believed (QUIC Crypto, "Handshake messages").
import { startsWith, u16le, u32, u32le } from '../../octets.ts';
import { googleVersion } from './quic-version.ts';

export interface GoogleQuicFacts {
  /** `Q043`. */
  readonly version: string;
  /** It contains a CHLO. */
  readonly hello: boolean;
  /** SNI of the CHLO. */
  readonly serverName: string | undefined;
}

const LONG = 0x80;
/** Public flags: version, reset, connection id, and two bits that must be zero. */
const PUBLIC_MASK = 0xcb;
const VERSION_AND_ID = 0x09;
/** Header, hash and head of the stream frame before a CHLO; more than that is none. */
const FARTHEST_HELLO = 64;
/** Entries of one hello; a table that states more is not taken for one. */
const MAX_TAGS = 128;
/** Characters of a host name (RFC 1035 §2.3.4, in text). */
const MAX_NAME = 253;

/** A packet that states a version, with a hello or without; undefined for all others. */
export function decodeGoogleQuic(bytes: Uint8Array, start: number, end: number): GoogleQuicFacts | undefined {
  if (end - start < 26) return undefined;
  const first = bytes[start]!;
  const isLong = first >= LONG;
  if (!isLong && (first & PUBLIC_MASK) !== VERSION_AND_ID) return undefined;
  const version = googleVersion(u32(bytes, isLong ? start + 1 : start + 9));
  if (version === undefined) return undefined;
  const tags = findHello(bytes, start, end);
  return { version, hello: tags >= 0, serverName: tags < 0 ? undefined : readName(bytes, tags, end) };
}

/** Where the table behind `CHLO` begins; -1 where there is none. */
function findHello(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 14; at < start + FARTHEST_HELLO && at + 8 <= end; at++) {
    if (startsWith(bytes, at, end, 'CHLO') && isTable(bytes, at + 4, end)) return at + 4;
  }
  return -1;
}

/** Number of entries, two bytes of zero, then tag and end of value, which never goes back. */
function isTable(bytes: Uint8Array, at: number, end: number): boolean {
  const count = u16le(bytes, at);
  if (count === 0 || count > MAX_TAGS || u16le(bytes, at + 2) !== 0) return false;
  let before = 0;
  for (let i = 0; i < count && at + 12 + i * 8 <= end; i++) {
    const valueEnd = u32le(bytes, at + 8 + i * 8);
    if (valueEnd < before || valueEnd > 0xffff) return false;
    before = valueEnd;
  }
  return true;
}

function readName(bytes: Uint8Array, at: number, end: number): string | undefined {
  const count = u16le(bytes, at);
  const values = at + 4 + count * 8;
  let from = 0;
  for (let i = 0; i < count; i++) {
    const entry = at + 4 + i * 8;
    const to = u32le(bytes, entry + 4);
    if (startsWith(bytes, entry, end, 'SNI\0')) return nameAt(bytes, values + from, values + to, end);
    from = to;
  }
  return undefined;
}

function nameAt(bytes: Uint8Array, from: number, to: number, end: number): string | undefined {
  if (to > end || to <= from || to - from > MAX_NAME) return undefined;
  const text = Buffer.from(bytes.subarray(from, to)).toString('latin1');
  return /^[\w.-]+$/.test(text) ? text : undefined;
}
