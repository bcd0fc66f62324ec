// Link headers: Ethernet II and 802.3, VLAN, PPPoE and MPLS looked through, Linux cooked (1, 2), BSD loopback, raw IP,
// 802.11 (wlan.ts), NFLOG (nflog.ts).
// First step of walk.ts; network.ts goes on where this returns.

import { u16, u32, u32le } from '../octets.ts';
import type { Frame } from './frame.ts';
import { walkLlc } from './llc.ts';
import { walkNflog } from './nflog.ts';
import { walkRadiotap, walkWlan } from './wlan.ts';

const ETHERNET = 1;
const NULL = 0;
const LOOP = 108;
const PPP = 9;
const PPPOE_LINK = 51;
const IEEE802_11 = 105;
const IEEE802_11_RADIOTAP = 127;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;
const NFLOG = 239;
const RAW = 101;
const RAW_BSD = 12;
const RAW_OPENBSD = 14;
const IPV4_LINK = 228;
const IPV6_LINK = 229;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** VLAN tags and MPLS labels that are looked through at most. */
const MAX_TAGS = 16;

/** LINKTYPE_RAW and the DLT_RAW values that files of BSDs and OpenBSD hold, and the two with a fixed version. */
function isRawIp(linkType: number): boolean {
  return (
    linkType === RAW ||
    linkType === RAW_BSD ||
    linkType === RAW_OPENBSD ||
    linkType === IPV4_LINK ||
    linkType === IPV6_LINK
  );
}

/** Links whose frames never have MACs. NFLOG is none of them: it has those that the rule saw, and the next packet may have more. */
export function isWithoutMacs(linkType: number): boolean {
  return isRawIp(linkType) || linkType === NULL || linkType === LOOP || linkType === PPP;
}

const KNOWN_LINKS: ReadonlySet<number> = new Set([
  ETHERNET,
  NULL,
  LOOP,
  PPP,
  PPPOE_LINK,
  IEEE802_11,
  IEEE802_11_RADIOTAP,
  LINUX_SLL,
  LINUX_SLL2,
  NFLOG,
  RAW,
  RAW_BSD,
  RAW_OPENBSD,
  IPV4_LINK,
  IPV6_LINK,
]);

/** Whether frames of this LINKTYPE_ number are looked into at all. */
export function readsLinkType(linkType: number): boolean {
  return KNOWN_LINKS.has(linkType);
}

/** Fills in addresses and EtherType; returns where the network protocol starts, or -1. */
export function walkLink(walk: Frame, bytes: Uint8Array, start: number, end: number, linkType: number): number {
  if (linkType === ETHERNET) return walkEthernet(walk, bytes, start, end);
  if (isRawIp(linkType)) return walkRaw(walk, bytes, start, end);
  switch (linkType) {
    case LINUX_SLL:
      return walkSll(walk, bytes, start, end);
    case LINUX_SLL2:
      return walkSll2(walk, bytes, start, end);
    case NULL:
    case LOOP:
      return walkLoopback(walk, bytes, start, end);
    case PPP:
      return walkPpp(walk, bytes, bytes[start] === 0xff && bytes[start + 1] === 3 ? start + 2 : start, end);
    case PPPOE_LINK:
      return walkPppoe(walk, bytes, start, end);
    case IEEE802_11_RADIOTAP:
      return walkRadiotap(walk, bytes, start, end);
    case IEEE802_11:
      return walkWlan(walk, bytes, start, end);
    case NFLOG: {
      const packet = walkNflog(walk, bytes, start, end);
      return packet < 0 ? -1 : walkRaw(walk, bytes, packet, walk.networkEnd);
    }
    default:
      return -1;
  }
}

function walkEthernet(walk: Frame, bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 12) return -1;
  walk.destinationMac = start;
  walk.sourceMac = start + 6;
  if (end - start < 14) return -1;
  return walkType(walk, bytes, start + 14, end, u16(bytes, start + 12));
}

/** What follows a two-byte type field: a tag, a shim, a length of 802.3, or the network protocol. */
function walkType(walk: Frame, bytes: Uint8Array, start: number, end: number, first: number): number {
  let type = first;
  let at = start;
  while (isVlanTag(type) && walk.vlans < MAX_TAGS) {
    walk.vlans++;
    if (end - at < 4) return -1;
    type = u16(bytes, at + 2);
    at += 4;
  }
  if (type < 0x600) return walkLlc(walk, bytes, at, Math.min(end, at + type));
  if (type === 0x8864) return walkPppoe(walk, bytes, at, end);
  if (type === 0x8847 || type === 0x8848) return walkMpls(walk, bytes, at, end);
  walk.etherType = type;
  return at;
}

/** 802.1Q, 802.1ad, and the two values used before it. */
function isVlanTag(type: number): boolean {
  return type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200;
}

/** RFC 2516: only session data (code 0) carries packets. */
function walkPppoe(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  walk.etherType = 0x8864;
  if (end - at < 8 || bytes[at + 1] !== 0) return -1;
  walk.pppoe = true;
  return walkPpp(walk, bytes, at + 6, end);
}

/** RFC 1661: protocol field of one byte when its low bit is set (compressed), else two. */
function walkPpp(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 2) return -1;
  const compressed = (bytes[at]! & 1) === 1;
  const protocol = compressed ? bytes[at]! : u16(bytes, at);
  if (protocol === 0x21) walk.etherType = IPV4;
  else if (protocol === 0x57) walk.etherType = IPV6;
  else return -1;
  return compressed ? at + 1 : at + 2;
}

/** RFC 3032: labels until the bottom of the stack, then IP by its version nibble. */
function walkMpls(walk: Frame, bytes: Uint8Array, start: number, end: number): number {
  walk.etherType = 0x8847;
  walk.mpls = true;
  let at = start;
  for (let label = 0; label < MAX_TAGS && end - at > 4; label++) {
    const bottom = (bytes[at + 2]! & 1) === 1;
    at += 4;
    if (bottom) return walkRaw(walk, bytes, at, end);
  }
  return -1;
}

function walkRaw(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end <= at) return -1;
  const version = bytes[at]! >> 4;
  if (version !== 4 && version !== 6) return -1;
  walk.etherType = version === 4 ? IPV4 : IPV6;
  return at;
}

/** LINKTYPE_LINUX_SLL: type, hardware type, address length, eight bytes of address, protocol. No receiver. */
function walkSll(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 16) return -1;
  if (u16(bytes, at + 4) === 6) walk.sourceMac = at + 6;
  return walkType(walk, bytes, at + 16, end, u16(bytes, at + 14));
}

/** LINKTYPE_LINUX_SLL2: protocol first, then interface, hardware type, packet type, address. */
function walkSll2(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 20) return -1;
  if (bytes[at + 11] === 6) walk.sourceMac = at + 12;
  return walkType(walk, bytes, at + 20, end, u16(bytes, at));
}

/** LINKTYPE_NULL is in the byte order of its maker, LOOP in network order: small numbers distinguish them. */
function walkLoopback(walk: Frame, bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 4) return -1;
  const family = Math.min(u32(bytes, at), u32le(bytes, at));
  if (family === 2) walk.etherType = IPV4;
  else if (family === 10 || family === 24 || family === 28 || family === 30) walk.etherType = IPV6;
  else return -1;
  return at + 4;
}
