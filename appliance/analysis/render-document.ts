// A summary becomes the document that people and programs read: names, countries, vendors and verdicts are looked up here,
// never stored. The same for a file, a device, a phase, a whole appliance. CONVENTIONS §9.

import type {
  AnalysisDocument,
  Counts,
  DhcpClient,
  DocumentConversation,
  DocumentDevice,
  DocumentFinding,
  DocumentInput,
  DocumentLimits,
  DocumentMinute,
} from '../model/analysis-document.ts';
import { type CountTable, countedParts } from '../model/document/counted-tables.ts';
import { compareSeverities } from '../model/severity.ts';
import type { ConfirmedIdentities } from '../model/user-identity.ts';
import { BehaviourSums } from './behaviour/behaviour.ts';
import { scanFindings } from './behaviour/scans.ts';
import { ChannelSums, saidRoles } from './document/channels.ts';
import {
  type ConversationContext,
  type OutlinedConversation,
  outlineConversation,
  renderConversation,
  storedConversation,
} from './document/conversations.ts';
import { derivedFindings } from './document/derived-findings.ts';
import { DestinationSums } from './document/destinations.ts';
import { renderDevices, renderRouters } from './document/devices.ts';
import { HomeMap } from './document/home-map.ts';
import { LargestPortCounts } from './document/largest-ports.ts';
import { poolFindings, wasServed } from './document/lease-findings.ts';
import { notUnderstood } from './document/not-understood.ts';
import { cutTime, type DocumentTables } from './document/tables.ts';
import { PortOccurrences } from './ports/port-occurrences.ts';
import type { Conversation } from './summary/conversation-stats.ts';
import { wholePart } from './summary/merge.ts';
import { readSpan, type Span } from './summary/minutes.ts';
import type { ConversationRecord, Part, Summary, Table } from './summary/summary.ts';

/** What the reader of the file, or the store, knows in addition to the summary. */
export type DocumentSource = Pick<
  DocumentInput,
  'path' | 'bytes' | 'sha256' | 'format' | 'damage' | 'files' | 'further_headers'
> & {
  /** Digits of the file's times. */
  readonly digits: number;
  /** What people said of devices, by address. */
  readonly identities?: ConfirmedIdentities;
  /** Ports of each protocol that are listed; all where nothing is said. */
  readonly mostPorts?: number;
};

/** Same summary and tables, same document. */
export function renderDocument(summary: Summary, tables: DocumentTables, source: DocumentSource): AnalysisDocument {
  return wholeDocument(streamSummary(summary, tables, source));
}

export function streamSummary(summary: Summary, tables: DocumentTables, source: DocumentSource): StreamedDocument {
  const part = wholePart(summary);
  return streamDocument(part, inOrder(part.conversations), tables, source);
}

/** Of its conversations only the `most` with the most bytes are shown; sums are over all, and the rest is counted. */
export function renderLargest(
  summary: Summary,
  tables: DocumentTables,
  source: DocumentSource,
  most: number,
): AnalysisDocument {
  const part = wholePart(summary);
  const bytes = (key: string): number => part.conversations[key]!.ab.bytes + part.conversations[key]!.ba.bytes;
  const keys = Object.keys(part.conversations).sort((x, y) => bytes(y) - bytes(x) || (x < y ? -1 : 1));
  const shown = new Set(keys.slice(0, most));
  const document = wholeDocument(streamDocument(part, inOrder(part.conversations), tables, source, shown));
  if (keys.length <= most) return document;
  return { ...document, limits: { ...document.limits, conversations_left_out: keys.length - most } };
}

/** A document in the order in which it is written: what precedes the conversations, those one by one, the rest. */
export interface StreamedDocument {
  readonly head: Pick<AnalysisDocument, 'schema' | 'tool' | 'input' | 'devices' | 'routers'>;
  readonly conversations: Iterable<DocumentConversation>;
  /** Only after the last conversation was taken. */
  rest(): Omit<AnalysisDocument, 'schema' | 'tool' | 'input' | 'devices' | 'routers' | 'conversations'>;
}

export function wholeDocument(streamed: StreamedDocument): AnalysisDocument {
  const conversations = [...streamed.conversations];
  return { ...streamed.head, conversations, ...streamed.rest() };
}

/** By start, then by key. */
function* inOrder(conversations: Table<ConversationRecord>): Generator<Conversation> {
  const order = new Map(Object.entries(conversations).map(([key, { first_ts }]) => [key, Number(first_ts)]));
  const keys = [...order.keys()].sort((x, y) => (order.get(x) ?? 0) - (order.get(y) ?? 0) || (x < y ? -1 : 1));
  for (const key of keys) yield storedConversation(key, conversations[key]!);
}

/**
 * `conversations` of the part, in order; those that the part itself holds are not looked at. With `shown` only those of
 * these keys become rows; sums are over all.
 */
export function streamDocument(
  all: Part,
  conversations: Iterable<Conversation>,
  offline: DocumentTables,
  source: DocumentSource,
  shown?: ReadonlySet<string>,
): StreamedDocument {
  const home = new HomeMap(all);
  const part = home.withoutRouters(all);
  const tables = home.tables(offline);
  const identities = source.identities ?? {};
  const devices = renderDevices(part, tables, identities, home);
  const roles = saidRoles(identities, devices);
  const sums: Sums = {
    channels: roles === null ? null : new ChannelSums(roles),
    destinations: new DestinationSums(tables),
    ports: new LargestPortCounts(),
    occurrences: new PortOccurrences(),
    behaviour: new BehaviourSums(part, tables),
  };
  const context: ConversationContext = {
    tables,
    addresses: part.addresses,
    unseen: part.unseen ?? {},
    digits: source.digits,
    home,
    names: new Map(),
  };
  function* renderAll(): Generator<DocumentConversation> {
    for (const conversation of conversations) {
      const outlined = outlineConversation(conversation, context);
      addTo(sums, outlined, conversation.outline.last_ts);
      if (shown?.has(conversation.key) !== false) yield renderConversation(conversation, outlined, context);
    }
  }
  return {
    head: {
      schema: 'weir.analysis/1',
      tool: tables.tool,
      input: renderInput(part, source),
      devices,
      routers: renderRouters(all, tables, home),
    },
    conversations: renderAll(),
    rest: () => ({
      ...renderRest({ part, tables, sums, home, devices }, source.mostPorts),
      ...renderChannels(sums, source.path),
    }),
  };
}

