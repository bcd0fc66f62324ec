// Rows that combine many conversations. Most conversations differ only in the port that a client drew for them: those are
// joined by service. Of peers that scan, or are scanned, the first ports have rows of their own and all others one row
// together. Bytes, packets, payload statistics and destinations stay exact. flows.ts joins what it has no room for while
// packets come, bounded-summary.ts what a sum has no room for.

import type { TransportProtocol } from '../../model/analysis-document.ts';
import { EVIDENCE } from '../packet/payload/payload-scan.ts';
import { serverEnd } from '../ports/server-end.ts';
import { mergeConversations } from './merge-conversations.ts';
import type { PortTally } from './port-tally.ts';
import { type ConversationRecord, compareTimes, type Part, type Table } from './summary.ts';

/** In place of the client's port in the key of a joined row, followed by a letter that parts readable from other payload. */
const JOINED = '*';
export const MANY_WITHOUT_PAYLOAD = '*n';
/** Services of two addresses that nobody answered and that have rows of their own: more are a scan. */
export const MAX_UNANSWERED_SERVICES = 16;

/** Whether the text of a key's port says that the row combines many ports. */
export function isJoinedPort(text: string): boolean {
  return text.startsWith(JOINED);
}

export function isJoined(key: string): boolean {
  return key.includes(JOINED);
}

/** Which row a conversation is joined into; remembers of scans which ports have rows. */
export class ServiceKeys {
  readonly #unanswered = new Map<string, Set<string>>();

  /** `whole`: of both parts of the summary, which must come to one answer. The same key for what is joined already. */
  of(key: string, whole: ConversationRecord): string {
    const [proto = '', ip0 = '', port0 = '', ip1 = '', port1 = ''] = key.split(' ');
    const known = isJoinedPort(port0) || isJoinedPort(port1);
    if (known && port0[0] === port1[0]) return key;
    const many = JOINED + kindOf(whole);
    const service = known || port0 === port1 ? key : serviceKey([proto, ip0, port0, ip1, port1], whole, many);
    if (isAnswered(whole)) return service;
    const services = this.#servicesOf(`${proto} ${ip0} ${ip1}`);
    if (known || services.has(service)) services.add(service);
    else if (services.size >= MAX_UNANSWERED_SERVICES) return `${proto} ${ip0} ${many} ${ip1} ${many}`;
    else services.add(service);
    return service;
  }

  #servicesOf(pair: string): Set<string> {
    const known = this.#unanswered.get(pair) ?? new Set();
    this.#unanswered.set(pair, known);
    return known;
  }
}

/** The key without the client's port; the same key where the row has one port at both ends. */
function serviceKey(
  [proto, ip0, port0, ip1, port1]: readonly [string, string, string, string, string],
  record: ConversationRecord,
  many: string,
): string {
  const [a, b] = record.a === 0 ? [port0, port1] : [port1, port0];
  const client = record.client === undefined ? undefined : record.client === record.a ? 'a' : 'b';
  const serviceIsB = serverEnd(proto === 'tcp' ? 'tcp' : 'udp', [Number(a), Number(b)], client) === 'b';
  const serviceIsSecond = serviceIsB === (record.a === 0);
  return serviceIsSecond ? `${proto} ${ip0} ${many} ${ip1} ${port1}` : `${proto} ${ip0} ${port0} ${ip1} ${many}`;
}

/**
 * False of what came from one side only, and of TCP without payload in which each packet met one: the SYN and RST of a
 * closed port. An open one answers a SYN twice as often as it is asked, or with more.
 */
export function isAnswered({ ab, ba }: ConversationRecord): boolean {
  if (ab.packets === 0 || ba.packets === 0) return false;
  return ab.payload + ba.payload > 0 || ab.packets !== ba.packets;
}

/** Nothing, text, a protocol by its grammar, other: what can be read never hides among what cannot. */
function kindOf({ ab, ba, proof }: ConversationRecord): 'n' | 't' | 'g' | 'o' {
  if (ab.payload + ba.payload === 0) return 'n';
  if ((ab.evidence[EVIDENCE.textPackets] ?? 0) + (ba.evidence[EVIDENCE.textPackets] ?? 0) > 0) return 't';
  return proof === 'grammar' ? 'g' : 'o';
}

/** Of two records of one row, in whichever order: `a` sent the first packet of both. */
export function joinRecords(x: ConversationRecord, y: ConversationRecord): ConversationRecord {
  return compareTimes(y.first_ts, x.first_ts) < 0 ? mergeConversations(y, x) : mergeConversations(x, y);
}

export function addRow(rows: Table<ConversationRecord>, key: string, record: ConversationRecord): void {
  const twin = rows[key];
  rows[key] = twin === undefined ? record : joinRecords(twin, record);
}

/** What a record held that has no row any more. */
export function evictRecord(
  { evicted, dropped }: Part,
  ports: PortTally,
  key: string,
  record: ConversationRecord,
): void {
  const { ab, ba } = record;
  evicted.packets += ab.packets + ba.packets;
  evicted.bytes += ab.bytes + ba.bytes;
  evicted.payload += ab.payload + ba.payload;
  dropped.names += record.cut ?? 0;
  addPortsLeft(ports, key, '', record);
}

/** Packets by destination port, of the ports that `key` contains and `service` does not. */
export function addPortsLeft(ports: PortTally, key: string, service: string, record: ConversationRecord): void {
  const [proto = '', , port0 = '', , port1 = ''] = key.split(' ');
  const [, , left0 = '', , left1 = ''] = service.split(' ');
  const [to0, to1] = record.a === 0 ? [record.ba.packets, record.ab.packets] : [record.ab.packets, record.ba.packets];
  const transport: TransportProtocol = proto === 'tcp' ? 'tcp' : 'udp';
  if (!isJoinedPort(port0) && port0 !== left0) ports.add(transport, Number(port0), to0);
  if (!isJoinedPort(port1) && port1 !== left1) ports.add(transport, Number(port1), to1);
}
