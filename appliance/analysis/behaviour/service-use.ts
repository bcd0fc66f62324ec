// Conversations of each device by service, opened by whom, inside or outside the home (Amar et al., figures 2 and 3).
// Summed while a document is rendered.

import type { DocumentServiceUse, TransportProtocol } from '../../model/analysis-document.ts';
import type { OutlinedConversation } from '../document/conversations.ts';
import type { DocumentTables } from '../document/tables.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Sum = Mutable<DocumentServiceUse>;

/** Fed with conversations in any order. `macs`: those that are devices, no groups. */
export class ServiceSums {
  readonly #sums = new Map<string, Sum>();
  readonly #tables: DocumentTables;
  readonly #macs: ReadonlySet<string>;

  constructor(tables: DocumentTables, macs: ReadonlySet<string>) {
    this.#tables = tables;
    this.#macs = macs;
  }

  add(c: OutlinedConversation): void {
    if (c.a_mac !== null && this.#macs.has(c.a_mac)) {
      const sum = this.#sumOf(c, c.a_mac, c.b_ip);
      if (c.client === 'a') sum.opened++;
      addSent(sum, c.pkts_ab, c.bytes_ab, c.payload_ab);
      addReceived(sum, c.pkts_ba, c.bytes_ba, c.payload_ba);
    }
    if (c.b_mac !== null && this.#macs.has(c.b_mac)) {
      const sum = this.#sumOf(c, c.b_mac, c.a_ip);
      if (c.client === 'b') sum.opened++;
      addSent(sum, c.pkts_ba, c.bytes_ba, c.payload_ba);
      addReceived(sum, c.pkts_ab, c.bytes_ab, c.payload_ab);
    }
  }

  #sumOf(c: OutlinedConversation, device: string, peer: string): Sum {
    const sum = sumOf(this.#sums, device, c.proto, c.service ?? 'unknown', this.#tables.describeAddress(peer).internal);
    sum.conversations++;
    return sum;
  }

  /** Of every device, most bytes first. */
  render(): DocumentServiceUse[] {
    const bytes = (sum: Sum): number => sum.bytes_sent + sum.bytes_received;
    return [...this.#sums].sort(([k, x], [l, y]) => bytes(y) - bytes(x) || (k < l ? -1 : 1)).map(([, sum]) => sum);
  }
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

function addSent(sum: Sum, packets: number, bytes: number, payload: number): void {
  sum.packets_sent += packets;
  sum.bytes_sent += bytes;
  sum.payload_sent += payload;
}

function addReceived(sum: Sum, packets: number, bytes: number, payload: number): void {
  sum.packets_received += packets;
  sum.bytes_received += bytes;
  sum.payload_received += payload;
}
