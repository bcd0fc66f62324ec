// The walk over a chunk of a capture: records, headers, the direction of a conversation that a packet belongs to, and all
// that such a packet only counts. It leaves at the first packet that may need more; ../../quiet-rows.ts says which
// directions are quiet, hands them over and takes back what was counted. The TypeScript path is the reference.
//
// No bounds are checked here: callers pass addresses of bytes that lie in this memory.

import { afterRecord, lookAt } from './look';
import { cells, cLogC, count } from './payload';

/** Packets come in runs of few conversations: so many directions are held at once, in sets that a hash chooses. */
const SETS: u32 = 64;
const WAYS: u32 = 4;
const ENTRY: usize = 256;
const ENTRIES = memory.data(64 * 4 * 256, 16);
/** Of each entry: what its packets add to the direction's histogram. */
const HISTOGRAMS = memory.data(64 * 4 * 1024, 16);
/** Seconds of the last packet of a rhythm: see RHYTHMS in walk-kernel.ts. */
const RHYTHMS = memory.data(256 * 4, 16);
/** log2 n by n, written by the caller: payload up to MAX_PAYLOAD. */
const MAX_PAYLOAD: usize = 2048;
const LOG2 = memory.data(2049 * 8, 16);

// An entry, in bytes.
const KEY_WORDS: usize = 13;
const ALLOWED: usize = 52;
const PACKETS: usize = 56;
const PAYLOADS: usize = 60;
const WIRE: usize = 64;
const CAPTURED: usize = 72;
const PAYLOAD: usize = 80;
const UNITS: usize = 88;
/** Seconds and nanoseconds. */
const FIRST: usize = 96;
const LAST: usize = 104;
const CLOCK: usize = 112;
const EXPECTED: usize = 116;
const SKIP: usize = 120;
const ROOM: usize = 128;
const RHYTHM: usize = 132;
const SEGMENTS: usize = 136;
/** Packets before which the clock went back. */
const STEPS_BACK: usize = 140;
const EVIDENCE: usize = 144;

// Bits of ALLOWED: the entry is in use; a pure acknowledgement, payload may be taken; its stream's bytes are to be followed,
// as TLS, as what is no text; its datagrams are data of WireGuard.
const USED: u32 = 1;
const ACKNOWLEDGES: u32 = 2;
const PAYS: u32 = 4;
const STREAM: u32 = 8;
const TLS: u32 = 16;
const SCRAMBLED: u32 = 32;
const WIREGUARD: u32 = 64;

/** Last time (two words), clock, first second and first second not to be walked, nanoseconds of a fraction, packets, secret, full. */
const STATE = memory.data(9 * 4, 16);

export function walkEntries(): usize {
  return ENTRIES;
}
export function walkHistograms(): usize {
  return HISTOGRAMS;
}
export function walkRhythms(): usize {
  return RHYTHMS;
}
export function walkLogarithms(): usize {
  return LOG2;
}
export function walkState(): usize {
  return STATE;
}

// The current packet.
const KEY = memory.data(13 * 4, 16);
let isTcp: bool = false;
let flags: u32 = 0;
let sequence: u32 = 0;
let payloadAt: usize = 0;
let payloadEnd: usize = 0;
/** Of the payload's stream, once `follow` has seen it. */
let skipAfter: f64 = 0;
/** One more than the entry whose window the packet filled: the walk ends behind it. 0 for none. */
let full: u32 = 0;

function be16(at: usize): u32 {
  return bswap<u16>(load<u16>(at)) as u32;
}