/** What is reported of all conversations together. */
interface Sums {
  readonly channels: ChannelSums | null;
  readonly destinations: DestinationSums;
  readonly ports: LargestPortCounts;
  readonly occurrences: PortOccurrences;
  readonly behaviour: BehaviourSums;
}

function addTo(sums: Sums, conversation: OutlinedConversation, lastTs: string): void {
  sums.destinations.add(conversation);
  sums.ports.add(conversation);
  sums.occurrences.add(conversation);
  sums.behaviour.add(conversation, lastTs);
  sums.channels?.add(conversation, conversation.shares);
}

function renderChannels({ channels }: Sums, path: string): Pick<AnalysisDocument, 'channels'> {
  if (channels === null) return {};
  return { channels: [{ seen_at: 'access_point', owner: null, path, address: null, rows: channels.render() }] };
}

interface Rendered {
  readonly part: Part;
  readonly tables: DocumentTables;
  readonly sums: Sums;
  readonly home: HomeMap;
  readonly devices: readonly DocumentDevice[];
}

function renderRest(
  { part, tables, sums, home, devices }: Rendered,
  mostPorts?: number,
): ReturnType<StreamedDocument['rest']> {
  const makers = new Map(devices.map(({ mac, maker, vendor }) => [mac, maker ?? vendor]));
  const destinations = sums.destinations.render(part, makers);
  const behaviour = sums.behaviour.render(destinations.list);
  const scans = scanFindings(part);
  const derived = derivedFindings(behaviour.anomalies, destinations.list, home);
  sums.ports.addEvicted(part.evicted);
  const { ports, leftOut } = sums.ports.render(mostPorts);
  return {
    protocols: sortedCounts(part.protocols),
    ports,
    port_occurrences: sums.occurrences.render(tables.profile),
    ...countedParts((name) => counts(part, name)),
    dhcp: { clients: renderDhcp(part) },
    destinations: destinations.list,
    countries: destinations.countries,
    findings: bySeverity([...renderFindings(part, home), ...poolFindings(part, home), ...scans.kept, ...derived.kept]),
    traffic: renderTraffic(part.minutes),
    behaviour,
    limits: {
      ...renderLimits(part, scans.dropped + derived.dropped),
      ...(leftOut === 0 ? {} : { ports_left_out: leftOut }),
    },
  };
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
    ...(source.further_headers === undefined ? {} : { further_headers: source.further_headers }),
    ...(source.files === undefined ? {} : { files: source.files }),
  };
}

/** Keys in order of their code units. */
export function sortedCounts(table: Table<number>): Counts {
  const sorted: Record<string, number> = Object.create(null);
  for (const key of Object.keys(table).sort()) sorted[key] = table[key]!;
  return sorted;
}

/** One table summed over the MACs that sent. */
function counts(part: Part, name: CountTable): Counts {
  const sum: Table<number> = Object.create(null);
  for (const byText of Object.values(part.counts[name] ?? {})) {
    for (const [text, count] of Object.entries(byText)) sum[text] = (sum[text] ?? 0) + count;
  }
  return sortedCounts(sum);
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
      mud_url: Object.keys(traits['mud_url'] ?? {}).sort(),
    };
  }
  return clients;
}

function renderFindings(part: Part, home: HomeMap): DocumentFinding[] {
  const findings = Object.keys(part.findings)
    .sort()
    .filter((key) => part.findings[key]!.rule !== 'AP-02' || !wasServed(part, home, part.findings[key]!.device))
    .map((key) => ({ key, ...part.findings[key]! }));
  return findings.map(({ key, subject: _subject, device, ...finding }) => ({
    id: key,
    ...finding,
    device: device === '' ? null : device,
  }));
}

function bySeverity(findings: DocumentFinding[]): DocumentFinding[] {
  return findings.sort(compareSeverities);
}

function renderTraffic(minutes: Part['minutes']): DocumentMinute[] {
  return Object.entries(minutes)
    .map(([key, row]) => renderMinute(readSpan(key), row))
    .sort((x, y) => (x.minute < y.minute ? -1 : 1));
}

function renderMinute({ start, minutes }: Span, row: readonly number[]): DocumentMinute {
  const at = (i: number): number => row[i] ?? 0;
  return {
    minute: new Date(start * 60_000).toISOString(),
    minutes,
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

/** `findingsDropped`: of those that are made here. */
function renderLimits(part: Part, findingsDropped: number): DocumentLimits {
  return {
    conversations_joined: part.dropped.joined ?? 0,
    conversations_evicted: part.evicted.conversations,
    packets_in_evicted: part.evicted.packets,
    bytes_in_evicted: part.evicted.bytes,
    names_dropped: part.dropped.names + part.dropped.macs + cutInRows(part),
    findings_dropped: part.dropped.findings + findingsDropped,
    stream_gaps: part.dropped.stream_gaps,
    not_understood: notUnderstood(part),
    messages_cut: part.dropped.messages_cut ?? 0,
  };
}

function cutInRows({ conversations }: Part): number {
  return Object.values(conversations).reduce((sum, { cut = 0 }) => sum + cut, 0);
}
