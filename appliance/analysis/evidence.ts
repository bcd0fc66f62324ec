// Looks at the payload of one packet for what needs the order of bytes: readable text, TLS record framing, traces of
// media and RTP. Called by the analyzer for every packet with payload; the counters add up and verdict.ts reads them.

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
  /** UDP packets that continue an RTP sequence (RFC 3550 §5.1): same source, number one higher. */
  rtpSequential: 12,
  /** Of those: static payload type of RFC 3551 table 4 and 5, or the same first payload byte as the packet before. */
  rtpStatic: 13,
  rtpSamePayloadByte: 14,
  /** WireGuard transport messages: 04 00 00 00, length a multiple of 16 from 32 up. */
  wireguardData: 15,
  /** TLS records of type 23 among heads and links: application data. */
  tlsData: 16,
} as const;

/** Counters per direction, to store and to add. */
export const EVIDENCE_SIZE = 17;
/** Counters plus the scanner's memory between packets, which is neither stored nor added. */
export const EVIDENCE_SLOTS = EVIDENCE_SIZE + 4;

export const SCAN_BYTES = 131_072;
const TEXT_MINIMUM = 32;
const TEXT_LOOK = 64;

/** Memory: bytes left in the current TLS record (-1: not in step), the last RTP number, source and payload byte. */
const TLS_LEFT = EVIDENCE_SIZE;
const RTP_NUMBER = EVIDENCE_SIZE + 1;
const RTP_SOURCE = EVIDENCE_SIZE + 2;
const RTP_BYTE = EVIDENCE_SIZE + 3;

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
    scanMarks(slots, base, bytes, start, stop);
    if (holdsTransportStream(bytes, start, stop)) slots[base + EVIDENCE.tsPackets]! += 1;
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

/** Binary headers of small numbers at a packet's start imitate start codes; video has most of its own further in. */
const FRAMING = 64;

/** Everything that is found at any offset, in one pass; most bytes begin nothing and cost one look at FIRST. */
function scanMarks(slots: Int32Array, base: number, bytes: Uint8Array, start: number, stop: number): void {
  const last = stop - 3;
  for (let i = start; i < last; i++) {
    const first = FIRST[bytes[i]!]!;
    if (first === NOTHING) continue;
    if (first === FF) scanFf(slots, base, bytes, i, stop);
    else if (first === ZERO) {
      if (i - start >= FRAMING && isStartCode(bytes, i)) slots[base + EVIDENCE.startCodes]! += 1;
    } else if (isContainerMark(bytes, i)) slots[base + EVIDENCE.containerMarks]! += 1;
  }
}

function scanFf(slots: Int32Array, base: number, bytes: Uint8Array, i: number, stop: number): void {
  const next = bytes[i + 1]!;
  slots[base + EVIDENCE.ff]! += 1;
  if (next === 0 || (next & 0xf8) === 0xd0) slots[base + EVIDENCE.ffStuffed]! += 1;
  else if (next >= 0xe0) scanAudio(slots, base, bytes, i, stop);
  else if (isJpegStart(bytes, i)) slots[base + EVIDENCE.containerMarks]! += 1;
}

/** SOI and the segment that encoders put next: APP0, APP1, DQT, COM (T.81 table B.1). */
function isJpegStart(bytes: Uint8Array, i: number): boolean {
  if (bytes[i + 1] !== 0xd8 || bytes[i + 2] !== 0xff) return false;
  const marker = bytes[i + 3];
  return marker === 0xe0 || marker === 0xe1 || marker === 0xdb || marker === 0xfe;
}

/** NAL types that a stream is made of: H.264 1, 5-9 with their usual nal_ref_idc; H.265 VPS, SPS, PPS, slices. */
function isStartCode(bytes: Uint8Array, i: number): boolean {
  if (bytes[i + 1] !== 0 || bytes[i + 2] !== 1) return false;
  const header = bytes[i + 3]!;
  return START_CODE_HEADERS.has(header);
}

const START_CODE_HEADERS: ReadonlySet<number> = new Set([
  0x01, 0x21, 0x41, 0x61, 0x25, 0x45, 0x65, 0x06, 0x27, 0x47, 0x67, 0x28, 0x48, 0x68, 0x09, 0x02, 0x26, 0x2a, 0x40,
  0x42, 0x44, 0x4e,
]);

const MARKS = ['ftyp', 'moov', 'moof', 'mdat', 'OggS', 'IDAT', 'IHDR', '\x1f\x43\xb6\x75', '\x1a\x45\xdf\xa3'];
const MARK_WORDS: ReadonlySet<number> = new Set(MARKS.map(wordOf));

