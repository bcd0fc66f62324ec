// Grammar of protocols that are encrypted by definition and say so in their first bytes: SSH, WireGuard, IKE. With TLS,
// DTLS and QUIC these are the only proofs of encryption that the verdict accepts (performance.md §7, rule 1).
import { indexOfByte, isAsciiLine, startsWith, textAt, u16, u32, u32le } from '../octets.ts';

export interface SshFacts {
  /** `OpenSSH_9.2p1`, `dropbear_2019.78`. */
  readonly software: string;
  /** Identification line with its end; the key exchange follows. */
  readonly lineBytes: number;
}

/** RFC 4253 §4.2: `SSH-2.0-software comments` CR LF, at most 255 bytes. */
export function decodeSsh(bytes: Uint8Array, start: number, end: number): SshFacts | undefined {
  if (!startsWith(bytes, start, end, 'SSH-2.0-') && !startsWith(bytes, start, end, 'SSH-1.')) return undefined;
  const feed = indexOfByte(bytes, 10, start, Math.min(end, start + 255));
  const lineEnd = feed < 0 ? Math.min(end, start + 255) : feed;
  const text = textAt(bytes, start + 8, lineEnd).trim();
  return isAsciiLine(bytes, start, start + 8)
    ? { software: text.split(' ', 1)[0] ?? '', lineBytes: lineEnd + 1 - start }
    : undefined;
}

/** RFC 4253 §12. */
const SSH_KEXINIT = 20;
/** SSH_SMSG_PUBLIC_KEY of version 1. */
const SSH1_PUBLIC_KEY = 2;
/** RFC 4253 §6.1: the size that every implementation must take. */
const SSH_PACKET_LIMIT = 35_000;

/**
 * Whether the first packet behind the identification line offers keys (RFC 4253 §6, §7.1): length, padding, number, cookie and
 * the first list of names. That of version 1 is the server's key behind one to eight bytes of padding.
 */
export function isSshKeyExchange(bytes: Uint8Array, start: number, end: number): boolean {
  const length = u32(bytes, start);
  if (end - start < 12 || length < 12 || length > SSH_PACKET_LIMIT) return false;
  if (bytes[start + 4 + 8 - (length % 8)] === SSH1_PUBLIC_KEY && length < 1024) return true;
  const names = u32(bytes, start + 22);
  if (bytes[start + 5] !== SSH_KEXINIT || bytes[start + 4]! < 4 || names === 0 || names > length) return false;
  return end - start > 26 && isAsciiLine(bytes, start + 26, Math.min(end, start + 26 + names));
}

export type WireguardMessage = 'initiation' | 'response' | 'cookie' | 'data';

/** WireGuard paper §5.4: a type, three zero bytes, and for each type its length. Data alone proves little. */
export function decodeWireguard(bytes: Uint8Array, start: number, end: number): WireguardMessage | undefined {
  const size = end - start;
  if (size < 32) return undefined;
  const type = u32le(bytes, start);
  if (type === 1 && size === 148) return 'initiation';
  if (type === 2 && size === 92) return 'response';
  if (type === 3 && size === 64) return 'cookie';
  return type === 4 && size % 16 === 0 ? 'data' : undefined;
}

const ZRTP_COOKIE = 0x5a525450;
const ZRTP_PREAMBLE = 0x505a;

/** RFC 6189 §5: a header like RTP's with the cookie, then a message with its length in words and its type; a check sum ends it. */
export function decodeZrtp(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < 28 || bytes[start]! >> 4 !== 1 || u32(bytes, start + 4) !== ZRTP_COOKIE) return undefined;
  const words = u16(bytes, start + 14);
  if (u16(bytes, start + 12) !== ZRTP_PREAMBLE || 12 + words * 4 + 4 !== end - start) return undefined;
  return textAt(bytes, start + 16, start + 24).trim();
}

export interface IkeFacts {
  readonly major: number;
  readonly exchange: number;
  readonly natTraversal: boolean;
}

/** RFC 7296 §3.1, RFC 2408 §3.1; behind four zero bytes on port 4500 (RFC 3948 §2.2). The length field must fit. */
export function decodeIke(bytes: Uint8Array, start: number, end: number): IkeFacts | undefined {
  const natTraversal = end - start >= 32 && u32(bytes, start) === 0;
  const at = natTraversal ? start + 4 : start;
  if (end - at < 28) return undefined;
  const version = bytes[at + 17]!;
  const exchange = bytes[at + 18]!;
  const hasInitiator = u32(bytes, at) !== 0 || u32(bytes, at + 4) !== 0;
  if ((version !== 0x10 && version !== 0x20) || !hasInitiator || u32(bytes, at + 24) !== end - at) return undefined;
  const known =
    version === 0x20 ? exchange >= 34 && exchange <= 43 : exchange <= 5 || exchange === 32 || exchange === 33;
  return known ? { major: version >> 4, exchange, natTraversal } : undefined;
}
