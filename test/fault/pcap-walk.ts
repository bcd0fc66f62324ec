// Walks a classic pcap file record by record, strictly. Written apart from the appliance's own reader on purpose: what
// proves the writer must not share its mistakes.

export interface PcapWalk {
  readonly records: number;
  /** Bytes that are header or whole records. */
  readonly wholeBytes: number;
  readonly nanoseconds: boolean;
  readonly linkType: number;
  readonly snapLength: number;
  /** What is wrong where; null for a file of whole records only. */
  readonly damage: string | null;
}

/** Called for each whole record; `at` is where its frame starts. Time in nanoseconds since 1970 as seconds and rest. */
export type VisitRecord = (frame: Buffer, seconds: number, nanos: number, originalLength: number) => void;

const HEADER = 24;
const RECORD = 16;

export function walkPcap(bytes: Buffer, visit: VisitRecord): PcapWalk {
  const magic = bytes.length >= HEADER ? bytes.readUInt32LE(0) : 0;
  const nanoseconds = magic === 0xa1b23c4d;
  const format = { nanoseconds, linkType: 0, snapLength: 0 };
  if (!nanoseconds && magic !== 0xa1b2c3d4) return { ...format, records: 0, wholeBytes: 0, damage: 'no pcap header' };
  format.snapLength = bytes.readUInt32LE(16);
  format.linkType = bytes.readUInt32LE(20) & 0xffff;
  let at = HEADER;
  let records = 0;
  let damage: string | null = null;
  while (at < bytes.length && damage === null) {
    damage = damageAt(bytes, at, format.snapLength, nanoseconds);
    if (damage !== null) break;
    const captured = bytes.readUInt32LE(at + 8);
    const fraction = bytes.readUInt32LE(at + 4);
    const frame = bytes.subarray(at + RECORD, at + RECORD + captured);
    visit(frame, bytes.readUInt32LE(at), nanoseconds ? fraction : fraction * 1000, bytes.readUInt32LE(at + 12));
    at += RECORD + captured;
    records++;
  }
  return { ...format, records, wholeBytes: at, damage };
}

function damageAt(bytes: Buffer, at: number, snapLength: number, nanoseconds: boolean): string | null {
  if (bytes.length - at < RECORD) return `half a record header at byte ${at}`;
  const captured = bytes.readUInt32LE(at + 8);
  const original = bytes.readUInt32LE(at + 12);
  if (captured === 0) return `empty record at byte ${at}`;
  if (captured > snapLength || captured > original) return `impossible length ${captured}/${original} at byte ${at}`;
  if (bytes.readUInt32LE(at + 4) >= (nanoseconds ? 1_000_000_000 : 1_000_000)) return `impossible time at byte ${at}`;
  return bytes.length - at - RECORD < captured ? `half a record at byte ${at}` : null;
}
