// Reads one segment file from its header to its last whole record: what recovery may keep, and what a sidecar must say of it.
// Never trusts a length; memory stays at one read buffer.

import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import {
  MAX_CAPTURED_BYTES,
  PCAP_HEADER_BYTES,
  type PcapFormat,
  RECORD_HEADER_BYTES,
  type RecordFault,
  read32,
  readPcapHeader,
  recordTime,
  walkRecords,
} from '../../decode/files/pcap-record.ts';
import { macFromBytes } from '../../model/mac.ts';

export interface SegmentSurvey {
  readonly format: PcapFormat | null;
  readonly fileBytes: number;
  /** Header and whole records. */
  readonly keptBytes: number;
  readonly packets: number;
  readonly sharedPackets: number;
  readonly sharedBytes: number;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  /** Of the kept bytes. */
  readonly sha256: string;
  /** Why the rest was not kept; null when all was. */
  readonly fault: RecordFault | 'no_header' | 'zero_tail' | null;
}

const READ_BYTES = 1024 * 1024;
const ADDRESSES_END = 12;

/** `owner` is the file's device as text, `infra` the access point's addresses; both only for the shared counts. */
export async function surveySegment(file: string, owner: string, infra: ReadonlySet<string>): Promise<SegmentSurvey> {
  const { O_RDONLY, O_NOFOLLOW } = fs.constants;
  const handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW);
  try {
    return await new Surveyor(handle, owner, infra).run();
  } finally {
    await handle.close();
  }
}

class Surveyor {
  readonly #handle: fs.promises.FileHandle;
  readonly #owner: string;
  readonly #infra: ReadonlySet<string>;
  readonly #hash: Hash = createHash('sha256');
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES + RECORD_HEADER_BYTES + MAX_CAPTURED_BYTES);
  #packets = 0;
  #sharedPackets = 0;
  #sharedBytes = 0;
  #firstNs: bigint | null = null;
  #lastNs: bigint | null = null;

  constructor(handle: fs.promises.FileHandle, owner: string, infra: ReadonlySet<string>) {
    this.#handle = handle;
    this.#owner = owner;
    this.#infra = infra;
  }

  async run(): Promise<SegmentSurvey> {
    const fileBytes = (await this.#handle.stat()).size;
    const { bytesRead } = await this.#handle.read(this.#buffer, 0, PCAP_HEADER_BYTES, 0);
    const format = readPcapHeader(this.#buffer, 0, bytesRead);
    if (format === undefined) return this.#result(null, fileBytes, 0, 'no_header');
    this.#hash.update(this.#buffer.subarray(0, PCAP_HEADER_BYTES));
    const { kept, fault } = await this.#walk(format);
    return this.#result(format, fileBytes, kept, fault);
  }

  async #walk(format: PcapFormat): Promise<{ kept: number; fault: SegmentSurvey['fault'] }> {
    let kept = PCAP_HEADER_BYTES;
    let left = 0;
    for (;;) {
      const { bytesRead } = await this.#handle.read(this.#buffer, left, READ_BYTES, kept + left);
      const end = left + bytesRead;
      const walk = walkRecords(this.#buffer, 0, end, format);
      this.#count(walk.end, format);
      kept += walk.end;
      if (walk.fault === null && bytesRead === 0) return { kept, fault: null };
      const atEnd = bytesRead === 0 || (walk.fault !== null && walk.fault !== 'cut');
      if (atEnd) return { kept, fault: this.#name(walk.fault, walk.end, end) };
      this.#buffer.copyWithin(0, walk.end, end);
      left = end - walk.end;
    }
  }

  #name(fault: RecordFault | null, from: number, end: number): SegmentSurvey['fault'] {
    const zero = this.#buffer.subarray(from, end).every((byte) => byte === 0);
    return zero ? 'zero_tail' : fault;
  }

  #count(end: number, format: PcapFormat): void {
    if (end === 0) return;
    this.#hash.update(this.#buffer.subarray(0, end));
    this.#firstNs ??= recordTime(this.#buffer, 0, format);
    for (let at = 0; at < end; ) {
      const captured = read32(this.#buffer, at + 8, format.bigEndian);
      this.#packets++;
      this.#lastNs = recordTime(this.#buffer, at, format);
      if (captured >= ADDRESSES_END && this.#isShared(at + RECORD_HEADER_BYTES)) {
        this.#sharedPackets++;
        this.#sharedBytes += read32(this.#buffer, at + 12, format.bigEndian);
      }
      at += RECORD_HEADER_BYTES + captured;
    }
  }

  /** The reader's rule (DESIGN §4): also in its sender's file. */
  #isShared(frame: number): boolean {
    if (this.#owner.startsWith('_')) return false;
    const sender = macFromBytes(this.#buffer, frame + 6);
    return sender !== this.#owner && !this.#infra.has(sender);
  }

  #result(
    format: PcapFormat | null,
    fileBytes: number,
    keptBytes: number,
    fault: SegmentSurvey['fault'],
  ): SegmentSurvey {
    return {
      format,
      fileBytes,
      keptBytes,
      packets: this.#packets,
      sharedPackets: this.#sharedPackets,
      sharedBytes: this.#sharedBytes,
      firstNs: this.#firstNs,
      lastNs: this.#lastNs,
      sha256: this.#hash.digest('hex'),
      fault,
    };
  }
}
