// 802.11 frames as a monitor interface stores them, bare or behind radiotap: the two ends of each frame, and of data that is
// not protected what it carries. Protected payload is left alone: its keys are not here. Called by link.ts.

import { u16le, u32le } from '../octets.ts';
import type { Frame } from './frame.ts';
import { walkLlc } from './llc.ts';

/** As walk.ts calls it. */
const BAD_CHECKSUM = 2;

const MANAGEMENT = 0;
const DATA = 2;
/** Second byte of frame control (IEEE 802.11-2020 §9.2.4.1). */
const TO_DS = 0x01;
const FROM_DS = 0x02;
const PROTECTED = 0x40;
const ORDER = 0x80;
/** Of the subtypes of data: without payload, with a QoS field. */
const NO_DATA = 0x40;
const QOS = 0x80;
/** In the QoS field: several Ethernet frames in one. */
const AGGREGATE = 0x80;
const HEADER_BYTES = 24;

/** radiotap.org: flags say whether four bytes of check sum end the frame, and whether the header is padded to four. */
const HAS_TIME = 0x01;
const HAS_FLAGS = 0x02;
const MORE_FIELDS = 0x80000000;
const CHECKSUM_BYTES = 4;
const ENDS_WITH_CHECKSUM = 0x10;
const PADDED_HEADER = 0x20;
const BAD_CHECKSUM_FLAG = 0x40;

export function walkRadiotap(walk: Frame, bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8 || bytes[start] !== 0) return -1;
  const length = u16le(bytes, start + 2);
  if (length < 8 || length > end - start) return -1;
  const flags = radiotapFlags(bytes, start, start + length);
  // Bits of addresses may have flipped on the air: such a frame would make devices that do not exist.
  if ((flags & BAD_CHECKSUM_FLAG) !== 0) {
    walk.etherType = BAD_CHECKSUM;
    return -1;
  }
  const stop = (flags & ENDS_WITH_CHECKSUM) === 0 ? end : Math.max(start + length, end - CHECKSUM_BYTES);
  return walkFrame(walk, bytes, start + length, stop, (flags & PADDED_HEADER) !== 0);
}

function radiotapFlags(bytes: Uint8Array, start: number, end: number): number {
  const present = u32le(bytes, start + 4);
  if ((present & HAS_FLAGS) === 0) return 0;
  let at = start + 8;
  for (let word = present; (word & MORE_FIELDS) !== 0 && at + 4 <= end; at += 4) word = u32le(bytes, at);
  // The time stamp has eight bytes and is aligned to a multiple of eight.
  if ((present & HAS_TIME) !== 0) at = start + Math.ceil((at - start) / 8) * 8 + 8;
  return at < end ? bytes[at]! : 0;
}

export function walkWlan(walk: Frame, bytes: Uint8Array, start: number, end: number): number {
  return walkFrame(walk, bytes, start, end, false);
}

function walkFrame(walk: Frame, bytes: Uint8Array, start: number, end: number, padded: boolean): number {
  // Two bits of version, always zero: what has another was damaged on the air.
  if (end - start < HEADER_BYTES || (bytes[start]! & 3) !== 0) return -1;
  const type = (bytes[start]! >> 2) & 3;
  if (type !== MANAGEMENT && type !== DATA) return -1;
  const distribution = type === DATA ? bytes[start + 1]! & (TO_DS | FROM_DS) : 0;
  if (!readAddresses(walk, start, end, distribution)) return -1;
  return type === DATA ? walkData(walk, bytes, start, end, padded) : -1;
}

/** §9.3.2.1, table of address fields: the position of sender and receiver depends on the way through the access point. */
function readAddresses(walk: Frame, start: number, end: number, distribution: number): boolean {
  const [first, second, third, fourth] = [start + 4, start + 10, start + 16, start + 24];
  const both = distribution === (TO_DS | FROM_DS);
  if (both && end - start < HEADER_BYTES + 6) return false;
  walk.destinationMac = (distribution & TO_DS) === 0 ? first : third;
  walk.sourceMac = both ? fourth : (distribution & FROM_DS) === 0 ? second : third;
  return true;
}

function walkData(walk: Frame, bytes: Uint8Array, start: number, end: number, padded: boolean): number {
  const control = bytes[start]!;
  const flags = bytes[start + 1]!;
  // Later fragments begin in the middle of a packet.
  const fragment = bytes[start + 22]! & 15;
  if ((control & NO_DATA) !== 0 || (flags & PROTECTED) !== 0 || fragment !== 0) return -1;
  let at = start + HEADER_BYTES + ((flags & TO_DS) !== 0 && (flags & FROM_DS) !== 0 ? 6 : 0);
  if ((control & QOS) !== 0) {
    if (at < end && (bytes[at]! & AGGREGATE) !== 0) return -1;
    at += (flags & ORDER) === 0 ? 2 : 6;
  }
  if (padded) at = start + Math.ceil((at - start) / 4) * 4;
  return at < end ? walkLlc(walk, bytes, at, end) : -1;
}
