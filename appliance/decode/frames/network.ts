// IPv4 with fragments and IPv6 with its chain of extension headers, up to where the transport header starts.
// Second step of walk.ts. Of tunnels the outer header counts: nothing inside an IP packet is looked for another IP packet.

import { u16 } from '../octets.ts';
import type { Frame } from './frame.ts';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HIP = 139;
const SHIM6 = 140;
/** RFC 8200 §4.1 foresees seven; a longer chain is only made to hide something or to waste time. */
const MAX_EXTENSIONS = 32;

/** Returns where the transport header starts, or -1 where there is none to read. */
export function walkNetwork(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (walk.etherType === IPV4) return walkIpv4(walk, bytes, at, end);
  if (walk.etherType === IPV6) return walkIpv6(walk, bytes, at, end);
  return -1;
}

/** RFC 791 §3.1. A total length of zero is what segmentation offload leaves: then the frame's end counts. */
function walkIpv4(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 20 || bytes[at]! >> 4 !== 4) return -1;
  const header = (bytes[at]! & 15) * 4;
  if (header < 20) return -1;
  const total = u16(bytes, at + 2);
  if (total !== 0 && total < header) return -1;
  walk.ipVersion = 4;
  walk.sourceIp = at + 12;
  walk.destinationIp = at + 16;
  walk.protocol = bytes[at + 9]!;
  walk.ipEnd = total === 0 ? end : at + total;
  walk.networkEnd = Math.min(end, walk.ipEnd);
  const fragment = u16(bytes, at + 6);
  walk.fragment = (fragment & 0x3fff) !== 0;
  walk.laterFragment = (fragment & 0x1fff) !== 0;
  walk.fragmentHeader = at;
  return walk.laterFragment || header > end - at ? -1 : at + header;
}

/** RFC 8200 §3. A payload length of zero belongs to a jumbogram (RFC 2675) or offload: then the frame's end counts. */
function walkIpv6(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 40 || bytes[at]! >> 4 !== 6) return -1;
  const length = u16(bytes, at + 4);
  walk.ipVersion = 6;
  walk.sourceIp = at + 8;
  walk.destinationIp = at + 24;
  walk.ipEnd = length === 0 ? end : at + 40 + length;
  walk.networkEnd = Math.min(end, walk.ipEnd);
  return walkExtensions(walk, bytes, at + 40, walk.networkEnd, bytes[at + 6]!);
}

/** RFC 8200 §4. ESP (50), "no next header" (59) and unknown numbers end the chain as the packet's protocol. */
function walkExtensions(walk: Frame, bytes: Uint8Array, start: number, end: number, first: number): number {
  let next = first;
  let at = start;
  for (let count = 0; count < MAX_EXTENSIONS && isExtension(next); count++) {
    walk.protocol = next;
    if (end - at < 8) return -1;
    if (next === FRAGMENT && !readFragment(walk, bytes, at)) {
      walk.protocol = bytes[at]!;
      return -1;
    }
    const length = extensionLength(bytes, at, next);
    next = bytes[at]!;
    at += length;
  }
  walk.protocol = next;
  return isExtension(next) || at > end ? -1 : at;
}

function isExtension(next: number): boolean {
  return (
    next === HOP_BY_HOP ||
    next === ROUTING ||
    next === FRAGMENT ||
    next === AUTHENTICATION ||
    next === DESTINATION_OPTIONS ||
    next === MOBILITY ||
    next === HIP ||
    next === SHIM6
  );
}

/** Units are 8 bytes without the first, of the authentication header 4 bytes without the first two (RFC 4302 §2.2). */
function extensionLength(bytes: Uint8Array, at: number, type: number): number {
  if (type === FRAGMENT) return 8;
  return type === AUTHENTICATION ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8;
}

/** True when the transport header follows: a first or an atomic fragment (RFC 6946). */
function readFragment(walk: Frame, bytes: Uint8Array, at: number): boolean {
  const field = u16(bytes, at + 2);
  walk.fragment = (field & 0xfff9) !== 0;
  walk.laterFragment = (field & 0xfff8) !== 0;
  walk.fragmentHeader = at;
  return !walk.laterFragment;
}
