// Bytes of a capture file, in whatever pieces they come, to frames. First station of every analysis, live or of a file.
// Two formats (pcap-reader.ts, pcapng-reader.ts) behind one; nothing here opens a file.

import type { CaptureDamage, FurtherHeaders } from '../../model/analysis-document.ts';
import { PcapReader } from './pcap-reader.ts';
import { PcapngReader } from './pcapng-reader.ts';
import type { FrameSink, RecordReader } from './records.ts';

export type CaptureFormat = 'pcap' | 'pcapng' | 'gzip';

/** What the first four bytes say; undefined when it is none of ours. */
export function detectFormat(bytes: Uint8Array, start: number, end: number): CaptureFormat | undefined {
  if (end - start >= 2 && bytes[start] === 0x1f && bytes[start + 1] === 0x8b) return 'gzip';
  if (end - start < 4) return undefined;
  if (PcapngReader.matches(bytes, start)) return 'pcapng';
  return PcapReader.matches(bytes, start) ? 'pcap' : undefined;
}

/**
 * Keeps what is not yet a whole record from one piece to the next. Write into `space()` and call `filled(n)`, or hand over a
 * copy with `push`. The buffer grows to the largest record seen and never beyond MAX_BLOCK_BYTES.
 */
export class CaptureReader {
  readonly #sink: FrameSink;
  readonly #chunk: number;
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  #position = 0;
  #reader: RecordReader | undefined;
  #format: 'pcap' | 'pcapng' | undefined;
  /** Of the files before the one being read, where several were joined. */
  #before = { packets: 0, bytes: 0, digits: 0 };
  #further: FurtherHeaders | undefined;

  /** `buffer`: of at least so many bytes, where the caller has one. */
  constructor(sink: FrameSink, chunkBytes = 64 * 1024, buffer: Uint8Array = new Uint8Array(chunkBytes)) {
    this.#sink = sink;
    this.#chunk = chunkBytes;
    this.#buffer = buffer;
  }

  /** Undefined until the file header has been read, or when it is none. */
  get format(): 'pcap' | 'pcapng' | undefined {
    return this.#format;
  }

  /** Undefined where the file is one. */
  get furtherHeaders(): FurtherHeaders | undefined {
    return this.#further;
  }

  get digits(): number {
    return Math.max(this.#before.digits, this.#reader?.digits ?? 9);
  }

  get packets(): number {
    return this.#before.packets + (this.#reader?.packets ?? 0);
  }

  get damage(): CaptureDamage | null {
    const damage = this.#reader?.damage ?? null;
    if (damage === null) return null;
    const { bytes, packets } = this.#before;
    return { ...damage, offset: damage.offset + bytes, after_packet: damage.after_packet + packets };
  }

  /** Position in the file up to which every record has been handed on: where reading may start again after the header. */
  get position(): number {
    return this.#position;
  }

  /** Where the caller may write the next bytes of the file; at least half a chunk. */
  space(): Uint8Array {
    const rest = this.#end - this.#start;
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#start = 0;
      this.#end = rest;
    }
    if (this.#buffer.length - rest < this.#chunk / 2) this.#grow();
    return this.#buffer.subarray(this.#end);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = larger;
  }

  /** `bytes` more bytes are in the space handed out last. */
  filled(bytes: number): void {
    this.#end += bytes;
    this.#reader ??= this.#recognise();
    while (this.#reader !== undefined) {
      const next = this.#reader.consume(this.#buffer, this.#start, this.#end);
      this.#position += next - this.#start;
      this.#start = next;
      if (this.#reader.damage !== null) this.#start = this.#end;
      if (!this.#reader.isFollowed) return;
      this.#readNextFile(this.#reader);
    }
  }

  /** Another file's header follows the last record. */
  #readNextFile({ digits }: RecordReader): void {
    const packets = this.packets;
    const known = this.#further;
    this.#further =
      known === undefined
        ? { count: 1, offset: this.#position, after_packet: packets }
        : { ...known, count: known.count + 1 };
    this.#before = { packets, bytes: this.#position, digits: Math.max(this.#before.digits, digits) };
    this.#reader = this.#recognise();
  }

  #recognise(): RecordReader | undefined {
    const format = detectFormat(this.#buffer, this.#start, this.#end);
    if (format !== 'pcapng' && (format !== 'pcap' || this.#end - this.#start < 24)) return undefined;
    this.#format ??= format;
    return format === 'pcap' ? new PcapReader(this.#sink) : new PcapngReader(this.#sink);
  }

  /** Reads a piece that the caller keeps. */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      const space = this.space();
      const bytes = Math.min(space.length, piece.length - at);
      space.set(piece.subarray(at, at + bytes));
      at += bytes;
      this.filled(bytes);
    }
  }

  /** At the end of a closed file: bytes that are no whole record are damage. Null when all was read. */
  finish(): CaptureDamage | null {
    const rest = this.#end - this.#start;
    if (this.#reader === undefined || this.#reader.damage !== null || rest === 0) return this.damage;
    return { offset: this.#position, after_packet: this.packets, reason: this.#reader.describeRest(rest) };
  }
}
