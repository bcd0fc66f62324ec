// Conversations of each device by service, opened by whom, inside or outside the home (Amar et al., figures 2 and 3).
// Summed while a document is rendered.

import type { ConversationShare, DocumentServiceUse, TransportProtocol } from '../../model/analysis-document.ts';
import type { OutlinedConversation } from '../document/conversations.ts';
import type { DocumentTables } from '../document/tables.ts';
import type { End } from '../ports/server-end.ts';

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
    // Nearly all have one share, in which no end is met again.
    const met = c.shares.length > 1 ? new Set<string>() : undefined;
    for (const share of c.shares) {
      this.#addEnd(c, 'a', share.a_mac, share, met);
      this.#addEnd(c, 'b', share.b_mac, share, met);
    }
  }

  /** `met`: ends of this conversation that have counted it. */
  #addEnd(c: OutlinedConversation, end: End, mac: string | null, share: ConversationShare, met?: Set<string>): void {
    if (mac === null || !this.#macs.has(mac)) return;
    const internal = this.#tables.describeAddress(end === 'a' ? c.b_ip : c.a_ip).internal;
    const sum = sumOf(this.#sums, mac, c.proto, c.service ?? 'unknown', internal);
    if (met?.has(`${end} ${mac}`) !== true) {
      sum.conversations++;
      if (c.client === end) sum.opened++;
    }
    met?.add(`${end} ${mac}`);
    const { pkts_ab, bytes_ab, payload_ab, pkts_ba, bytes_ba, payload_ba } = share;
    if (end === 'a') addSent(sum, pkts_ab, bytes_ab, payload_ab);
    else addSent(sum, pkts_ba, bytes_ba, payload_ba);
    if (end === 'a') addReceived(sum, pkts_ba, bytes_ba, payload_ba);
    else addReceived(sum, pkts_ab, bytes_ab, payload_ab);
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
