// Looks at the payload of one packet for what needs the order of bytes: readable text, TLS record framing, traces of
// media and RTP. Called by the analyzer for every packet with payload; the counters add up and verdict.ts reads them.

import { addressOf, kernel, MARKS } from '../../kernel/payload-kernel.ts';

/** Position of each counter. All but the text counters are made over the first SCAN_BYTES of a direction only. */
export const EVIDENCE = {
  /** Payload bytes scanned. */
  scanned: 0,
  /** Packets scanned. */
  packets: 1,
  /** Packets of at least 32 bytes of payload that begin with readable text, in the whole direction, outside TLS records. */
  textPackets: 2,
  /** Payload bytes of those packets. */
  textBytes: 3,
  /** 0xff followed by any byte, and by 00 or d0-d7: what JPEG's entropy coding writes (ITU-T T.81 B.1.1.5). */
  ff: 4,
  ffStuffed: 5,
  /** 00 00 01 and a NAL unit header of H.264 (ITU-T H.264 annex B) or H.265, from byte 64 of a packet on. */
  startCodes: 6,
  /** Packets that hold 47 every 188 bytes, at least four times (ISO/IEC 13818-1). */
  tsPackets: 7,
  /** MPEG audio or ADTS headers followed by another at the distance the first one states (ISO/IEC 11172-3 §2.4). */
  audioLinks: 8,
  /** Four-byte marks inside containers: MP4 boxes, Matroska clusters, Ogg pages, JPEG and PNG starts. */
  containerMarks: 9,
  /** TLS record headers at the start of a packet, and where the header before said the next would be (RFC 8446 §5.1). */
  tlsHeads: 10,
  tlsLinks: 11,
  /** UDP packets that continue an RTP sequence (RFC 3550 §5.1): same source, number one higher, a clock that does not jump. */
  rtpSequential: 12,
  /** Of those: static payload type of RFC 3551 table 4 and 5, or the same first byte behind all headers as the packet before. */
  rtpStatic: 13,
  rtpSamePayloadByte: 14,
  /** WireGuard transport messages: 04 00 00 00, length a multiple of 16 from 32 up. */
  wireguardData: 15,
  /** TLS records of type 23 among heads and links: application data. */
  tlsData: 16,
  /** RTP packets of the sequence whose clock went on. */
  rtpTicks: 17,
} as const;

/** Counters per direction, to store and to add. */
export const EVIDENCE_SIZE = 18;
/** Counters plus the scanner's memory between packets, which is neither stored nor added. */
export const EVIDENCE_SLOTS = EVIDENCE_SIZE + 5;

export const SCAN_BYTES = 131_072;
const TEXT_MINIMUM = 32;
const TEXT_LOOK = 64;

/** Memory: bytes left in the current TLS record (-1: not in step), the last RTP number, source, payload byte and clock. */
const TLS_LEFT = EVIDENCE_SIZE;
const RTP_NUMBER = EVIDENCE_SIZE + 1;
const RTP_SOURCE = EVIDENCE_SIZE + 2;
const RTP_BYTE = EVIDENCE_SIZE + 3;
const RTP_CLOCK = EVIDENCE_SIZE + 4;

/**
 * Adds what the payload `bytes[start, end)` shows to the EVIDENCE_SLOTS integers at `base` of `slots`, all zero at
 * first. Packets in the order they came; at most SCAN_BYTES are looked at, text in the first 64 of every packet.
 */
export function scanEvidence(
  slots: Int32Array,
  base: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  transport: 'tcp' | 'udp',
): void {
  if (end <= start) return;
  const isText = !isInsideRecord(slots, base, transport) && beginsReadable(bytes, start, end);
  if (isText) {
    slots[base + EVIDENCE.textPackets]! += 1;
    slots[base + EVIDENCE.textBytes]! += end - start;
  }
  const scanned = slots[base + EVIDENCE.scanned]!;
  if (scanned >= SCAN_BYTES) return;
  const stop = Math.min(end, start + SCAN_BYTES - scanned);
  slots[base + EVIDENCE.scanned] = scanned + stop - start;
  slots[base + EVIDENCE.packets]! += 1;
  // Neither text nor what is proven to be TLS can hold media: half the bytes of a home need no look.
  if (!isText && slots[base + EVIDENCE.tlsHeads]! + slots[base + EVIDENCE.tlsLinks]! < 2) {
    const at = addressOf(bytes, start, stop);
    scanMarks(slots, base, at, at + stop - start);
    if (kernel.holdsTransportStream(at, at + stop - start) !== 0) slots[base + EVIDENCE.tsPackets]! += 1;
  }
  if (transport === 'tcp') scanRecords(slots, base, bytes, start, end);
  else scanDatagram(slots, base, bytes, start, end);
}

