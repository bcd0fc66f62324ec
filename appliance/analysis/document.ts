// A summary becomes the document that people and programs read: names, countries, vendors and verdicts are looked up here,
// never stored. The same for a file, a device, a phase, a whole appliance. CONVENTIONS §9.

import type {
  AnalysisDocument,
  Counts,
  DhcpClient,
  DocumentFinding,
  DocumentInput,
  DocumentLimits,
  DocumentMinute,
  TransportProtocol,
} from '../model/analysis-document.ts';
import type { ConfirmedIdentities } from '../model/user-identity.ts';
import { renderBehaviour } from './behaviour.ts';
import { derivedFindings } from './derived-findings.ts';
import { type ConversationContext, type RenderedConversation, renderConversation } from './document-conversations.ts';
import { renderDestinations } from './document-destinations.ts';
import { renderDevices } from './document-devices.ts';
import { cutTime, type DocumentTables } from './document-tables.ts';
import { wholePart } from './merge.ts';
import { portOccurrences } from './port-occurrences.ts';
import type { Part, Summary, Table } from './summary.ts';

/** What the reader of the file, or the store, knows beside the summary. */
export type DocumentSource = Pick<DocumentInput, 'path' | 'bytes' | 'sha256' | 'format' | 'damage'> & {
  /** Digits of the file's times. */
  readonly digits: number;
  /** What people said of devices, by address. */
  readonly identities?: ConfirmedIdentities;
};

/** Same summary and tables, same document. */
export function renderDocument(summary: Summary, tables: DocumentTables, source: DocumentSource): AnalysisDocument {
  const part = wholePart(summary);
  const conversations = renderConversations(part, tables, source.digits);
  const destinations = renderDestinations(conversations, part, tables);
  const behaviour = renderBehaviour(part, destinations.list, tables);
  return {
    schema: 'weir.analysis/1',
    tool: tables.tool,
    input: renderInput(part, source),
    devices: renderDevices(part, tables, source.identities ?? {}),
    conversations: conversations.map(({ document }) => document),
    protocols: sortedCounts(part.protocols),
    ports: renderPorts(conversations, part),
    port_occurrences: portOccurrences(
      conversations.map(({ document }) => document),
      tables.profile,
    ),
    dns: { queries: counts(part, 'dns.queries'), mdns: counts(part, 'mdns.queries') },
    tls: { sni: counts(part, 'tls.sni'), versions: counts(part, 'tls.versions') },
    http: {
      hosts: counts(part, 'http.hosts'),
      methods: counts(part, 'http.methods'),
      user_agents: counts(part, 'http.user_agents'),
      content_types: counts(part, 'http.content_types'),
    },
    dhcp: { clients: renderDhcp(part) },
    destinations: destinations.list,
    countries: destinations.countries,
    findings: bySeverity([...renderFindings(part), ...derivedFindings(behaviour.anomalies, destinations.list)]),
    traffic: Object.keys(part.minutes)
      .sort(byNumber)
      .map((minute) => renderMinute(minute, part.minutes[minute]!)),
    behaviour,
    limits: renderLimits(part),
  };
}

function renderConversations(part: Part, tables: DocumentTables, digits: number): RenderedConversation[] {
  const context: ConversationContext = { tables, addresses: part.addresses, digits };
  return Object.keys(part.conversations)
    .sort()
    .map((key) => renderConversation(key, part.conversations[key]!, context))
    .sort((x, y) => x.order - y.order || (x.key < y.key ? -1 : 1));
}

function renderInput(part: Part, source: DocumentSource): DocumentInput {
  return {
    path: source.path,
    bytes: source.bytes,
    sha256: source.sha256,
    format: source.format,
    link_types: Object.keys(part.link_types)
      .map(Number)
      .sort((a, b) => a - b),
    packets: part.packets,
    captured_bytes: part.captured_bytes,
    frame_bytes: part.frame_bytes,
    first_ts: part.first_ts === null ? null : cutTime(part.first_ts, source.digits),
    last_ts: part.last_ts === null ? null : cutTime(part.last_ts, source.digits),
    time_steps_back: part.time_steps_back,
    damage: source.damage,
  };
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}

