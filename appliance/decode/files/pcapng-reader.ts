// The pcapng format (draft-ietf-opsawg-pcapng): several sections and interfaces, both byte orders, any time resolution,
// enhanced, simple and obsolete packet blocks. Other blocks pass unread. Called by capture-reader.ts.

import type { CaptureDamage } from '../../model/analysis-document.ts';
import { u16, u16le, u32, u32le } from '../octets.ts';
import { beginsFile, HEADER_LOOK_BYTES, hasPcapMagic } from './file-header.ts';
import { type FrameSink, MAX_BLOCK_BYTES, type RecordReader } from './records.ts';

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 2; // obsolete
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const OPTION_TSRESOL = 9;
const OPTION_TSOFFSET = 14;

interface CaptureInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly unitsPerSecond: bigint;
  /** The same where arithmetic in doubles is exact: powers of ten up to 10^9; else 0. */
  readonly fast: number;
  readonly offsetSeconds: number;
}

export class PcapngReader implements RecordReader {
  readonly format = 'pcapng';
  readonly #sink: FrameSink;
  #little = true;
  #interfaces: CaptureInterface[] = [];
  #digits = 0;
  #packets = 0;
  #offset = 0;
  #damage: CaptureDamage | null = null;
  #followed = false;
  #seconds = 0;
  #nanoseconds = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** The section header's block type is the same in both byte orders. */
  static matches(bytes: Uint8Array, at: number): boolean {
    return u32(bytes, at) === SECTION;
  }

  get digits(): number {
    return this.#digits === 0 ? 6 : this.#digits;
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
    while (this.#damage === null && end - at >= 12) {
      const type = this.#u32(bytes, at);
      if (u32(bytes, at) === SECTION && !this.#readByteOrder(bytes, at)) break;
      const length = this.#u32(bytes, at + 4);
      const wrong = length < 12 || length % 4 !== 0 || length > MAX_BLOCK_BYTES;
      if (wrong && this.#meetsFile(bytes, at, end)) break;
      if (wrong) this.#stop(`block of type ${type} claims ${length} bytes`);
      if (wrong || end - at < length) break;
      if (this.#u32(bytes, at + length - 4) !== length) {
        this.#stop('the two lengths of a block differ');
        break;
      }
      this.#readBlock(bytes, u32(bytes, at) === SECTION ? SECTION : type, at + 8, at + length - 4);
      if (this.#damage !== null) break;
      at += length;
      this.#offset += length;
    }
    return at;
  }

  /** A pcap file's version is no length of a block. True also where it may be one and is not all there. */
  #meetsFile(bytes: Uint8Array, at: number, end: number): boolean {
    if (!hasPcapMagic(bytes, at)) return false;
    this.#followed = beginsFile(bytes, at, end);
    return this.#followed || end - at < HEADER_LOOK_BYTES;
  }

  #u16(bytes: Uint8Array, at: number): number {
    return this.#little ? u16le(bytes, at) : u16(bytes, at);
  }

  #u32(bytes: Uint8Array, at: number): number {
    return this.#little ? u32le(bytes, at) : u32(bytes, at);
  }