/** A packet inside a TLS record may begin with the readable part of a certificate. Believed once a record was counted. */
function isInsideRecord(slots: Int32Array, base: number, transport: 'tcp' | 'udp'): boolean {
  if (transport !== 'tcp' || slots[base + TLS_LEFT]! <= 1) return false;
  const records = slots[base + EVIDENCE.tlsHeads]! + slots[base + EVIDENCE.tlsLinks]!;
  return records > 0 && slots[base + EVIDENCE.scanned]! < SCAN_BYTES;
}

/** At most 8 % of the first 64 bytes are not printable. Of random 32-byte packets 1 in 10^10 passes. */
export function beginsReadable(bytes: Uint8Array, start: number, end: number): boolean {
  const look = Math.min(end - start, TEXT_LOOK);
  if (look < TEXT_MINIMUM) return false;
  let left = Math.floor(look * 0.08);
  for (let i = start; i < start + look; i++) {
    const b = bytes[i]!;
    if ((b >= 0x20 && b < 0x7f) || b === 10 || b === 13 || b === 9) continue;
    if (--left < 0) return false;
  }
  return true;
}

/** Everything that is found at any offset: first bytes FF, 00 and those of container marks, in one pass of the kernel. */
function scanMarks(slots: Int32Array, base: number, start: number, stop: number): void {
  kernel.scanMarks(start, stop);
  slots[base + EVIDENCE.ff]! += MARKS[0]!;
  slots[base + EVIDENCE.ffStuffed]! += MARKS[1]!;
  slots[base + EVIDENCE.startCodes]! += MARKS[2]!;
  slots[base + EVIDENCE.containerMarks]! += MARKS[3]!;
  slots[base + EVIDENCE.audioLinks]! += MARKS[4]!;
}

/**
 * A TLS record header (RFC 8446 §5.1): type 20 to 23, version 03 00 to 03 04, length 1 to 2^14 + 2048 (RFC 5246
 * §6.2.3). Random bytes look like one in 3 of 10^6 places.
 */
function isRecordHeader(bytes: Uint8Array, i: number): boolean {
  const type = bytes[i]!;
  if (type < 20 || type > 23 || bytes[i + 1] !== 3 || bytes[i + 2]! > 4) return false;
  const length = (bytes[i + 3]! << 8) | bytes[i + 4]!;
  return length > 0 && length <= 18_432;
}

/**
 * Follows records through the packets of one direction. Out of step (gap, start of capture) it counts a header only where
 * a packet begins; one found further inside is believed and counted when the next one is where it says.
 */
function scanRecords(slots: Int32Array, base: number, bytes: Uint8Array, start: number, end: number): void {
  // Stored plus one, so that fresh zeroed slots mean `not in step`.
  const pending = slots[base + TLS_LEFT]! - 1;
  let left = pending < 0 ? -1 : walkRecords(slots, base, bytes, start + pending, end);
  if (left < 0 && end - start >= 5 && isRecordHeader(bytes, start)) {
    count(slots, base, EVIDENCE.tlsHeads, bytes, start);
    left = walkRecords(slots, base, bytes, afterRecord(bytes, start), end);
  }
  if (left < 0 && slots[base + EVIDENCE.scanned]! < SEARCH_BYTES) left = searchRecord(slots, base, bytes, start, end);
  slots[base + TLS_LEFT] = left + 1;
}

