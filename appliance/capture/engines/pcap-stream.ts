// From the bytes of an engine's pipe to batches of whole pcap records. A record that a read cut in two is completed in a small
// buffer of its own; everything else is passed on where it lies. Neighbour: demux.ts.

import {
  MAX_CAPTURED_BYTES,
  PCAP_HEADER_BYTES,
  type PcapFormat,
  RECORD_HEADER_BYTES,
  read32,
  readPcapHeader,
  recordFault,
  walkRecords,
} from '../../decode/files/pcap-record.ts';

export interface StreamEvents {
  begin(format: PcapFormat): void;
  /** Whole records; the bytes are only valid during the call. */
  records(bytes: Buffer, start: number, end: number, count: number): void;
}

/** What made the rest of a stream worthless. After a desync every later "record" would be invented. */
export type StreamFault = 'no_pcap_header' | 'big_endian' | 'desync';

export class PcapStream {
  readonly #events: StreamEvents;
  readonly #tail = Buffer.allocUnsafeSlow(RECORD_HEADER_BYTES + MAX_CAPTURED_BYTES);
  #tailBytes = 0;
  #format: PcapFormat | null = null;
  #fault: StreamFault | null = null;

  constructor(events: StreamEvents) {
    this.#events = events;
  }

  /** Bytes of a record (or header) that is not whole yet; at the end of a stream they are lost. */
  get tailBytes(): number {
    return this.#tailBytes;
  }

  /** Takes the first `end` bytes of a chunk; the fault that ended the stream, or null. */
  push(chunk: Buffer, end: number): StreamFault | null {
    let at = 0;
    while (at < end && this.#fault === null) {
      at = this.#format === null || this.#tailBytes > 0 ? this.#complete(chunk, at, end) : this.#walk(chunk, at, end);
    }
    return this.#fault;
  }

  /** Moves bytes to the tail until its content is complete; the offset after them. */
  #complete(chunk: Buffer, at: number, end: number): number {
    const need = this.#needed();
    const taken = Math.min(end - at, need - this.#tailBytes);
    chunk.copy(this.#tail, this.#tailBytes, at, at + taken);
    this.#tailBytes += taken;
    if (this.#tailBytes < need) return at + taken;
    if (this.#format === null) this.#begin();
    else if (need === RECORD_HEADER_BYTES) this.#checkHeader();
    else this.#emitTail();
    return at + taken;
  }

  #needed(): number {
    if (this.#format === null) return PCAP_HEADER_BYTES;
    if (this.#tailBytes < RECORD_HEADER_BYTES) return RECORD_HEADER_BYTES;
    return RECORD_HEADER_BYTES + read32(this.#tail, 8, false);
  }

  #begin(): void {
    const format = readPcapHeader(this.#tail, 0, PCAP_HEADER_BYTES);
    this.#tailBytes = 0;
    if (format === undefined) this.#fault = 'no_pcap_header';
    else if (format.bigEndian) this.#fault = 'big_endian';
    else {
      this.#format = format;
      this.#events.begin(format);
    }
  }

  #checkHeader(): void {
    if (this.#format !== null && recordFault(this.#tail, 0, this.#format) !== null) this.#fault = 'desync';
  }

  #emitTail(): void {
    const end = this.#tailBytes;
    this.#tailBytes = 0;
    this.#events.records(this.#tail, 0, end, 1);
  }

  #walk(chunk: Buffer, at: number, end: number): number {
    const walk = walkRecords(chunk, at, end, this.#format!);
    if (walk.end > at) this.#events.records(chunk, at, walk.end, walk.records);
    if (walk.fault === null) return end;
    if (walk.fault !== 'cut') {
      this.#fault = 'desync';
      return end;
    }
    chunk.copy(this.#tail, 0, walk.end, end);
    this.#tailBytes = end - walk.end;
    return end;
  }
}
