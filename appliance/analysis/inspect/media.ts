// Pictures, video and compression by their first bytes: kind and, if the first KiB contain it, the size of the picture.
// Facts only; the picture itself stays in the pcap. Used for bodies of HTTP and for raw streams.
import { startsWith, u16, u32 } from '../../decode/octets.ts';

export interface MediaFacts {
  /** Word for `Facts.mark`: `media:jpeg`, `compressed:gzip`. */
  readonly mark: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
}

interface Signature {
  readonly mark: string;
  readonly at: number;
  readonly magic: string;
  /** What must follow: a few bytes alone are a number in many a header. */
  readonly body?: (bytes: Uint8Array, start: number, end: number) => boolean;
}

/** First bytes by format; longer ones first where one begins like another. */
const SIGNATURES: readonly Signature[] = [
  { mark: 'media:png', at: 0, magic: '\x89PNG\r\n\x1a\n' },
  { mark: 'media:gif', at: 0, magic: 'GIF8' },
  { mark: 'media:mp4', at: 4, magic: 'ftyp' },
  { mark: 'media:mp4', at: 4, magic: 'moof' },
  { mark: 'media:mp4', at: 4, magic: 'styp' },
  { mark: 'media:mp4', at: 4, magic: 'moov' },
  { mark: 'media:matroska', at: 0, magic: '\x1a\x45\xdf\xa3' },
  { mark: 'media:webp', at: 8, magic: 'WEBP', body: isRiff },
  { mark: 'media:wav', at: 8, magic: 'WAVE', body: isRiff },
  { mark: 'media:avi', at: 8, magic: 'AVI ', body: isRiff },
  { mark: 'media:flv', at: 0, magic: 'FLV\x01' },
  { mark: 'media:ogg', at: 0, magic: 'OggS' },
  { mark: 'media:mp3', at: 0, magic: 'ID3' },
  { mark: 'media:h264', at: 0, magic: '\x00\x00\x00\x01\x67', body: isParameterSet },
  { mark: 'media:h264', at: 0, magic: '\x00\x00\x00\x01\x27', body: isParameterSet },
  { mark: 'media:h265', at: 0, magic: '\x00\x00\x00\x01\x40\x01' },
  { mark: 'compressed:gzip', at: 0, magic: '\x1f\x8b\x08', body: hasGzipFlags },
  { mark: 'compressed:zip', at: 0, magic: 'PK\x03\x04' },
  { mark: 'compressed:xz', at: 0, magic: '\xfd7zXZ\x00' },
  { mark: 'compressed:zstd', at: 0, magic: '\x28\xb5\x2f\xfd' },
  { mark: 'compressed:bzip2', at: 0, magic: 'BZh', body: isBzip2Block },
  { mark: 'compressed:7z', at: 0, magic: '7z\xbc\xaf\x27\x1c' },
];

/** Needs 16 bytes; sizes are found where they lie within the range. */
export function sniffMedia(bytes: Uint8Array, start: number, end: number): MediaFacts | undefined {
  if (end - start < 16) return undefined;
  if (isJpeg(bytes, start, end)) return { mark: 'media:jpeg', ...jpegSize(bytes, start, end) };
  const found = SIGNATURES.find(
    ({ at, magic, body }) => startsWith(bytes, start + at, end, magic) && (body?.(bytes, start, end) ?? true),
  );
  if (found === undefined) return isTransportStream(bytes, start, end) ? sizeless('media:mpegts') : undefined;
  if (found.mark === 'media:png')
    return { mark: found.mark, width: u32(bytes, start + 16), height: u32(bytes, start + 20) };
  if (found.mark === 'media:mp4') return { mark: found.mark, ...mp4Size(bytes, start, end) };
  return sizeless(found.mark);
}

/** Names at the beginning of application segments of JPEG, by marker. */
const JPEG_NAMES: ReadonlyMap<number, readonly string[]> = new Map([
  [0xe0, ['JFIF', 'JFXX', 'AVI1', 'CIFF', 'Ocad']],
  [0xe1, ['Exif', 'http']],
  [0xe2, ['ICC_', 'MPF', 'FPXR']],
  [0xec, ['Ducky']],
  [0xed, ['Phot', 'Adobe']],
  [0xee, ['Adobe']],
]);
const JPEG_TABLE = 0xdb;
const JPEG_COMMENT = 0xfe;

/** Three bytes are an accident or a constant header too often: the first segment must be one (ISO 10918-1 annex B). */
function isJpeg(bytes: Uint8Array, start: number, end: number): boolean {
  if (!startsWith(bytes, start, end, '\xff\xd8\xff')) return false;
  const marker = bytes[start + 3]!;
  const length = bytes[start + 4]! * 256 + bytes[start + 5]!;
  if (JPEG_NAMES.get(marker)?.some((name) => startsWith(bytes, start + 6, end, name)) === true) return true;
  // Tables of 64 values of one or two bytes, each behind its number.
  if (marker === JPEG_TABLE && length > 2 && ((length - 2) % 65 === 0 || (length - 2) % 129 === 0)) return true;
  const next = start + 4 + length;
  return marker >= 0xc0 && marker <= JPEG_COMMENT && length >= 2 && next < end && bytes[next] === 0xff;
}

