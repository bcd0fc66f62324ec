// Whether a datagram is QUIC by more than its first bytes: each long header states a length, and packets follow each other to
// the datagram's end (RFC 9000 §12.2, §17.2). quic.ts opens what can be opened; the listener joins both sides' connection ids.
import { hexAt, u16, u32 } from '../../octets.ts';
import { hasLongHeader, VERSION_2 } from './quic-version.ts';

export interface QuicForm {
  readonly version: number;
  /** Connection ids, hexadecimal; empty where one has no bytes. */
  readonly destination: string;
  readonly source: string;
  readonly negotiation: boolean;
  /** The bit that is always set is not: allowed after negotiation (RFC 9287), weak evidence in the first packet. */
  readonly greased: boolean;
}

const FIXED_BIT = 0x40;
/** RFC 9000 §17.2. */
const MAX_CID = 20;
/** Packet number, and what header protection samples (RFC 9001 §5.4.2). */
const LEAST_LENGTH = 20;
/** RFC 9001 §5.8. */
const RETRY_TAG = 16;
/** Coalesced in one datagram; handshakes need four. */
const MAX_PACKETS = 8;

/**
 * The first long header of a datagram whose packets fit; `undefined` for all else. Of a datagram that the capture cut
 * (`whole` false) no more than the header can be asked for.
 */
export function quicForm(bytes: Uint8Array, start: number, end: number, whole: boolean): QuicForm | undefined {
  const first = bytes[start] ?? 0;
  if (first < 0x80 || end - start < 7) return undefined;
  const version = u32(bytes, start + 1);
  const sourceAt = start + 6 + bytes[start + 5]!;
  if (bytes[start + 5]! > MAX_CID || sourceAt >= end || bytes[sourceAt]! > MAX_CID) return undefined;
  const bodyAt = sourceAt + 1 + bytes[sourceAt]!;
  if (bodyAt > end) return undefined;
  const ids = { destination: hexAt(bytes, start + 6, sourceAt), source: hexAt(bytes, sourceAt + 1, bodyAt) };
  if (version === 0)
    return listsVersions(bytes, bodyAt, end) ? { version, ...ids, negotiation: true, greased: false } : undefined;
  if (!hasLongHeader(version)) return undefined;
  if (whole && !packetsFit(bytes, start, end)) return undefined;
  return { version, ...ids, negotiation: false, greased: (first & FIXED_BIT) === 0 };
}

/** RFC 9000 §17.2.1: versions to the end, none of them zero, one of them known to anybody. */
function listsVersions(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 4 || (end - at) % 4 !== 0) return false;
  let known = 0;
  for (let i = at; i < end; i += 4) {
    const version = u32(bytes, i);
    if (version === 0) return false;
    if (hasLongHeader(version)) known++;
  }
  return known > 0;
}

/** Packets of the same version from `start` until the end, a short header, or padding behind the last. */
function packetsFit(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let count = 0; count < MAX_PACKETS && at < end; count++) {
    const isLong = bytes[at]! >= 0x80 && u32(bytes, at + 1) === u32(bytes, start + 1);
    if (!isLong) return count > 0;
    const next = packetEnd(bytes, at, end);
    if (next === undefined) return false;
    at = next;
  }
  return at === end;
}

/** Undefined where the length does not lie in the datagram. */
function packetEnd(bytes: Uint8Array, start: number, end: number): number | undefined {
  const sourceAt = start + 6 + (bytes[start + 5] ?? 0);
  const bodyAt = sourceAt + 1 + (bytes[sourceAt] ?? 0);
  const type = (((bytes[start] ?? 0) >> 4) + (u32(bytes, start + 1) === VERSION_2 ? 3 : 0)) & 3;
  if (type === RETRY) return end - bodyAt > RETRY_TAG ? end : undefined;
  const lengthAt = type === INITIAL ? afterToken(bytes, bodyAt, end) : bodyAt;
  const length = varint(bytes, lengthAt, end);
  if (length === undefined || length.value < LEAST_LENGTH || length.next + length.value > end) return undefined;
  return length.next + length.value;
}

/** Of version 1; version 2 counts one further (RFC 9369 §3.2). */
const INITIAL = 0;
const RETRY = 3;

function afterToken(bytes: Uint8Array, at: number, end: number): number {
  const token = varint(bytes, at, end);
  return token === undefined ? end : token.next + token.value;
}

/** RFC 9000 §16; what is above 32 bits fits no datagram. */
function varint(bytes: Uint8Array, at: number, end: number): { value: number; next: number } | undefined {
  const first = bytes[at];
  if (first === undefined || at >= end) return undefined;
  const size = 1 << (first >> 6);
  if (at + size > end) return undefined;
  if (size === 1) return { value: first & 0x3f, next: at + 1 };
  if (size === 2) return { value: u16(bytes, at) & 0x3fff, next: at + 2 };
  if (size === 4) return { value: u32(bytes, at) - 0x80000000, next: at + 4 };
  return u32(bytes, at) === 0xc0000000 ? { value: u32(bytes, at + 4), next: at + 8 } : undefined;
}
