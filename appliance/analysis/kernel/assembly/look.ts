// What ../../packet/payload/payload-scan.ts looks for in one payload, line by line the same, on counters that lie in this
// memory. Called by walker.ts; payload-scan.ts says what is counted and why.

import { findRecord, holdsTransportStream, marks, scanMarks } from './payload';

// Positions of EVIDENCE in payload-scan.ts, in bytes.
const SCANNED: usize = 0;
const PACKETS: usize = 4;
const TEXT_PACKETS: usize = 8;
const TEXT_BYTES: usize = 12;
const FF: usize = 16;
const FF_STUFFED: usize = 20;
const START_CODES: usize = 24;
const TS_PACKETS: usize = 28;
const AUDIO_LINKS: usize = 32;
const CONTAINER_MARKS: usize = 36;
const TLS_HEADS: usize = 40;
const TLS_LINKS: usize = 44;
const RTP_SEQUENTIAL: usize = 48;
const RTP_STATIC: usize = 52;
const RTP_SAME_BYTE: usize = 56;
const WIREGUARD: usize = 60;
const TLS_DATA: usize = 64;
const RTP_TICKS: usize = 68;
const TLS_LEFT: usize = 72;
const RTP_NUMBER: usize = 76;
const RTP_SOURCE: usize = 80;
const RTP_BYTE: usize = 84;
const RTP_CLOCK: usize = 88;

const SCAN_BYTES: i32 = 131_072;
const SEARCH_BYTES: i32 = 49_152;
/** As in payload-scan.ts: a packet whose RTP clock stepped as far or further does not count as the next of its stream. */
const MAX_TICKS: u32 = 1 << 20;

function add(slot: usize, by: i32): void {
  store<i32>(slot, load<i32>(slot) + by);
}

function be16(at: usize): u32 {
  return bswap<u16>(load<u16>(at)) as u32;
}

/** Adds what the payload [start, end), at least one byte, shows to the counters at `slots`. */
export function lookAt(slots: usize, start: usize, end: usize, isTcp: bool): void {
  const isText = !(isTcp && isInsideRecord(slots)) && beginsReadable(start, end);
  if (isText) {
    add(slots + TEXT_PACKETS, 1);
    add(slots + TEXT_BYTES, (end - start) as i32);
  }
  const scanned = load<i32>(slots + SCANNED);
  if (scanned >= SCAN_BYTES) return;
  const length = min((end - start) as i32, SCAN_BYTES - scanned);
  store<i32>(slots + SCANNED, scanned + length);
  add(slots + PACKETS, 1);
  if (!isText && load<i32>(slots + TLS_HEADS) + load<i32>(slots + TLS_LINKS) < 2)
    addMarks(slots, start, start + length);
  if (isTcp) lookForRecords(slots, start, end);
  else lookAtDatagram(slots, start, end);
}

function isInsideRecord(slots: usize): bool {
  if (load<i32>(slots + TLS_LEFT) <= 1) return false;
  return load<i32>(slots + TLS_HEADS) + load<i32>(slots + TLS_LINKS) > 0 && load<i32>(slots + SCANNED) < SCAN_BYTES;
}

function beginsReadable(start: usize, end: usize): bool {
  const look = min(end - start, 64);
  if (look < 32) return false;
  let left = ((look * 8) / 100) as i32;
  for (let at = start; at < start + look; at++) {
    const byte = load<u8>(at);
    if ((byte >= 0x20 && byte < 0x7f) || byte === 10 || byte === 13 || byte === 9) continue;
    if (--left < 0) return false;
  }
  return true;
}

function addMarks(slots: usize, start: usize, stop: usize): void {
  scanMarks(start, stop);
  const found = marks();
  add(slots + FF, load<i32>(found));
  add(slots + FF_STUFFED, load<i32>(found, 4));
  add(slots + START_CODES, load<i32>(found, 8));
  add(slots + CONTAINER_MARKS, load<i32>(found, 12));
  add(slots + AUDIO_LINKS, load<i32>(found, 16));
  if (holdsTransportStream(start, stop)) add(slots + TS_PACKETS, 1);
}

