// The classic pcap format (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds, and the 24-byte record
// header of old patched libpcaps. Called by capture-reader.ts with whatever part of the file is there.

import type { CaptureDamage } from '../../model/analysis-document.ts';
import { u16, u16le, u32, u32le } from '../octets.ts';
import { beginsFile, HEADER_LOOK_BYTES, hasFileMagic } from './file-header.ts';
import { type FrameSink, MAX_RECORD_BYTES, type RecordReader } from './records.ts';

interface Variant {
  readonly little: boolean;
  readonly nanoseconds: boolean;
  /** Bytes of a record header: 16, or 24 with interface index, protocol and packet type (Kuznetzov's patch). */
  readonly header: number;
}

const FILE_HEADER = 24;
const ETHERNET = 1;
/** Upper half of every magic number: as seconds it is the year 2055. */
const MAGIC_HIGH = 0xa1b2;

function variantAt(bytes: Uint8Array, at: number): Variant | undefined {
  for (const little of [true, false]) {
    const magic = little ? u32le(bytes, at) : u32(bytes, at);
    if (magic === 0xa1b2c3d4) return { little, nanoseconds: false, header: 16 };
    if (magic === 0xa1b23c4d) return { little, nanoseconds: true, header: 16 };
    if (magic === 0xa1b2cd34) return { little, nanoseconds: false, header: 24 };
  }
  return undefined;
}

export class PcapReader implements RecordReader {
  readonly format = 'pcap';
  readonly #sink: FrameSink;
  #variant: Variant | undefined;
  /** Minor version of the format, major 2. */
  #minor = 4;
  #linkType = 0;
  #packets = 0;
  #offset = 0;
  #damage: CaptureDamage | null = null;
  #followed = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Whether there is a pcap magic number at `at`; four bytes must be there. */
  static matches(bytes: Uint8Array, at: number): boolean {
    return variantAt(bytes, at) !== undefined;
  }

  get digits(): number {
    return this.#variant?.nanoseconds === true ? 9 : 6;
  }

  get packets(): number {
    return this.#packets;
  }

  get damage(): CaptureDamage | null {
    return this.#damage;
  }

  get isFollowed(): boolean {
    return this.#followed;
  }

  consume(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.#variant === undefined) {
      if (end - at < FILE_HEADER) return at;
      this.#readHeader(bytes, at);
      at += FILE_HEADER;
      this.#offset = FILE_HEADER;
    }
    const next = this.#readRecords(bytes, at, end);
    this.#offset += next - at;
    return next;
  }

  #readHeader(bytes: Uint8Array, at: number): void {
    this.#variant = variantAt(bytes, at);
    const little = this.#variant?.little === true;
    this.#minor = little ? u16le(bytes, at + 6) : u16(bytes, at + 6);
    const network = little ? u32le(bytes, at + 20) : u32(bytes, at + 20);
    this.#linkType = network & 0x03ffffff; // the rest is the length of a frame check sequence
  }

  /** The loop over records; no allocation per packet. */
  #readRecords(bytes: Uint8Array, start: number, end: number): number {
    const { little, nanoseconds, header } = this.#variant!;
    const scale = nanoseconds ? 1 : 1000;
    const sink = this.#sink;
    const linkType = this.#linkType;
    // Before version 2.3 the two lengths were in reverse order.
    const captured = this.#minor < 3 ? 12 : 8;
    const isPlain =
      little && header === 16 && captured === 8 && linkType === ETHERNET && sink.walkRecords !== undefined;
    let at = start;
    while (this.#damage === null && end - at >= header) {
      if (isPlain) {
        at = sink.walkRecords!(bytes, at, end, scale);
        this.#packets += sink.walked ?? 0;
        if (end - at < header) break;
      }
      const length = little ? u32le(bytes, at + captured) : u32(bytes, at + captured);
      let seconds = little ? u32le(bytes, at) : u32(bytes, at);
      const isOdd = length === 0 || length > MAX_RECORD_BYTES || seconds >>> 16 === MAGIC_HIGH;
      if (isOdd && !this.#readsOn(bytes, at, end, at - start, length)) break;
      const data = at + header;
      if (end - data < length) break;
      let fraction = (little ? u32le(bytes, at + 4) : u32(bytes, at + 4)) * scale;
      if (fraction >= 1e9) {
        seconds += Math.floor(fraction / 1e9);
        fraction %= 1e9;
      }
      const original = little ? u32le(bytes, at + 20 - captured) : u32(bytes, at + 20 - captured);
      this.#packets++;
      sink.frame(bytes, data, data + length, seconds, fraction, original, linkType);
      at = data + length;
    }
    return at;
  }

  /** Whether the data at `at` is a record for all that; else it is another file's header, or damage, or not all there. */
  #readsOn(bytes: Uint8Array, at: number, end: number, ahead: number, length: number): boolean {
    if (hasFileMagic(bytes, at)) {
      if (end - at < HEADER_LOOK_BYTES) return false;
      this.#followed = beginsFile(bytes, at, end);
      if (this.#followed) return false;
    }
    // All zeros is what a power cut leaves; a time and a length on the wire are a record that kept nothing of its frame.
    const isBlank = length === 0 && (u32(bytes, at) === 0 || (u32(bytes, at + 8) === 0 && u32(bytes, at + 12) === 0));
    if (!isBlank && length <= MAX_RECORD_BYTES) return true;
    this.#stop(ahead, length);
    return false;
  }

  #stop(ahead: number, length: number): void {
    const reason =
      length === 0
        ? 'record of length zero: the file was not written to its end'
        : `record header claims ${length} bytes, more than ${MAX_RECORD_BYTES}`;
    this.#damage = { offset: this.#offset + ahead, after_packet: this.#packets, reason };
  }

  describeRest(rest: number): string {
    const header = this.#variant?.header ?? 16;
    return rest < header ? 'file ends inside a record header' : 'file ends inside a packet';
  }
}