  #stop(reason: string): void {
    this.#damage = { offset: this.#offset, after_packet: this.#packets, reason };
  }

  #readByteOrder(bytes: Uint8Array, at: number): boolean {
    const magic = u32(bytes, at + 8);
    if (magic === 0x1a2b3c4d) this.#little = false;
    else if (magic === 0x4d3c2b1a) this.#little = true;
    else {
      this.#stop('section header without byte-order magic');
      return false;
    }
    return true;
  }

  #readBlock(bytes: Uint8Array, type: number, start: number, end: number): void {
    switch (type) {
      case ENHANCED_PACKET:
        return this.#readEnhanced(bytes, start, end);
      case SIMPLE_PACKET:
        return this.#readSimple(bytes, start, end);
      case PACKET:
        return this.#readObsolete(bytes, start, end);
      case INTERFACE:
        return this.#readInterface(bytes, start, end);
      case SECTION:
        return this.#readSection(bytes, start, end);
      default:
    }
  }

  #readSection(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 16) return this.#stop('section header too short');
    const major = this.#u16(bytes, start + 4);
    if (major !== 1) return this.#stop(`unknown section version ${major}`);
    this.#interfaces = [];
  }

  #readInterface(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 8) return this.#stop('interface block too short');
    if (this.#interfaces.length >= 65_536) return this.#stop('more than 65,536 interfaces');
    const units = this.#resolution(this.#option(bytes, start + 8, end, OPTION_TSRESOL), bytes);
    const offset = this.#option(bytes, start + 8, end, OPTION_TSOFFSET);
    this.#digits = Math.max(this.#digits, Math.min(9, Math.ceil(Math.log10(Number(units)))));
    this.#interfaces.push({
      linkType: this.#u16(bytes, start),
      snapLength: this.#u32(bytes, start + 4),
      unitsPerSecond: units,
      fast: 1_000_000_000n % units === 0n ? Number(units) : 0,
      offsetSeconds: offset < 0 ? 0 : this.#seconds64(bytes, offset),
    });
  }

  /** Signed 64-bit seconds of if_tsoffset; beyond 2^53 nothing sensible is meant. */
  #seconds64(bytes: Uint8Array, at: number): number {
    const high = this.#u32(bytes, this.#little ? at + 4 : at) | 0;
    const low = this.#u32(bytes, this.#little ? at : at + 4);
    return high * 0x1_0000_0000 + low;
  }

  /** Position of an option's value, or -1. */
  #option(bytes: Uint8Array, start: number, end: number, wanted: number): number {
    let at = start;
    while (end - at >= 4) {
      const code = this.#u16(bytes, at);
      const length = this.#u16(bytes, at + 2);
      if (code === 0 || end - at - 4 < length) return -1;
      if (code === wanted) return at + 4;
      at += 4 + length + ((4 - (length % 4)) % 4);
    }
    return -1;
  }

  /** Units a second from if_tsresol: a power of ten, or of two with the high bit; 10^6 without. Capped at 2^63. */
  #resolution(at: number, bytes: Uint8Array): bigint {
    if (at < 0) return 1_000_000n;
    const value = bytes[at] ?? 6;
    const exponent = BigInt(value & 0x7f);
    if (value > 0x7f) return exponent > 63n ? 1n << 63n : 1n << exponent;
    return 10n ** (exponent > 18n ? 18n : exponent);
  }

  #readEnhanced(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 20) return this.#stop('enhanced packet block too short');
    const id = this.#u32(bytes, start);
    this.#packet(bytes, id, start + 4, start + 12, start + 20, end);
  }

  #readObsolete(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 20) return this.#stop('packet block too short');
    this.#packet(bytes, this.#u16(bytes, start), start + 4, start + 12, start + 20, end);
  }

  #packet(bytes: Uint8Array, id: number, time: number, lengths: number, data: number, end: number): void {
    const from = this.#interfaces[id];
    if (from === undefined) return this.#stop(`packet of interface ${id}, which was not described`);
    const captured = this.#u32(bytes, lengths);
    if (captured > end - data) return this.#stop(`packet claims ${captured} bytes, its block holds ${end - data}`);
    this.#readTime(this.#u32(bytes, time), this.#u32(bytes, time + 4), from);
    this.#emit(bytes, data, captured, this.#u32(bytes, lengths + 4), from.linkType);
  }

  /** A simple packet has no time of its own: it gets that of the packet before it. */
  #readSimple(bytes: Uint8Array, start: number, end: number): void {
    const from = this.#interfaces[0];
    if (from === undefined || end - start < 4) return this.#stop('simple packet block without an interface');
    const original = this.#u32(bytes, start);
    const limit = from.snapLength === 0 ? original : Math.min(original, from.snapLength);
    this.#emit(bytes, start + 4, Math.min(limit, end - start - 4), original, from.linkType);
  }

  #emit(bytes: Uint8Array, data: number, captured: number, original: number, linkType: number): void {
    this.#packets++;
    this.#sink.frame(bytes, data, data + captured, this.#seconds, this.#nanoseconds, original, linkType);
  }

  /** Long division in 16-bit steps: exact in doubles as long as the divisor is at most 2^37. */
  #readTime(high: number, low: number, from: CaptureInterface): void {
    const units = from.fast;
    if (units === 0) return this.#readTimeExactly(high, low, from);
    const top = high % units;
    const middle = top * 65_536 + (low >>> 16);
    const rest = (middle % units) * 65_536 + (low & 0xffff);
    const seconds =
      Math.floor(high / units) * 0x1_0000_0000 + Math.floor(middle / units) * 65_536 + Math.floor(rest / units);
    this.#seconds = seconds + from.offsetSeconds;
    this.#nanoseconds = (rest % units) * (1e9 / units);
  }

  #readTimeExactly(high: number, low: number, from: CaptureInterface): void {
    const value = (BigInt(high) << 32n) | BigInt(low);
    this.#seconds = Number(value / from.unitsPerSecond) + from.offsetSeconds;
    this.#nanoseconds = Number(((value % from.unitsPerSecond) * 1_000_000_000n) / from.unitsPerSecond);
  }

  describeRest(rest: number): string {
    return rest < 12 ? 'file ends inside a block header' : 'file ends inside a block';
  }
}
