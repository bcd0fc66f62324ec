// Conversations of each device by service, opened by whom, inside or outside the home (Amar et al., figures 2 and 3).
// From a summary, when a document is rendered.

import type { DocumentServiceUse, TransportProtocol } from '../model/analysis-document.ts';
import type { DocumentTables } from './document-tables.ts';
import { servicePort } from './ports.ts';
import { serviceName } from './services.ts';
import type { ConversationRecord, DirectionRecord, Part } from './summary.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Sum = Mutable<DocumentServiceUse>;

/** Of every device, most bytes first. `macs`: those that are devices, no groups. */
export function renderServices(part: Part, tables: DocumentTables, macs: ReadonlySet<string>): DocumentServiceUse[] {
  const sums = new Map<string, Sum>();
  for (const [key, record] of Object.entries(part.conversations)) {
    const ends = endsOf(key, record);
    const service = record.service ?? serviceName(ends.proto, servicePort([ends.aPort, ends.bPort])) ?? 'unknown';
    const add = (device: string, peer: string, opened: boolean): void => {
      if (!macs.has(device)) return;
      const { internal } = tables.describeAddress(peer);
      const sum = sumOf(sums, device, ends.proto, service, internal);
      sum.conversations++;
      if (opened) sum.opened++;
      addDirections(sum, opened ? record.ab : record.ba, opened ? record.ba : record.ab);
    };
    add(record.a_mac, ends.bIp, true);
    add(record.b_mac, ends.aIp, false);
  }
  const bytes = (sum: Sum): number => sum.bytes_sent + sum.bytes_received;
  return [...sums].sort(([k, x], [l, y]) => bytes(y) - bytes(x) || (k < l ? -1 : 1)).map(([, sum]) => sum);
}

function endsOf(key: string, { a }: ConversationRecord) {
  const [proto = '', ip0 = '', port0 = '', ip1 = '', port1 = ''] = key.split(' ');
  const [aIp, aPort, bIp, bPort] = a === 0 ? [ip0, port0, ip1, port1] : [ip1, port1, ip0, port0];
  const transport: TransportProtocol = proto === 'tcp' ? 'tcp' : 'udp';
  return { proto: transport, aIp, aPort: Number(aPort), bIp, bPort: Number(bPort) };
}

function sumOf(
  sums: Map<string, Sum>,
  device: string,
  proto: TransportProtocol,
  service: string,
  internal: boolean,
): Sum {
  const key = `${device} ${proto} ${service} ${internal}`;
  const known = sums.get(key);
  if (known !== undefined) return known;
  const numbers = { conversations: 0, opened: 0, packets_sent: 0, bytes_sent: 0, payload_sent: 0 };
  const made = {
    device,
    proto,
    service,
    internal,
    ...numbers,
    packets_received: 0,
    bytes_received: 0,
    payload_received: 0,
  };
  sums.set(key, made);
  return made;
}

function addDirections(sum: Sum, sent: DirectionRecord, received: DirectionRecord): void {
  sum.packets_sent += sent.packets;
  sum.bytes_sent += sent.bytes;
  sum.payload_sent += sent.payload;
  sum.packets_received += received.packets;
  sum.bytes_received += received.bytes;
  sum.payload_received += received.payload;
}
