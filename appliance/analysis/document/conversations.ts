// One row of the document's conversations from its record: entropies, verdict, names, place. Called by render-document.ts.

import type {
  ConversationShare,
  DocumentConversation,
  SourcedName,
  TransportProtocol,
} from '../../model/analysis-document.ts';
import { ENTROPY_UNITS } from '../packet/payload/byte-counter.ts';
import { checkPort } from '../ports/ports.ts';
import { type End, serverEnd } from '../ports/server-end.ts';
import { serviceName } from '../ports/services.ts';
import type { Conversation, ConversationStats, DirectionStats, PayloadFigures } from '../summary/conversation-stats.ts';
import { chiSquare, entropy, expectedEntropy, printableShare } from '../summary/histogram-statistics.ts';
import { isJoinedPort } from '../summary/joined-rows.ts';
import { unpackWindows } from '../summary/merge-conversations.ts';
import { unpackBytes, unpackHistogram } from '../summary/packing.ts';
import type {
  ConversationOutline,
  ConversationRecord,
  DirectionCounts,
  DirectionRecord,
  Seen,
  Table,
} from '../summary/summary.ts';
import { judge } from '../verdict/verdict.ts';
import { conversationTls } from './conversation-tls.ts';
import type { HomeMap } from './home-map.ts';
import { macShares, oneMac } from './mac-view.ts';
import { joinNames } from './names.ts';
import { withUnseen } from './not-understood.ts';
import { cutTime, type DocumentTables } from './tables.ts';

export interface ConversationContext {
  readonly tables: DocumentTables;
  readonly addresses: Table<Table<Seen>>;
  /** Payload bytes in later IP fragments, by the conversation's key. */
  readonly unseen: Table<number>;
  readonly digits: number;
  readonly home: HomeMap;
  /** Those of a remote address and its other facts: thousands of conversations have the same. */
  readonly names: Map<string, readonly SourcedName[]>;
}

/** Of a capture with many destinations; then they are joined again. */
const MAX_NAMES_KEPT = 10_000;

const NOTHING = new Float64Array(256);
/** Histograms of the conversation being rendered: a → b, b → a, both. Nobody keeps them. */
const ofAb = new Float64Array(256);
const ofBa = new Float64Array(256);
const both = new Float64Array(256);

/** A conversation of a summary. */
export function storedConversation(key: string, record: ConversationRecord): Conversation {
  const payload = () => ({ ab: unpackPayload(record.ab, ofAb), ba: unpackPayload(record.ba, ofBa) });
  return { key, outline: record, payload };
}

function unpackPayload(record: DirectionRecord, counts: Float64Array): PayloadFigures {
  return {
    head: unpackBytes(record.head),
    histogram: record.payload === 0 ? NOTHING : unpackHistogram(record.histogram, counts),
    evidence: record.evidence,
    windows: unpackWindows(record.windows),
  };
}

/** What needs no look into the payload: enough for every sum over conversations. */
export type OutlinedConversation = Pick<
  DocumentConversation,
  | 'proto'
  | 'a_ip'
  | 'a_port'
  | 'b_ip'
  | 'b_port'
  | 'pkts_ab'
  | 'pkts_ba'
  | 'bytes_ab'
  | 'bytes_ba'
  | 'payload_ab'
  | 'payload_ba'
  | 'service'
  | 'names'
  | 'country'
  | 'asn'
  | 'org'
  | 'provider'
  | 'a_mac'
  | 'b_mac'
> &
  Pick<Ends, 'joined'> & {
    readonly client: End;
    /** By the MACs of the packets; at least one. */
    readonly shares: readonly ConversationShare[];
    /** The end reported as the peer: on the Internet where one is. */
    readonly far: End;
  };

export function outlineConversation(
  { key, outline }: Conversation,
  context: ConversationContext,
): OutlinedConversation {
  const { ab, ba } = outline;
  const ends = readKey(key, outline.a);
  const { proto, a_ip, a_port, b_ip, b_port, joined } = ends;
  const client = serverOf(ends, outline) === 'a' ? 'b' : 'a';
  const shares = macShares(outline);
  const far = remoteEnd({ a_ip, b_ip, a_mac: outline.a_mac, b_mac: outline.b_mac, client }, context);
  const place = renderPlace(far === 'a' ? a_ip : b_ip, outline.names, context);
  return {
    proto,
    a_ip,
    a_port,
    b_ip,
    b_port,
    pkts_ab: ab.packets,
    pkts_ba: ba.packets,
    bytes_ab: ab.bytes,
    bytes_ba: ba.bytes,
    payload_ab: ab.payload,
    payload_ba: ba.payload,
    service: outline.service ?? serviceName(proto, client === 'a' ? b_port : a_port),
    names: place.names,
    country: place.country,
    asn: place.asn,
    org: place.org,
    provider: place.provider,
    a_mac: oneMac(shares.map((share) => share.a_mac)),
    b_mac: oneMac(shares.map((share) => share.b_mac)),
    shares,
    client,
    far,
    joined,
  };
}

