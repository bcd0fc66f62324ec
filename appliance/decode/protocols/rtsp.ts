// RTSP 1.0 and 2.0 heads (RFC 2326, RFC 7826) and the frames interleaved with them (RFC 2326 §10.12).

import { u16 } from '../octets.ts';
import { decodeTextHead, startsTextHead, type TextHead } from './http.ts';

const METHODS = new Set(
  'OPTIONS DESCRIBE ANNOUNCE SETUP PLAY PAUSE RECORD TEARDOWN GET_PARAMETER SET_PARAMETER REDIRECT PLAY_NOTIFY'.split(
    ' ',
  ),
);

/** `undefined` where the bytes do not start an RTSP message. */
export function decodeRtsp(bytes: Uint8Array, start: number, end: number): TextHead | undefined {
  return decodeTextHead(bytes, start, end, 'RTSP/', METHODS);
}

/** Whether an RTSP message begins here: the start line alone. */
export function startsRtsp(bytes: Uint8Array, start: number, end: number): boolean {
  return startsTextHead(bytes, start, end, 'RTSP/', METHODS);
}

/** Length of an interleaved frame (`$`, channel, 16-bit length, RTP or RTCP) with its header; 0 where none begins. */
export function interleavedBytes(bytes: Uint8Array, at: number, end: number): number {
  return at + 4 <= end && bytes[at] === 0x24 ? 4 + u16(bytes, at + 2) : 0;
}