/** Keys in order of their code units. */
export function sortedCounts(table: Table<number>): Counts {
  const sorted: Record<string, number> = Object.create(null);
  for (const key of Object.keys(table).sort()) sorted[key] = table[key]!;
  return sorted;
}

/** One table summed over the MACs that sent. */
function counts(part: Part, name: string): Counts {
  const sum: Table<number> = Object.create(null);
  for (const byText of Object.values(part.counts[name] ?? {})) {
    for (const [text, count] of Object.entries(byText)) sum[text] = (sum[text] ?? 0) + count;
  }
  return sortedCounts(sum);
}

/** Packets by destination port, those of evicted conversations included. */
function renderPorts(
  conversations: readonly RenderedConversation[],
  part: Part,
): Readonly<Record<TransportProtocol, Counts>> {
  const ports: Record<TransportProtocol, Table<number>> = { tcp: Object.create(null), udp: Object.create(null) };
  const add = (proto: TransportProtocol, port: string, packets: number): void => {
    if (packets > 0) ports[proto][port] = (ports[proto][port] ?? 0) + packets;
  };
  for (const { document: c } of conversations) {
    add(c.proto, String(c.b_port), c.pkts_ab);
    add(c.proto, String(c.a_port), c.pkts_ba);
  }
  for (const [key, packets] of Object.entries(part.evicted.ports)) {
    const [proto, port = ''] = key.split(' ');
    add(proto === 'tcp' ? 'tcp' : 'udp', port, packets);
  }
  return { tcp: sortedCounts(ports.tcp), udp: sortedCounts(ports.udp) };
}

function renderDhcp(part: Part): Readonly<Record<string, DhcpClient>> {
  const clients: Record<string, DhcpClient> = Object.create(null);
  for (const mac of Object.keys(part.traits).sort()) {
    const traits = part.traits[mac]!;
    if (traits['dhcp_message'] === undefined && traits['param_request'] === undefined) continue;
    clients[mac] = {
      hostname: Object.keys(traits['hostname'] ?? {}).sort(),
      vendor_class: Object.keys(traits['vendor_class'] ?? {}).sort(),
      param_request: Object.keys(traits['param_request'] ?? {}).sort(),
    };
  }
  return clients;
}

const SEVERITY_ORDER = ['high', 'medium', 'low'];

function renderFindings(part: Part): DocumentFinding[] {
  const findings = Object.keys(part.findings)
    .sort()
    .map((key) => ({ key, ...part.findings[key]! }));
  return findings.map(({ key, subject: _subject, device, ...finding }) => ({
    id: key,
    ...finding,
    device: device === '' ? null : device,
  }));
}

function bySeverity(findings: DocumentFinding[]): DocumentFinding[] {
  return findings.sort((a, b) => SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity));
}

function renderMinute(minute: string, row: readonly number[]): DocumentMinute {
  const at = (i: number): number => row[i] ?? 0;
  return {
    minute: new Date(Number(minute) * 60_000).toISOString(),
    out_udp: at(0),
    out_tcp: at(1),
    out_http: at(2),
    out_https: at(3),
    in_udp: at(4),
    in_tcp: at(5),
    in_http: at(6),
    in_https: at(7),
  };
}

function renderLimits(part: Part): DocumentLimits {
  return {
    conversations_evicted: part.evicted.conversations,
    packets_in_evicted: part.evicted.packets,
    bytes_in_evicted: part.evicted.bytes,
    names_dropped: part.dropped.names + part.dropped.macs,
    findings_dropped: part.dropped.findings,
    stream_gaps: part.dropped.stream_gaps,
  };
}