/** `known`: what `outlineConversation` made of it. */
export function renderConversation(
  conversation: Conversation,
  known: OutlinedConversation,
  context: ConversationContext,
): DocumentConversation {
  const { outline } = conversation;
  const stats = toStats(known, conversation);
  const counts = renderCounts(stats);
  const verdict = renderVerdict(stats, known, context.unseen[conversation.key] ?? 0, context.tables);
  const tls = conversationTls(outline.marks);
  // Field by field: objects joined by spreading cost ten times the memory of all the rest.
  return {
    proto: known.proto,
    a_ip: known.a_ip,
    a_port: known.a_port,
    b_ip: known.b_ip,
    b_port: known.b_port,
    pkts_ab: known.pkts_ab,
    pkts_ba: known.pkts_ba,
    bytes_ab: known.bytes_ab,
    bytes_ba: known.bytes_ba,
    payload_ab: known.payload_ab,
    payload_ba: known.payload_ba,
    H_ab: counts.H_ab,
    H_ba: counts.H_ba,
    H: counts.H,
    H_packets_mean: counts.H_packets_mean,
    chi2: counts.chi2,
    printable_share: counts.printable_share,
    H_expected: counts.H_expected,
    verdict: verdict.verdict,
    verdict_reason: verdict.verdict_reason,
    threshold7: verdict.threshold7,
    secure_port: verdict.secure_port,
    readable: verdict.readable,
    payload_says: verdict.payload_says,
    port_check: verdict.port_check,
    service: known.service,
    names: known.names,
    country: known.country,
    asn: known.asn,
    org: known.org,
    provider: known.provider,
    a_mac: known.a_mac,
    b_mac: known.b_mac,
    ...(known.shares.length > 1 ? { by_mac: known.shares } : {}),
    client: known.client,
    first_ts: cutTime(outline.first_ts, context.digits),
    last_ts: cutTime(outline.last_ts, context.digits),
    sessions: outline.ab.sessions + outline.ba.sessions,
    ...(tls === undefined ? {} : { tls }),
  };
}

interface Ends {
  readonly proto: TransportProtocol;
  readonly a_ip: string;
  readonly a_port: number;
  readonly b_ip: string;
  readonly b_port: number;
  /** One of the ports is 0 because the row combines many. */
  readonly joined: boolean;
}

function readKey(key: string, a: 0 | 1): Ends {
  const [proto, ip0 = '', port0 = '', ip1 = '', port1 = ''] = key.split(' ');
  const ends = [
    [ip0, readPort(port0)],
    [ip1, readPort(port1)],
  ] as const;
  const [first, second] = a === 0 ? ends : ([ends[1], ends[0]] as const);
  return {
    proto: proto === 'tcp' ? 'tcp' : 'udp',
    a_ip: first[0],
    a_port: first[1],
    b_ip: second[0],
    b_port: second[1],
    joined: isJoinedPort(port0) || isJoinedPort(port1),
  };
}

type PortEnds = Pick<Ends, 'proto' | 'a_port' | 'b_port' | 'joined'>;

/** Who serves: of a joined row the end that still has its port. */
function serverOf(ends: PortEnds, { a, client }: ConversationOutline): End {
  if (ends.joined) return ends.a_port > ends.b_port ? 'a' : 'b';
  return serverEnd(ends.proto, [ends.a_port, ends.b_port], client === undefined ? undefined : client === a ? 'a' : 'b');
}

/** What names the service: of a joined row the one port that it has. */
function portsOf({ a_port, b_port, joined }: PortEnds): readonly [a: number, b: number] {
  if (!joined) return [a_port, b_port];
  const port = Math.max(a_port, b_port);
  return [port, port];
}

/** 0 if the row combines many ports. */
function readPort(text: string): number {
  return isJoinedPort(text) ? 0 : Number(text);
}

