// Several protocols on one pair of ports: STUN, DTLS, media and TURN channels share them, distinguished datagram by datagram
// (RFC 7983). Asked by dispatcher.ts where the protocol known so far does not read a datagram.

import { u16, u32 } from '../../decode/octets.ts';

/** RFC 8489 §5. */
const STUN_COOKIE = 0x2112a442;
/** Major version of every DTLS record, complement of 1 (RFC 6347 §4.1). */
const DTLS_MAJOR = 0xfe;

/** Whether the first bytes are those of STUN or DTLS: worth a look in a conversation that is left alone otherwise. */
export function beginsShared(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!;
  if (first < 4) return end - start >= 20 && u32(bytes, start + 4) === STUN_COOKIE;
  return first >= 20 && first < 64 && end - start >= 13 && bytes[start + 1] === DTLS_MAJOR;
}

const CHANNEL_HEADER = 4;

/** Where the content of TURN's ChannelData begins (RFC 8656 §12.4: number 4000 to 4fff, length, at most 3 bytes behind); else `start`. */
export function channelContent(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < CHANNEL_HEADER || bytes[start]! >> 4 !== 4) return start;
  const left = end - start - CHANNEL_HEADER - u16(bytes, start + 2);
  return left >= 0 && left < 4 ? start + CHANNEL_HEADER : start;
}
