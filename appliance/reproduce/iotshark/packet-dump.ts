// IoTShark's capture file as its program writes it (PySharkCapture.py): one line a packet of the watched device, no head line,
// nine columns. Its counting is kept and named; `right` has the payload bytes of the wire next to it.

import { ipv4Text } from '../../decode/address-text.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { Walk } from '../../decode/frames/walk.ts';
import { startsHttp } from '../../decode/protocols/http.ts';
import { isTlsRecord } from '../../decode/protocols/tls.ts';

export interface DumpRow {
  /** Whole seconds: `round(time.time())`, half to even. */
  readonly timestamp: number;
  /** Theirs: of TCP the length of a hexadecimal text with colons, of UDP the length field with its header, incoming only. */
  readonly incoming: number;
  readonly outgoing: number;
  /** Payload bytes on the wire in each direction. */
  readonly rightIncoming: number;
  readonly rightOutgoing: number;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly transfer: 'HTTP' | 'HTTPS' | 'None';
  readonly connection: 'TCP' | 'UDP';
  readonly sourceIp: string;
  readonly targetIp: string;
}

/** Rows kept; later packets are counted. */
const MAX_ROWS = 2_000_000;

/** Packets of one IPv4 address; theirs looks at no other. */
export class PacketDump implements FrameSink {
  readonly rows: DumpRow[] = [];
  leftOut = 0;
  readonly #ip: string;
  readonly #walk = new Walk();

  constructor(ip: string) {
    this.#ip = ip;
  }

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    _length: number,
    linkType: number,
  ): void {
    const walk = this.#walk;
    walk.walk(bytes, start, end, linkType);
    if (walk.ipVersion !== 4 || !walk.hasPorts || walk.laterFragment) return;
    const [sourceIp, targetIp] = [ipv4Text(bytes, walk.sourceIp), ipv4Text(bytes, walk.destinationIp)];
    if (sourceIp !== this.#ip && targetIp !== this.#ip) return;
    if (this.rows.length >= MAX_ROWS) {
      this.leftOut++;
      return;
    }
    const inbound = targetIp === this.#ip;
    const payload = walk.payloadEnd - walk.payloadStart + walk.payloadMissing;
    const isTcp = walk.protocol === 6;
    // `len(packet.tcp.segment_data)`: "16:03:01" has three characters a byte, less one.
    const counted = isTcp ? Math.max(0, payload * 3 - 1) : payload + 8;
    this.rows.push({
      timestamp: roundHalfEven(seconds, nanoseconds),
      incoming: inbound ? counted : 0,
      // UDP is never outgoing there.
      outgoing: inbound || !isTcp ? 0 : counted,
      rightIncoming: inbound ? payload : 0,
      rightOutgoing: inbound ? 0 : payload,
      sourcePort: walk.sourcePort,
      targetPort: walk.destinationPort,
      transfer: isTcp ? transferOf(bytes, walk.payloadStart, walk.payloadEnd) : 'None',
      connection: isTcp ? 'TCP' : 'UDP',
      sourceIp,
      targetIp,
    });
  }
}

function transferOf(bytes: Uint8Array, start: number, end: number): DumpRow['transfer'] {
  if (startsHttp(bytes, start, end)) return 'HTTP';
  return isTlsRecord(bytes, start, end) ? 'HTTPS' : 'None';
}

/** Python's round(). */
function roundHalfEven(seconds: number, nanoseconds: number): number {
  if (nanoseconds === 500_000_000) return seconds + (seconds % 2);
  return nanoseconds > 500_000_000 ? seconds + 1 : seconds;
}

/** Their file: carriage return and line feed, as Python's csv writes. */
export function dumpCsv(rows: readonly DumpRow[]): string {
  const line = (r: DumpRow): string =>
    [
      r.timestamp,
      r.incoming,
      r.outgoing,
      r.sourcePort,
      r.targetPort,
      r.transfer,
      r.connection,
      r.sourceIp,
      r.targetIp,
    ].join(',');
  return rows.map((row) => `${line(row)}\r\n`).join('');
}