/** Ethernet, IPv4 or IPv6 without extensions, TCP or UDP, all there: false for everything else. Makes the key. */
function parse(at: usize, end: usize): bool {
  if (end < at + 42) return false;
  const ip = at + 14;
  const type = load<u16>(at, 12);
  const version = load<u8>(ip) >> 4;
  let stop: usize;
  let transport: usize;
  let protocol: u32;
  if (type === 0x0008 && version === 4) {
    const header = ((load<u8>(ip) & 15) as usize) << 2;
    const total = be16(ip + 2) as usize;
    if (header < 20 || total < header + 8 || (be16(ip + 6) & 0x3fff) !== 0) return false;
    stop = ip + total;
    transport = ip + header;
    protocol = load<u8>(ip, 9);
    memory.fill(KEY + 20, 0, 32);
    store<u32>(KEY + 20, load<u32>(ip, 12));
    store<u32>(KEY + 36, load<u32>(ip, 16));
  } else if (type === 0xdd86 && version === 6) {
    const length = be16(ip + 4) as usize;
    if (length < 8 || end < at + 62) return false;
    stop = ip + 40 + length;
    transport = ip + 40;
    protocol = load<u8>(ip, 6);
    v128.store(KEY + 20, v128.load(ip, 8));
    v128.store(KEY + 36, v128.load(ip, 24));
  } else return false;
  if (stop > end) return false;
  store<u64>(KEY, load<u64>(at));
  store<u32>(KEY + 8, load<u32>(at, 8));
  store<u32>(KEY + 12, ((type as u32) << 16) | protocol);
  store<u32>(KEY + 16, load<u32>(transport));
  if (protocol === 17) return parseUdp(transport, stop);
  return protocol === 6 && parseTcp(transport, stop);
}

function parseUdp(at: usize, stop: usize): bool {
  const length = be16(at + 4) as usize;
  if (length < 8) return false;
  isTcp = false;
  payloadAt = at + 8;
  payloadEnd = min(stop, at + length);
  return true;
}

function parseTcp(at: usize, stop: usize): bool {
  if (at + 20 > stop) return false;
  const header = ((load<u8>(at, 12) >> 4) as usize) << 2;
  if (header < 20 || at + header > stop) return false;
  isTcp = true;
  sequence = bswap<u32>(load<u32>(at, 4));
  flags = load<u8>(at, 13);
  payloadAt = at + header;
  payloadEnd = stop;
  return true;
}

/** The first entry of the set that the key belongs to. The secret is the process's own; a set bounds what a hash can cost. */
function setOf(): usize {
  let hash = load<u32>(STATE + 28);
  for (let word: usize = 12; word < KEY_WORDS << 2; word += 4) {
    hash = (hash ^ load<u32>(KEY + word)) * 0x9e3779b1;
    hash ^= hash >>> 15;
  }
  return ENTRIES + ((hash & (SETS - 1)) as usize) * (WAYS as usize) * ENTRY;
}

function isKeyOf(entry: usize): bool {
  const low = v128.xor(v128.load(entry), v128.load(KEY));
  const middle = v128.xor(v128.load(entry, 16), v128.load(KEY, 16));
  const high = v128.xor(v128.load(entry, 32), v128.load(KEY, 32));
  return !v128.any_true(v128.or(low, v128.or(middle, high))) && load<u32>(entry, 48) === load<u32>(KEY, 48);
}

/** 0 where the direction is not held. */
function find(): usize {
  const set = setOf();
  for (let way: u32 = 0; way < WAYS; way++) {
    const entry = set + (way as usize) * ENTRY;
    if ((load<u32>(entry + ALLOWED) & USED) !== 0 && isKeyOf(entry)) return entry;
  }
  return 0;
}

let hand: u32 = 0;

/** The entry, as a number, for the direction of the frame [at, end): its own, a free one, or one to be given up. -1: none. */
export function walkPlace(at: usize, end: usize): i32 {
  if (!parse(at, end)) return -1;
  const known = find();
  if (known !== 0) return ((known - ENTRIES) / ENTRY) as i32;
  const set = setOf();
  let chosen = set + ((hand++ & (WAYS - 1)) as usize) * ENTRY;
  for (let way: u32 = 0; way < WAYS; way++) {
    const entry = set + (way as usize) * ENTRY;
    if ((load<u32>(entry + ALLOWED) & USED) === 0) chosen = entry;
  }
  return ((chosen - ENTRIES) / ENTRY) as i32;
}

/** Makes the entry that of the frame placed last; nothing is counted yet. */
export function walkOpen(index: i32): void {
  const entry = ENTRIES + (index as usize) * ENTRY;
  memory.copy(entry, KEY, KEY_WORDS << 2);
  memory.fill(entry + ALLOWED, 0, EVIDENCE - ALLOWED);
}