/** What a byte may begin. */
const NOTHING = 0;
const FF = 1;
const ZERO = 2;
const MARK = 3;
const FIRST = new Uint8Array(256);
for (const mark of MARKS) FIRST[mark.charCodeAt(0)] = MARK;
FIRST[0xff] = FF;
FIRST[0] = ZERO;

function wordOf(mark: string): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | mark.charCodeAt(i);
  return word;
}

/** Second bytes of the marks: most that begin like one end here. */
const SECOND = new Uint8Array(256);
for (const mark of MARKS) SECOND[mark.charCodeAt(1)] = 1;

function isContainerMark(bytes: Uint8Array, i: number): boolean {
  if (SECOND[bytes[i + 1]!] === 0) return false;
  return MARK_WORDS.has((bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!);
}

/** Kilobits per second by index, layer III: MPEG 1, MPEG 2 and 2.5 (ISO/IEC 11172-3, 13818-3). */
const MP3_RATES = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const MP3_SAMPLING = [44_100, 48_000, 32_000] as const;

function scanAudio(slots: Int32Array, base: number, bytes: Uint8Array, i: number, stop: number): void {
  const length = (bytes[i + 1]! & 0xf6) === 0xf0 ? adtsLength(bytes, i, stop) : mp3Length(bytes, i);
  if (length < 24 || i + length + 2 >= stop) return;
  const next = i + length;
  // The next frame has the same version, layer and sampling rate; only rate and padding may change.
  const same =
    bytes[next] === 0xff && bytes[next + 1] === bytes[i + 1] && ((bytes[next + 2]! ^ bytes[i + 2]!) & 0x0c) === 0;
  if (same) slots[base + EVIDENCE.audioLinks]! += 1;
}

/** ADTS frame length, 13 bits across bytes 3 to 5 (ISO/IEC 13818-7 §6.2). */
function adtsLength(bytes: Uint8Array, i: number, stop: number): number {
  if (i + 5 >= stop) return 0;
  return ((bytes[i + 3]! & 3) << 11) | (bytes[i + 4]! << 3) | (bytes[i + 5]! >> 5);
}

/** Length of a layer III frame; 0 where the header is none. */
function mp3Length(bytes: Uint8Array, i: number): number {
  const version = (bytes[i + 1]! >> 3) & 3;
  const layer = (bytes[i + 1]! >> 1) & 3;
  const rate = MP3_RATES[version === 3 ? 0 : 1][bytes[i + 2]! >> 4] ?? 0;
  const sampling = MP3_SAMPLING[(bytes[i + 2]! >> 2) & 3];
  if (version === 1 || layer !== 1 || rate === 0 || sampling === undefined) return 0;
  const hertz = version === 3 ? sampling : version === 2 ? sampling / 2 : sampling / 4;
  return Math.floor(((version === 3 ? 144_000 : 72_000) * rate) / hertz) + ((bytes[i + 2]! >> 1) & 1);
}

/** True with 0x47 every 188 bytes from some offset to the end, four times or more: by chance 1 in 2 x 10^7. */
function holdsTransportStream(bytes: Uint8Array, start: number, stop: number): boolean {
  if (stop - start < 752) return false;
  for (let phase = start; phase < start + 188; phase++) {
    if (bytes[phase] !== 0x47) continue;
    let i = phase + 188;
    while (i < stop && bytes[i] === 0x47) i += 188;
    if (i >= stop) return true;
  }
  return false;
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
 * a packet begins; one found further inside is believed and counted when the next one stands where it says.
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

/** From where a header is due. Returns how much of the last record is still to come, -1 where no header stood. */
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
  for (let i = start + 1; i + 5 <= end; i++) {
    if (bytes[i + 1] !== 3 || !isRecordHeader(bytes, i)) continue;
    const left = walkRecords(slots, base, bytes, afterRecord(bytes, i), end);
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

function scanRtp(slots: Int32Array, base: number, bytes: Uint8Array, start: number, end: number): void {
  const number = (bytes[start + 2]! << 8) | bytes[start + 3]!;
  const source = (bytes[start + 8]! << 24) | (bytes[start + 9]! << 16) | (bytes[start + 10]! << 8) | bytes[start + 11]!;
  const body = start + 12 + 4 * (bytes[start]! & 15);
  const first = body < end ? bytes[body]! : -1;
  if (source === slots[base + RTP_SOURCE] && number === ((slots[base + RTP_NUMBER]! + 1) & 0xffff)) {
    slots[base + EVIDENCE.rtpSequential]! += 1;
    if ((bytes[start + 1]! & 0x7f) <= 34) slots[base + EVIDENCE.rtpStatic]! += 1;
    if (first === slots[base + RTP_BYTE]) slots[base + EVIDENCE.rtpSamePayloadByte]! += 1;
  }
  slots[base + RTP_NUMBER] = number;
  slots[base + RTP_SOURCE] = source;
  slots[base + RTP_BYTE] = first;
}
