// LINKTYPE_NFLOG (239): what a netfilter rule handed to a logger: a header of four bytes, then fields of type, length, value,
// one of which is the IP packet. Layout: tcpdump.org/linktypes/LINKTYPE_NFLOG.html. Called by link.ts.

import { u16, u16le } from '../octets.ts';
import type { Frame } from './frame.ts';

const HEADER_BYTES = 4;
/** Of a field's own header: two bytes of length, these included, then two of type. */
const FIELD_BYTES = 4;
/** NFULA_PAYLOAD, NFULA_HWADDR, NFULA_HWTYPE and NFULA_HWHEADER of linux/netfilter/nfnetlink_log.h. */
const PAYLOAD = 9;
const HARDWARE_ADDRESS = 8;
const HARDWARE_TYPE = 15;
const HARDWARE_HEADER = 17;
const ARPHRD_ETHER = 1;
const ETHERNET_BYTES = 14;
/** The kernel writes about a dozen; more are only made to waste time. */
const MAX_FIELDS = 64;

type Read = (bytes: Uint8Array, at: number) => number;

/** Returns where the packet starts and sets where it ends, or -1. Fields are in the byte order of the machine that captured. */
export function walkNflog(walk: Frame, bytes: Uint8Array, start: number, end: number): number {
  if (end - start < HEADER_BYTES + FIELD_BYTES || bytes[start + 1] !== 0) return -1;
  const first = start + HEADER_BYTES;
  return walkFields(walk, bytes, first, end, fits(bytes, first, end, u16le) ? u16le : u16);
}

/** Types are small: of the wrong byte order the first field's is a multiple of 256. */
function fits(bytes: Uint8Array, at: number, end: number, read: Read): boolean {
  const length = read(bytes, at);
  return length >= FIELD_BYTES && length <= end - at && (read(bytes, at + 2) & 0x7fff) < 256;
}

function walkFields(walk: Frame, bytes: Uint8Array, first: number, end: number, read: Read): number {
  let at = first;
  let payload = -1;
  let isEthernet = true;
  for (let count = 0; count < MAX_FIELDS && end - at >= FIELD_BYTES; count++) {
    const length = read(bytes, at);
    if (length < FIELD_BYTES || length > end - at) break;
    const type = read(bytes, at + 2) & 0x7fff;
    const value = at + FIELD_BYTES;
    const size = length - FIELD_BYTES;
    if (type === HARDWARE_TYPE && size >= 2) isEthernet = u16(bytes, value) === ARPHRD_ETHER;
    else if (type === HARDWARE_ADDRESS) readSender(walk, bytes, value, size);
    else if (type === HARDWARE_HEADER && size === ETHERNET_BYTES) readEthernet(walk, value);
    else if (type === PAYLOAD) {
      payload = value;
      walk.networkEnd = value + size;
    }
    at += length + ((4 - (length % 4)) % 4);
  }
  if (!isEthernet) forgetAddresses(walk);
  return payload;
}

/** Length of the address in network order, two bytes of padding, eight of address. */
function readSender(walk: Frame, bytes: Uint8Array, value: number, size: number): void {
  if (size >= 10 && u16(bytes, value) === 6 && walk.sourceMac < 0) walk.sourceMac = value + 4;
}

function readEthernet(walk: Frame, value: number): void {
  walk.destinationMac = value;
  walk.sourceMac = value + 6;
}

function forgetAddresses(walk: Frame): void {
  walk.destinationMac = -1;
  walk.sourceMac = -1;
}