/** Walks whole records of [from, end) as far as it can; returns where it left. STATE says how many they were. */
export function walk(from: usize, end: usize): usize {
  const unit = load<u32>(STATE + 20);
  const perSecond: u32 = unit === 1 ? 1_000_000_000 : 1_000_000;
  let at = from;
  let packets: u32 = 0;
  full = 0;
  while (end - at >= 16) {
    const length = load<u32>(at, 8) as usize;
    const seconds = load<u32>(at);
    const fraction = load<u32>(at, 4);
    if (length > 262_144 || end - at - 16 < length || fraction >= perSecond) break;
    if (seconds < load<u32>(STATE + 12) || seconds >= load<u32>(STATE + 16) || seconds >>> 16 === 0xa1b2) break;
    const nanoseconds = fraction * unit;
    if (!parse(at + 16, at + 16 + length)) break;
    const entry = find();
    if (entry === 0 || !mayTake(entry, seconds)) break;
    if (isBefore(seconds, nanoseconds, STATE)) addOne(entry + STEPS_BACK);
    setTime(STATE, seconds, nanoseconds);
    if (seconds > load<u32>(STATE + 8)) store<u32>(STATE + 8, seconds);
    take(entry, length as u32, load<u32>(at, 12), seconds, nanoseconds);
    packets++;
    at += 16 + length;
    if (full !== 0) break;
  }
  store<u32>(STATE + 24, packets);
  store<u32>(STATE + 32, full);
  return at;
}

/** Nothing has changed where it says no, except `skipAfter`. */
function mayTake(entry: usize, seconds: u32): bool {
  const allowed = load<u32>(entry + ALLOWED);
  const bytes = payloadEnd - payloadAt;
  if (isTcp) {
    // FIN, SYN and RST need the reference; no flags at all are those of a header that says nothing.
    if ((flags & 7) !== 0 || flags === 0) return false;
    if ((flags & 16) !== 0 && (allowed & ACKNOWLEDGES) === 0) return false;
    if (bytes === 0) return true;
    if ((allowed & STREAM) !== 0 && !follow(entry, allowed)) return false;
  } else {
    if (bytes === 0) return true;
    if ((allowed & WIREGUARD) !== 0 ? !isWireguardData() : beginsShared()) return false;
  }
  if ((allowed & PAYS) === 0 || bytes > MAX_PAYLOAD) return false;
  const rhythm = load<u32>(entry + RHYTHM) as usize;
  if (rhythm === 0) return true;
  const before = load<u32>(RHYTHMS + (rhythm << 2));
  return seconds >= before && seconds - before < 2;
}

/** ../../inspect/multiplex.ts: STUN and DTLS may share ports with anything. */
function beginsShared(): bool {
  const first = load<u8>(payloadAt);
  const bytes = payloadEnd - payloadAt;
  if (first < 4) return bytes >= 20 && load<u32>(payloadAt, 4) === 0x42a41221;
  return first >= 20 && first < 64 && bytes >= 13 && load<u8>(payloadAt, 1) === 0xfe;
}

/** decodeWireguard of ../../../decode/protocols/secure-channel.ts, of its type `data`. */
function isWireguardData(): bool {
  const bytes = payloadEnd - payloadAt;
  return bytes >= 32 && bytes % 16 === 0 && load<u32>(payloadAt) === 4;
}

/** Whether the segment is the next one of its stream and holds nothing that its inspector would report. */
function follow(entry: usize, allowed: u32): bool {
  if (sequence !== load<u32>(entry + EXPECTED)) return false;
  const bytes = (payloadEnd - payloadAt) as f64;
  const skip = load<f64>(entry + SKIP);
  skipAfter = skip - bytes;
  if (skip >= bytes) return true;
  const from = payloadAt + (skip as usize);
  skipAfter = 0;
  if ((allowed & TLS) !== 0) return followRecords(from);
  return (allowed & SCRAMBLED) !== 0 && isScrambled(from);
}

/** Application data alone: its records end somewhere in the segments to come. */
function followRecords(from: usize): bool {
  let at = from;
  while (at < payloadEnd) {
    if (at + 5 > payloadEnd || load<u8>(at) !== 23 || load<u8>(at, 1) !== 3 || load<u8>(at, 2) > 4) return false;
    const length = be16(at + 3);
    if (length === 0 || length > 16_384) return false;
    at = afterRecord(at);
  }
  skipAfter = (at - payloadEnd) as f64;
  return true;
}

/** Certainly neither text nor the start of TLS: a control character is among the first 64 bytes (../../inspect/protocols/plain-text.ts). */
function isScrambled(from: usize): bool {
  if (load<u8>(from) === 22) return false;
  if (payloadEnd - from < 16) return true;
  const stop = min(payloadEnd, from + 64);
  for (let at = from; at < stop; at++) {
    const byte = load<u8>(at);
    if (byte === 0x7f || (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13)) return true;
  }
  return false;
}

