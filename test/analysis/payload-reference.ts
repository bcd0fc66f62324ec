// What the payload kernel does, byte by byte in plain TypeScript: the reference that payload-kernel.test.ts compares it with.

import { EVIDENCE } from '../../appliance/analysis/packet/payload/payload-scan.ts';

/** Binary headers of small numbers at a packet's start imitate start codes; video has most of its own further in. */
const FRAMING = 64;

/** Everything that is found at any offset, in one pass; most bytes begin nothing and cost one look at FIRST. */
export function scanMarks(slots: Int32Array, base: number, bytes: Uint8Array, start: number, stop: number): void {
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
export function holdsTransportStream(bytes: Uint8Array, start: number, stop: number): boolean {
  if (stop - start < 752) return false;
  for (let phase = start; phase < start + 188; phase++) {
    if (bytes[phase] !== 0x47) continue;
    let i = phase + 188;
    while (i < stop && bytes[i] === 0x47) i += 188;
    if (i >= stop) return true;
  }
  return false;
}

/** The first place of [from, end) where type and major version of a TLS record header could be. */
export function findRecord(bytes: Uint8Array, from: number, end: number): number {
  for (let i = from; i + 1 < end; i++) if (bytes[i]! >= 20 && bytes[i]! <= 23 && bytes[i + 1] === 3) return i;
  return end;
}