/** From where a header is due. Returns how much of the last record is still to come, -1 without a header. */
function walkRecords(slots: Int32Array, base: number, bytes: Uint8Array, due: number, end: number): number {
  let i = due;
  while (i < end) {
    if (i + 5 > end || !isRecordHeader(bytes, i)) return -1;
    count(slots, base, EVIDENCE.tlsLinks, bytes, i);
    i = afterRecord(bytes, i);
  }
  return i - end;
}

/** Enough to meet two records of full size in a stream that is joined in its middle. */
const SEARCH_BYTES = 49_152;

/** A place inside the packet from which records reach its end; what it says is checked in the packets to come. */
function searchRecord(slots: Int32Array, base: number, bytes: Uint8Array, start: number, end: number): number {
  const shift = start - addressOf(bytes, start, end);
  const stop = end - shift;
  for (let at = kernel.findRecord(start + 1 - shift, stop); at < stop; at = kernel.findRecord(at + 1, stop)) {
    const header = at + shift;
    if (header + 5 > end || !isRecordHeader(bytes, header)) continue;
    const left = walkRecords(slots, base, bytes, afterRecord(bytes, header), end);
    if (left >= 0) return left;
  }
  return -1;
}

function afterRecord(bytes: Uint8Array, header: number): number {
  return header + 5 + ((bytes[header + 3]! << 8) | bytes[header + 4]!);
}

function count(slots: Int32Array, base: number, counter: number, bytes: Uint8Array, header: number): void {
  slots[base + counter]! += 1;
  if (bytes[header] === 23) slots[base + EVIDENCE.tlsData]! += 1;
}

function scanDatagram(slots: Int32Array, base: number, bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  const reservedZero = bytes[start + 1] === 0 && bytes[start + 2] === 0 && bytes[start + 3] === 0;
  if (length >= 32 && length % 16 === 0 && bytes[start] === 4 && reservedZero) {
    slots[base + EVIDENCE.wireguardData]! += 1;
  }
  if (length >= 20 && bytes[start]! >> 6 === 2) scanRtp(slots, base, bytes, start, end);
}

/** Steps of the clock between two packets of a stream: below 12 seconds at 90 kHz (RFC 3551 §4.1). */
const MAX_TICKS = 2 ** 20;

function scanRtp(slots: Int32Array, base: number, bytes: Uint8Array, start: number, end: number): void {
  const body = rtpBody(bytes, start, end);
  if (body < 0) return;
  const number = (bytes[start + 2]! << 8) | bytes[start + 3]!;
  const clock = word(bytes, start + 4);
  const source = word(bytes, start + 8);
  const ticks = (clock - slots[base + RTP_CLOCK]!) >>> 0;
  const follows = source === slots[base + RTP_SOURCE] && number === ((slots[base + RTP_NUMBER]! + 1) & 0xffff);
  if (follows && ticks < MAX_TICKS) {
    slots[base + EVIDENCE.rtpSequential]! += 1;
    if (ticks > 0) slots[base + EVIDENCE.rtpTicks]! += 1;
    if ((bytes[start + 1]! & 0x7f) <= 34) slots[base + EVIDENCE.rtpStatic]! += 1;
    if (bytes[body] === slots[base + RTP_BYTE]) slots[base + EVIDENCE.rtpSamePayloadByte]! += 1;
  }
  slots[base + RTP_NUMBER] = number;
  slots[base + RTP_SOURCE] = source;
  slots[base + RTP_CLOCK] = clock;
  slots[base + RTP_BYTE] = bytes[body]!;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/**
 * Where the payload begins: behind the contributing sources (CC) and the header extension (X: 4 bytes and as many words as
 * it says, RFC 3550 §5.3.1). Padding (P) is at the end and does not matter. -1 for RTCP on the same ports (types 64 to 95,
 * RFC 5761 §4), or where the headers leave nothing.
 */
function rtpBody(bytes: Uint8Array, start: number, end: number): number {
  const type = bytes[start + 1]! & 0x7f;
  if (type >= 64 && type <= 95) return -1;
  let body = start + 12 + 4 * (bytes[start]! & 15);
  if ((bytes[start]! & 0x10) !== 0) {
    if (body + 4 > end) return -1;
    body += 4 + 4 * ((bytes[body + 2]! << 8) | bytes[body + 3]!);
  }
  return body < end ? body : -1;
}
