// Classic pcap at the byte: the 24-byte file header and the 16-byte record headers, for the live stream, the segments we
// write and the files we recover. Nothing here looks into a frame.
// Layout: draft-ietf-opsawg-pcap §4 (file header) and §5 (packet record).

export const PCAP_HEADER_BYTES = 24;
export const RECORD_HEADER_BYTES = 16;
/** libpcap's MAXIMUM_SNAPLEN; a larger captured length is damage. */
export const MAX_CAPTURED_BYTES = 262_144;

const MAGIC_US = 0xa1b2c3d4;
const MAGIC_NS = 0xa1b23c4d;

export interface PcapFormat {
  readonly resolution: 'ns' | 'us';
  readonly bigEndian: boolean;
  readonly snapLength: number;
  readonly linkType: number;
}

/** Why a walk stopped before the end of its bytes. `cut`: the last record is not all there (yet). */
export type RecordFault = 'cut' | 'empty_record' | 'too_long' | 'longer_than_original' | 'bad_fraction';

export interface RecordWalk {
  /** Offset after the last whole, plausible record. */
  readonly end: number;
  readonly records: number;
  /** Offset of the last whole record; `start` when there is none. */
  readonly last: number;
  readonly fault: RecordFault | null;
}

/** 32 bits, unsigned, at an offset that the caller has checked. */
export function read32(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  const a = bytes[at] ?? 0;
  const b = bytes[at + 1] ?? 0;
  const c = bytes[at + 2] ?? 0;
  const d = bytes[at + 3] ?? 0;
  return bigEndian ? ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 : (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/** The file header at `at`; undefined when there are fewer than 24 bytes or another magic number. */
export function readPcapHeader(bytes: Uint8Array, at: number, end: number): PcapFormat | undefined {
  if (end - at < PCAP_HEADER_BYTES) return undefined;
  const little = read32(bytes, at, false);
  const big = read32(bytes, at, true);
  const bigEndian = big === MAGIC_US || big === MAGIC_NS;
  const magic = bigEndian ? big : little;
  if (magic !== MAGIC_US && magic !== MAGIC_NS) return undefined;
  return {
    resolution: magic === MAGIC_NS ? 'ns' : 'us',
    bigEndian,
    snapLength: read32(bytes, at + 16, bigEndian),
    // The upper bits may hold an FCS length (draft §4); the link type is the lower 16.
    linkType: read32(bytes, at + 20, bigEndian) & 0xffff,
  };
}

/** A little-endian file header, version 2.4. */
export function makePcapHeader(format: Omit<PcapFormat, 'bigEndian'>): Buffer {
  const bytes = Buffer.alloc(PCAP_HEADER_BYTES);
  bytes.writeUInt32LE(format.resolution === 'ns' ? MAGIC_NS : MAGIC_US, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(format.snapLength, 16);
  bytes.writeUInt32LE(format.linkType, 20);
  return bytes;
}

/** What is wrong with the record header at `at`; null when it is plausible. Needs 16 bytes there. */
export function recordFault(bytes: Uint8Array, at: number, format: PcapFormat): RecordFault | null {
  const captured = read32(bytes, at + 8, format.bigEndian);
  if (captured === 0) return 'empty_record';
  if (captured > MAX_CAPTURED_BYTES) return 'too_long';
  if (captured > read32(bytes, at + 12, format.bigEndian)) return 'longer_than_original';
  const limit = format.resolution === 'ns' ? 1_000_000_000 : 1_000_000;
  return read32(bytes, at + 4, format.bigEndian) < limit ? null : 'bad_fraction';
}

/** Walks whole records from `start`; stops at the first that is cut or implausible. Never throws. */
export function walkRecords(bytes: Uint8Array, start: number, end: number, format: PcapFormat): RecordWalk {
  let at = start;
  let last = start;
  let records = 0;
  while (at + RECORD_HEADER_BYTES <= end) {
    const fault = recordFault(bytes, at, format);
    if (fault !== null) return { end: at, records, last, fault };
    const next = at + RECORD_HEADER_BYTES + read32(bytes, at + 8, format.bigEndian);
    if (next > end) break;
    last = at;
    at = next;
    records++;
  }
  return { end: at, records, last, fault: at === end ? null : 'cut' };
}

/** Nanoseconds in the second of the record at `at`. */
export function recordNanoseconds(bytes: Uint8Array, at: number, format: PcapFormat): number {
  return read32(bytes, at + 4, format.bigEndian) * (format.resolution === 'ns' ? 1 : 1000);
}

/** The time of the record at `at`, in nanoseconds since 1970. */
export function recordTime(bytes: Uint8Array, at: number, format: PcapFormat): bigint {
  return BigInt(read32(bytes, at, format.bigEndian)) * 1_000_000_000n + BigInt(recordNanoseconds(bytes, at, format));
}
