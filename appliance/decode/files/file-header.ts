// The first bytes of a capture file, recognised also in the middle: files joined with `cat`, or a capture
// program that was started again and appended. Used by both readers where what follows is no record of their own format.

import { u16, u16le, u32, u32le } from '../octets.ts';

/** Bytes needed to decide. */
export const HEADER_LOOK_BYTES = 24;

const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_BYTE_ORDERS: ReadonlySet<number> = new Set([0x1a2b3c4d, 0x4d3c2b1a]);
/** Microseconds, nanoseconds, and Kuznetzov's patch. */
const PCAP_MAGICS: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34]);

/** Whether there is a magic number at `at`; four bytes must be there. */
export function hasFileMagic(bytes: Uint8Array, at: number): boolean {
  return u32(bytes, at) === PCAPNG_SECTION || hasPcapMagic(bytes, at);
}

export function hasPcapMagic(bytes: Uint8Array, at: number): boolean {
  return PCAP_MAGICS.has(u32(bytes, at)) || PCAP_MAGICS.has(u32le(bytes, at));
}

/** Whether there is a file header at `at`: with a version that only a header has. False if there are too few bytes to decide. */
export function beginsFile(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < HEADER_LOOK_BYTES) return false;
  if (u32(bytes, at) === PCAPNG_SECTION) return PCAPNG_BYTE_ORDERS.has(u32(bytes, at + 8));
  if (!hasPcapMagic(bytes, at)) return false;
  const read = PCAP_MAGICS.has(u32(bytes, at)) ? u16 : u16le;
  return read(bytes, at + 4) === 2 && read(bytes, at + 6) <= 4;
}