function isRiff(bytes: Uint8Array, start: number, end: number): boolean {
  return startsWith(bytes, start, end, 'RIFF');
}

/** RFC 1952 §2.3.1: three flags are reserved. */
function hasGzipFlags(bytes: Uint8Array, start: number): boolean {
  return (bytes[start + 3]! & 0xe0) === 0;
}

/** Size of a block, then the digits of pi that begin one, or those of a root that end the file. */
function isBzip2Block(bytes: Uint8Array, start: number, end: number): boolean {
  const size = bytes[start + 3]!;
  if (size < 0x31 || size > 0x39) return false;
  return startsWith(bytes, start + 4, end, '1AY&SY') || startsWith(bytes, start + 4, end, '\x17\x72\x45\x38\x50\x90');
}

const PROFILES: ReadonlySet<number> = new Set([44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 138, 139, 134, 244]);
/** A sequence parameter set is short; what follows it begins with a start code. */
const FARTHEST_NEXT = 128;

/** ITU-T H.264 §7.3.2.1.1: profile, two reserved bits, level; another NAL unit behind it. */
function isParameterSet(bytes: Uint8Array, start: number, end: number): boolean {
  const level = bytes[start + 7]!;
  if (!PROFILES.has(bytes[start + 5]!) || (bytes[start + 6]! & 3) !== 0 || level < 9 || level > 62) return false;
  const stop = Math.min(end, start + FARTHEST_NEXT);
  for (let at = start + 8; at + 3 < stop; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) return bytes[at + 3]! < 0x80;
  }
  return false;
}

function sizeless(mark: string): MediaFacts {
  return { mark, width: undefined, height: undefined };
}

/** ISO/IEC 13818-1: 0x47 every 188 bytes, seen three times. */
function isTransportStream(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 * 188 + 1) return false;
  return bytes[start] === 0x47 && bytes[start + 188] === 0x47 && bytes[start + 376] === 0x47;
}

type Size = Pick<MediaFacts, 'width' | 'height'>;
const NO_SIZE: Size = { width: undefined, height: undefined };

/** ITU-T T.81 B.1.1: segments from marker to marker; SOF0 to SOF15 (not DHT, JPG, DAC) hold lines and columns. */
function jpegSize(bytes: Uint8Array, start: number, end: number): Size {
  let at = start + 2;
  for (let segments = 0; segments < 64 && at + 9 <= end && bytes[at] === 0xff; segments++) {
    const marker = bytes[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: u16(bytes, at + 5), width: u16(bytes, at + 7) };
    }
    if (marker === 0xda) return NO_SIZE;
    at += 2 + u16(bytes, at + 2);
  }
  return NO_SIZE;
}

const CONTAINER_BOXES = new Set(['moov', 'trak']);

/** ISO/IEC 14496-12 §8.3.2: the first track header with a width, 16.16 fixed point at its end. */
function mp4Size(bytes: Uint8Array, start: number, end: number): Size {
  let at = start;
  for (let boxes = 0; boxes < 64 && at + 8 <= end; boxes++) {
    const size = u32(bytes, at);
    const type = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!);
    if (CONTAINER_BOXES.has(type)) {
      at += 8;
      continue;
    }
    if (type === 'tkhd' && size >= 92 && at + size <= end && u16(bytes, at + size - 8) > 0) {
      return { width: u16(bytes, at + size - 8), height: u16(bytes, at + size - 4) };
    }
    if (size < 8) return NO_SIZE;
    at += size;
  }
  return NO_SIZE;
}

/** The mark for a declared type (`image/jpeg`, `video/mp4`, gzip as content encoding); `undefined` for other types. */
export function declaredMedia(contentType: string, contentEncoding: string): string | undefined {
  const type = contentType.toLowerCase();
  if (type.startsWith('image/') || type.startsWith('video/') || type.startsWith('audio/'))
    return `media:${subtype(type)}`;
  if (type.startsWith('multipart/x-mixed-replace')) return 'media:mjpeg';
  const encoding = contentEncoding.toLowerCase();
  if (encoding !== '' && encoding !== 'identity') return `compressed:${encoding.slice(0, 16)}`;
  return undefined;
}

/** `image/svg+xml; charset=…` gives `svg`. */
function subtype(type: string): string {
  let word = '';
  for (const character of type.slice(type.indexOf('/') + 1, type.indexOf('/') + 17)) {
    if ((character < 'a' || character > 'z') && (character < '0' || character > '9')) break;
    word += character;
  }
  return word;
}
