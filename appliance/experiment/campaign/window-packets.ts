// Counts what the capture files hold of one recording, until there is as much as its step asks for. Reads files that are closed and
// those that still grow, a piece at a time, so that the appliance answers meanwhile.

import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { RECORD_HEADER_BYTES, read32, recordTime } from '../../decode/files/pcap-record.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../decode/frames/frame.ts';
import { Walk } from '../../decode/frames/walk.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { type DeviceKey, macFromBytes } from '../../model/mac.ts';
import { parseSeconds } from '../../model/time/clock.ts';
import type { CatalogSegment } from '../../store/tail/segment-catalog.ts';
import { type RecordRun, SegmentTail, segmentFile } from '../../store/tail/segment-tail.ts';
import type { FoundPackets } from './verdict.ts';

export interface WindowQuestion {
  readonly dataDir: string;
  /** What the ledger knows; of all devices. */
  readonly segments: Iterable<CatalogSegment>;
  /** Null for all. */
  readonly device: DeviceKey | null;
  /** Decimal seconds since 1970; the end itself is outside. */
  readonly from: string;
  readonly to: string;
  readonly packets: number;
  readonly data: boolean;
}

/** A segment's line is written a moment after its first frame. */
const MARGIN_NS = 5_000_000_000n;
const PIECE_BYTES = 256 * 1024;
/** The largest record fits. */
const BUFFER_BYTES = 512 * 1024;
/** Housekeeping over UDP: DNS, DHCP, NTP, NetBIOS, DHCPv6, SSDP, mDNS, LLMNR. */
const HOUSEKEEPING: ReadonlySet<number> = new Set([53, 67, 68, 123, 137, 138, 546, 547, 1900, 5353, 5355]);

export async function countWindow(question: WindowQuestion): Promise<FoundPackets> {
  const count = new WindowCount(question);
  const buffer = new Uint8Array(BUFFER_BYTES);
  let gone = 0;
  for (const segment of count.segments) {
    if (segment.state === 'deleted') gone++;
    else if (!(await readSegment(question.dataDir, segment, buffer, count))) gone++;
    if (count.isEnough) break;
  }
  const missing = gone === 0 ? '' : `${gone} files of it are deleted or cannot be read`;
  return { packets: count.packets, withData: count.withData, isEnough: count.isEnough, missing };
}

/** False where the file is not there to be read. */
async function readSegment(
  dataDir: string,
  segment: CatalogSegment,
  buffer: Uint8Array,
  count: WindowCount,
): Promise<boolean> {
  const tail = new SegmentTail(segmentFile(dataDir, segment.path), buffer);
  try {
    for (let run = tail.read(PIECE_BYTES); run !== undefined && !count.isEnough; run = tail.read(PIECE_BYTES)) {
      count.add(run, segment.device);
      await yieldToOthers();
    }
    return tail.format !== undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a capture file', ...UNREADABLE, 'EIO');
    return false;
  } finally {
    tail.close();
  }
}

class WindowCount {
  readonly segments: readonly CatalogSegment[];
  packets = 0;
  withData = 0;
  readonly #question: WindowQuestion;
  readonly #from: bigint;
  readonly #to: bigint;
  /** Senders with files of their own: what they sent is counted there. */
  readonly #devices: ReadonlySet<string>;
  readonly #walk = new Walk();

  constructor(question: WindowQuestion) {
    this.#question = question;
    this.#from = parseSeconds(question.from) ?? 0n;
    this.#to = parseSeconds(question.to) ?? 0n;
    const known = [...question.segments];
    this.#devices = new Set(question.device === null ? known.map(({ device }) => device) : []);
    this.segments = known.filter((segment) => this.#overlaps(segment));
  }

  get isEnough(): boolean {
    const { packets, data } = this.#question;
    return this.packets >= packets && (this.withData > 0 || !data);
  }

  add({ bytes, start, end, format }: RecordRun, owner: DeviceKey): void {
    for (let at = start; at < end; ) {
      const captured = read32(bytes, at + 8, format.bigEndian);
      const frame = at + RECORD_HEADER_BYTES;
      const time = recordTime(bytes, at, format);
      if (time >= this.#from && time < this.#to) this.#frame(bytes, frame, frame + captured, format.linkType, owner);
      at = frame + captured;
    }
  }

  #frame(bytes: Uint8Array, start: number, end: number, linkType: number, owner: DeviceKey): void {
    const walk = this.#walk;
    walk.walk(bytes, start, end, linkType);
    if (walk.sourceMac >= 0 && this.#devices.size > 0) {
      const sender = macFromBytes(bytes, walk.sourceMac);
      if (sender !== owner && this.#devices.has(sender)) return;
    }
    this.packets++;
    if (hasData(walk)) this.withData++;
  }

  #overlaps({ device, state, opened, closed }: CatalogSegment): boolean {
    if (state === 'empty' || (this.#question.device !== null && device !== this.#question.device)) return false;
    const began = parseSeconds(opened) ?? 0n;
    const ended = closed === null ? null : (parseSeconds(closed) ?? 0n);
    return began <= this.#to + MARGIN_NS && (ended === null || ended >= this.#from - MARGIN_NS);
  }
}

/** TCP: more than the one byte of a keep-alive (RFC 9293 §3.8.4). UDP: anything but housekeeping. */
function hasData({
  protocol,
  hasPorts,
  sourcePort,
  destinationPort,
  payloadStart,
  payloadEnd,
  payloadMissing,
}: Walk): boolean {
  const payload = payloadEnd - payloadStart + payloadMissing;
  if (!hasPorts) return false;
  if (protocol === PROTOCOL_TCP) return payload > 1;
  return (
    protocol === PROTOCOL_UDP && payload > 0 && !HOUSEKEEPING.has(sourcePort) && !HOUSEKEEPING.has(destinationPort)
  );
}
