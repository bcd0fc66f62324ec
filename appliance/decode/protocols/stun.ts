// STUN (RFC 8489 §5) and its older form (RFC 3489): how a device finds its public address, and by which software.
import { textAt, u16, u32 } from '../octets.ts';

export interface StunFacts {
  readonly kind: 'request' | 'indication' | 'success' | 'error';
  readonly method: number;
  readonly software: string | undefined;
  readonly userName: string | undefined;
  /** Without the magic cookie: RFC 3489, weaker evidence. */
  readonly classic: boolean;
  readonly truncated: boolean;
}

const COOKIE = 0x2112a442;
const KINDS = ['request', 'indication', 'success', 'error'] as const;
const ATTRIBUTE = { userName: 0x0006, software: 0x8022 } as const;

/** `undefined` where type, length or attributes are not STUN's. */
export function decodeStun(bytes: Uint8Array, start: number, end: number): StunFacts | undefined {
  if (end - start < 20 || bytes[start]! >= 0x40) return undefined;
  const type = u16(bytes, start);
  const length = u16(bytes, start + 2);
  const stop = start + 20 + length;
  if (length % 4 !== 0 || stop !== end) return undefined;
  const classic = u32(bytes, start + 4) !== COOKIE;
  const method = (type & 0x0f) | ((type & 0xe0) >> 1) | ((type & 0x3e00) >> 2);
  // RFC 3489 knows methods 1 and 2 only.
  if (method === 0 || method > 0x0f || (classic && method > 2)) return undefined;
  const attributes = readAttributes(bytes, start + 20, stop);
  if (attributes === undefined) return undefined;
  return { kind: KINDS[((type >> 4) & 1) | ((type >> 7) & 2)]!, method, ...attributes, classic, truncated: false };
}

/** §14: type, length, value, padded to four bytes. */
function readAttributes(bytes: Uint8Array, start: number, end: number) {
  let software: string | undefined;
  let userName: string | undefined;
  for (let at = start; at < end; ) {
    const size = u16(bytes, at + 2);
    const next = at + 4 + size + ((4 - (size & 3)) & 3);
    if (at + 4 > end || next > end) return undefined;
    if (u16(bytes, at) === ATTRIBUTE.software) software = textAt(bytes, at + 4, at + 4 + size);
    if (u16(bytes, at) === ATTRIBUTE.userName) userName = textAt(bytes, at + 4, at + 4 + size);
    at = next;
  }
  return { software, userName };
}