function addTo(at: usize, by: f64): void {
  store<f64>(at, load<f64>(at) + by);
}

function addOne(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

function isBefore(seconds: u32, nanoseconds: u32, time: usize): bool {
  const other = load<u32>(time);
  return seconds < other || (seconds === other && nanoseconds < load<u32>(time, 4));
}

function setTime(at: usize, seconds: u32, nanoseconds: u32): void {
  store<u32>(at, seconds);
  store<u32>(at + 4, nanoseconds);
}

function take(entry: usize, captured: u32, original: u32, seconds: u32, nanoseconds: u32): void {
  // Between two walks the reference path may have read a step back in time.
  const isOnly = load<u32>(entry + PACKETS) === 0;
  if (isOnly || isBefore(seconds, nanoseconds, entry + FIRST)) setTime(entry + FIRST, seconds, nanoseconds);
  if (isOnly || !isBefore(seconds, nanoseconds, entry + LAST)) setTime(entry + LAST, seconds, nanoseconds);
  addOne(entry + PACKETS);
  addTo(entry + WIRE, max(captured, original) as f64);
  addTo(entry + CAPTURED, captured as f64);
  store<u32>(entry + CLOCK, load<u32>(STATE + 8));
  if (payloadEnd > payloadAt) takePayload(entry, seconds);
}

function takePayload(entry: usize, seconds: u32): void {
  const bytes = payloadEnd - payloadAt;
  addOne(entry + PAYLOADS);
  addTo(entry + PAYLOAD, bytes as f64);
  const sum = bytes < 160 ? countShort(entry) : countUsual(entry);
  addTo(entry + UNITS, units(bytes, sum));
  lookAt(entry + EVIDENCE, payloadAt, payloadEnd, isTcp);
  const room = load<u32>(entry + ROOM);
  if ((bytes as u32) >= room) full = (((entry - ENTRIES) / ENTRY) as u32) + 1;
  store<u32>(entry + ROOM, room - min(room, bytes as u32));
  const rhythm = load<u32>(entry + RHYTHM) as usize;
  if (rhythm !== 0) store<u32>(RHYTHMS + (rhythm << 2), seconds);
  const allowed = load<u32>(entry + ALLOWED);
  if ((allowed & (STREAM | WIREGUARD)) === 0) return;
  addOne(entry + SEGMENTS);
  if ((allowed & STREAM) === 0) return;
  store<u32>(entry + EXPECTED, sequence + (bytes as u32));
  store<f64>(entry + SKIP, skipAfter);
}

function histogramOf(entry: usize): usize {
  return HISTOGRAMS + ((entry - ENTRIES) / ENTRY) * 1024;
}

/** As countUsual of ../../packet/payload/byte-counter.ts: the sum of c log2 c. */
function countUsual(entry: usize): f64 {
  const sum = count(payloadAt, payloadEnd - payloadAt);
  const histogram = histogramOf(entry);
  for (let at: usize = 0; at < 1024; at += 16) {
    v128.store(histogram + at, i32x4.add(v128.load(histogram + at), v128.load(cells() + at)));
  }
  return sum;
}

const SHORT = memory.data(1024, 16);

/** As countShort of byte-counter.ts: the doubles are added in the order of the bytes. */
function countShort(entry: usize): f64 {
  const histogram = histogramOf(entry);
  let sum: f64 = 0;
  for (let at = payloadAt; at < payloadEnd; at++) {
    const cell = (load<u8>(at) as usize) << 2;
    const before = load<u32>(SHORT + cell);
    const logarithm = cLogC() + ((before as usize) << 3);
    sum += load<f64>(logarithm, 8) - load<f64>(logarithm);
    store<u32>(SHORT + cell, before + 1);
    store<u32>(histogram + cell, load<u32>(histogram + cell) + 1);
  }
  for (let at = payloadAt; at < payloadEnd; at++) store<u32>(SHORT + ((load<u8>(at) as usize) << 2), 0);
  return sum;
}

/** Math.round of the payload's entropy in units, as V8 rounds. */
function units(bytes: usize, sum: f64): f64 {
  const exact = (load<f64>(LOG2 + (bytes << 3)) - sum / (bytes as f64)) * 1_048_576;
  const up = ceil<f64>(exact);
  return up - 0.5 > exact ? up - 1 : up;
}