/** A TLS record header (RFC 8446 §5.1); five bytes are there. */
export function isRecordHeader(at: usize): bool {
  const type = load<u8>(at);
  if (type < 20 || type > 23 || load<u8>(at, 1) !== 3 || load<u8>(at, 2) > 4) return false;
  const length = be16(at + 3);
  return length > 0 && length <= 18_432;
}

function lookForRecords(slots: usize, start: usize, end: usize): void {
  const pending = load<i32>(slots + TLS_LEFT) - 1;
  let left = pending < 0 ? -1 : walkRecords(slots, start + pending, end);
  if (left < 0 && end - start >= 5 && isRecordHeader(start)) {
    countHeader(slots, TLS_HEADS, start);
    left = walkRecords(slots, afterRecord(start), end);
  }
  if (left < 0 && load<i32>(slots + SCANNED) < SEARCH_BYTES) left = searchRecord(slots, start, end);
  store<i32>(slots + TLS_LEFT, left + 1);
}

function walkRecords(slots: usize, due: usize, end: usize): i32 {
  let at = due;
  while (at < end) {
    if (at + 5 > end || !isRecordHeader(at)) return -1;
    countHeader(slots, TLS_LINKS, at);
    at = afterRecord(at);
  }
  return (at - end) as i32;
}

function searchRecord(slots: usize, start: usize, end: usize): i32 {
  for (let at = findRecord(start + 1, end); at < end; at = findRecord(at + 1, end)) {
    if (at + 5 > end || !isRecordHeader(at)) continue;
    const left = walkRecords(slots, afterRecord(at), end);
    if (left >= 0) return left;
  }
  return -1;
}

export function afterRecord(header: usize): usize {
  return header + 5 + (be16(header + 3) as usize);
}

function countHeader(slots: usize, counter: usize, header: usize): void {
  add(slots + counter, 1);
  if (load<u8>(header) === 23) add(slots + TLS_DATA, 1);
}

function lookAtDatagram(slots: usize, start: usize, end: usize): void {
  const length = end - start;
  if (length >= 32 && length % 16 === 0 && load<u32>(start) === 4) add(slots + WIREGUARD, 1);
  if (length >= 20 && load<u8>(start) >> 6 === 2) lookAtRtp(slots, start, end);
}

function lookAtRtp(slots: usize, start: usize, end: usize): void {
  const body = rtpBody(start, end);
  if (body === 0) return;
  const number = be16(start + 2) as i32;
  const clock = bswap<i32>(load<i32>(start, 4));
  const source = bswap<i32>(load<i32>(start, 8));
  const ticks = (clock - load<i32>(slots + RTP_CLOCK)) as u32;
  const follows = source === load<i32>(slots + RTP_SOURCE) && number === ((load<i32>(slots + RTP_NUMBER) + 1) & 0xffff);
  if (follows && ticks < MAX_TICKS) {
    add(slots + RTP_SEQUENTIAL, 1);
    if (ticks > 0) add(slots + RTP_TICKS, 1);
    if ((load<u8>(start, 1) & 0x7f) <= 34) add(slots + RTP_STATIC, 1);
    if ((load<u8>(body) as i32) === load<i32>(slots + RTP_BYTE)) add(slots + RTP_SAME_BYTE, 1);
  }
  store<i32>(slots + RTP_NUMBER, number);
  store<i32>(slots + RTP_SOURCE, source);
  store<i32>(slots + RTP_CLOCK, clock);
  store<i32>(slots + RTP_BYTE, load<u8>(body) as i32);
}

/** 0 where there is none. */
function rtpBody(start: usize, end: usize): usize {
  const type = load<u8>(start, 1) & 0x7f;
  if (type >= 64 && type <= 95) return 0;
  let body = start + 12 + 4 * ((load<u8>(start) & 15) as usize);
  if ((load<u8>(start) & 0x10) !== 0) {
    if (body + 4 > end) return 0;
    body += 4 + 4 * (be16(body + 2) as usize);
  }
  return body < end ? body : 0;
}
