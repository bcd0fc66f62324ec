// Frames of a capture file, of whatever format and byte order, as little-endian nanosecond pcap records in one buffer: the form in
// which every engine delivers. Filled by a CaptureReader, emptied by file-engine.ts.

import { MAX_CAPTURED_BYTES, type PcapFormat, RECORD_HEADER_BYTES } from '../../decode/files/pcap-record.ts';
import type { FrameSink } from '../../decode/files/records.ts';

const FIRST_BYTES = 256 * 1024;
const LINKTYPE_ETHERNET = 1;

/** Records of one link type, one after the other. `isNew`: the link type is not that of the piece before. */
export interface Piece {
  readonly format: PcapFormat;
  readonly start: number;
  readonly end: number;
  readonly isNew: boolean;
}

interface Mark {
  readonly at: number;
  readonly linkType: number;
  readonly isNew: boolean;
}

export class FrameCollector implements FrameSink {
  bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;
  #linkType = LINKTYPE_ETHERNET;
  #seen = false;
  #marks: Mark[] = [];

  /** The format of the frame that comes next, as far as is known. */
  get format(): PcapFormat {
    return {
      resolution: 'ns',
      bigEndian: false,
      snapLength: MAX_CAPTURED_BYTES,
      linkType: this.#marks[0]?.linkType ?? this.#linkType,
    };
  }

  clear(): void {
    this.#used = 0;
    this.#marks = [];
  }

  frame(
    from: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    originalLength: number,
    linkType: number,
  ): void {
    const length = end - start;
    if (length === 0) return;
    this.#mark(linkType);
    this.#reserve(RECORD_HEADER_BYTES + length);
    const { bytes } = this;
    bytes.writeUInt32LE(seconds >>> 0, this.#used);
    bytes.writeUInt32LE(nanoseconds, this.#used + 4);
    bytes.writeUInt32LE(length, this.#used + 8);
    bytes.writeUInt32LE(Math.max(originalLength, length), this.#used + 12);
    bytes.set(from.subarray(start, end), this.#used + RECORD_HEADER_BYTES);
    this.#used += RECORD_HEADER_BYTES + length;
  }

  #mark(linkType: number): void {
    if (this.#marks.length > 0 && linkType === this.#linkType) return;
    const isNew = this.#seen && linkType !== this.#linkType;
    this.#marks.push({ at: this.#used, linkType, isNew });
    this.#linkType = linkType;
    this.#seen = true;
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.#used + bytes));
    this.bytes.copy(larger, 0, 0, this.#used);
    this.bytes = larger;
  }

  /** What was collected since `clear`. */
  *pieces(): Iterable<Piece> {
    for (const [i, mark] of this.#marks.entries()) {
      const end = this.#marks[i + 1]?.at ?? this.#used;
      yield { format: { ...this.format, linkType: mark.linkType }, start: mark.at, end, isNew: mark.isNew };
    }
  }
}