/** What verdict.ts judges. */
function toStats(ends: PortEnds, { outline, payload }: Conversation): ConversationStats {
  const { ab, ba } = payload();
  const packets = outline.ab.payload_packets + outline.ba.payload_packets;
  const units = outline.ab.entropy_units + outline.ba.entropy_units;
  return {
    proto: ends.proto,
    ports: portsOf(ends),
    ab: toDirection(outline.ab, ab),
    ba: toDirection(outline.ba, ba),
    service: outline.service,
    proof: outline.proof,
    marks: outline.marks,
    packet_entropy_mean: packets === 0 ? null : units / packets / ENTROPY_UNITS,
  };
}

function toDirection(counts: DirectionCounts, payload: PayloadFigures): DirectionStats {
  return {
    payload: counts.payload,
    packets: counts.payload_packets,
    head: payload.head,
    histogram: payload.histogram,
    evidence: payload.evidence,
    windows: payload.windows,
  };
}

/** Six decimals, as the convention says. */
function decimals(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1e6) / 1e6;
}

interface RenderedCounts {
  readonly H_ab: number | null;
  readonly H_ba: number | null;
  readonly H: number | null;
  readonly H_packets_mean: number | null;
  readonly chi2: number | null;
  readonly printable_share: number | null;
  readonly H_expected: number | null;
}

/** Of conversations without payload, which are many. */
const NO_COUNTS: RenderedCounts = {
  H_ab: null,
  H_ba: null,
  H: null,
  H_packets_mean: null,
  chi2: null,
  printable_share: null,
  H_expected: null,
};

function renderCounts({ ab, ba, packet_entropy_mean }: ConversationStats): RenderedCounts {
  const n = ab.payload + ba.payload;
  if (n === 0) return NO_COUNTS;
  const countsAb = ab.histogram ?? NOTHING;
  const countsBa = ba.histogram ?? NOTHING;
  for (let i = 0; i < 256; i++) both[i] = countsAb[i]! + countsBa[i]!;
  // Of one direction both is the same: a probe, a stream of telemetry.
  const whole = entropy(both, n);
  return {
    H_ab: decimals(ba.payload === 0 ? whole : entropy(countsAb, ab.payload)),
    H_ba: decimals(ab.payload === 0 ? whole : entropy(countsBa, ba.payload)),
    H: decimals(whole),
    H_packets_mean: decimals(packet_entropy_mean),
    chi2: decimals(chiSquare(both, n)),
    printable_share: decimals(printableShare(both, n)),
    H_expected: decimals(expectedEntropy(n)),
  };
}

function renderVerdict(stats: ConversationStats, known: OutlinedConversation, unseen: number, tables: DocumentTables) {
  const judgement = withUnseen(judge(stats), stats.ab.payload + stats.ba.payload, unseen);
  const check = checkPort(tables.profile, known.proto, known.client === 'a' ? known.b_port : known.a_port, judgement);
  return {
    verdict: judgement.verdict,
    verdict_reason: judgement.reason,
    threshold7: judgement.threshold7,
    secure_port: check.port_says === 'secure',
    readable: judgement.readable,
    payload_says: check.payload_says,
    port_check: check.result,
  };
}

/** Of the far end. */
function renderPlace(remote: string, names: ConversationOutline['names'], context: ConversationContext) {
  const { country, asn, org, provider } = context.tables.describeAddress(remote);
  return { names: namesOf(remote, Object.keys(names), context), country, asn, org, provider };
}

function namesOf(remote: string, own: readonly string[], context: ConversationContext): readonly SourcedName[] {
  // Lengths precede the names: a device may put anything into one.
  const key = own.length === 0 ? remote : `${own.map((name) => `${name.length} ${name}`).join('')} ${remote}`;
  const known = context.names.get(key);
  if (known !== undefined) return known;
  const names = joinNames(own, context.addresses[remote]);
  if (context.names.size >= MAX_NAMES_KEPT) context.names.clear();
  context.names.set(key, names);
  return names;
}

type Linked = Pick<OutlinedConversation, 'a_ip' | 'b_ip' | 'a_mac' | 'b_mac' | 'client'>;

/** Which end is the far one: the one that is not at home, by address, then behind the router; of two of one kind `b`. */
function remoteEnd(ends: Linked, { tables, home }: ConversationContext): End {
  const [aInside, bInside] = [tables.describeAddress(ends.a_ip).internal, tables.describeAddress(ends.b_ip).internal];
  if (aInside !== bInside) return aInside ? 'b' : 'a';
  if (aInside) return 'b';
  const [aRouted, bRouted] = [home.isRouter(ends.a_mac), home.isRouter(ends.b_mac)];
  if (aRouted !== bRouted) return aRouted ? 'a' : 'b';
  return ends.client === 'a' ? 'b' : 'a';
}
