// 802.2 LLC and SNAP: what Ethernet with a length field and 802.11 carry their network protocol in.

import { u16 } from '../octets.ts';
import type { Frame } from './frame.ts';

const LLC = 1;

/** Only SNAP with the Ethernet OUI names an EtherType (RFC 1042). Returns where the network protocol starts. */
export function walkLlc(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  walk.etherType = LLC;
  walk.networkEnd = end;
  const snap = end - at >= 8 && bytes[at] === 0xaa && bytes[at + 1] === 0xaa && bytes[at + 2] === 3;
  if (!snap || bytes[at + 3] !== 0 || bytes[at + 4] !== 0 || bytes[at + 5] !== 0) return at;
  walk.etherType = u16(bytes, at + 6);
  return at + 8;
}
