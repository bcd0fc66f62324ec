// A conversation as its device sees it: the document orders both ends by who sent first, a person asks "who is the other
// one, and how much went out". Pure.

import type { DocumentConversation, SourcedName } from './api/types.ts';

export interface PeerConversation {
  readonly key: string;
  readonly source: DocumentConversation;
  readonly peerIp: string;
  /** Names of the peer, best first. */
  readonly peerNames: readonly SourcedName[];
  /** The port that names the service, and whether the device itself offers it. */
  readonly servicePort: number;
  readonly offered: boolean;
  readonly up: number;
  readonly down: number;
  readonly packets: number;
}

/** `mac` with colons. Where the document has no addresses of layer 2, the sender of the first packet counts as the device. */
export function seenFrom(mac: string | null, c: DocumentConversation): PeerConversation {
  const swapped = mac !== null && c.b_mac === mac && c.a_mac !== mac;
  const serviceAtA = isServiceAtA(c);
  return {
    key: `${c.proto} ${c.a_ip} ${c.a_port} ${c.b_ip} ${c.b_port}`,
    source: c,
    peerIp: swapped ? c.a_ip : c.b_ip,
    // Between two ends of the local network the document names `b`, which here is the device itself.
    peerNames: swapped && c.country === 'local' ? [] : c.names,
    servicePort: serviceAtA ? c.a_port : c.b_port,
    offered: serviceAtA !== swapped,
    up: swapped ? c.bytes_ba : c.bytes_ab,
    down: swapped ? c.bytes_ab : c.bytes_ba,
    packets: c.pkts_ab + c.pkts_ba,
  };
}

/** Where Linux begins to hand out ports (ip_local_port_range); RFC 6335 §6 begins at 49152, few devices do. */
const FIRST_EPHEMERAL = 32_768;

/**
 * The far end of the first packet, unless only that one is ephemeral: an answer seen first, as those to SSDP searches. Port 0
 * represents the many that clients had.
 */
function isServiceAtA({ a_port, b_port }: DocumentConversation): boolean {
  if (a_port === 0 || b_port === 0) return a_port !== 0;
  return b_port >= FIRST_EPHEMERAL && a_port < FIRST_EPHEMERAL;
}

/** Conversations that differ only in the port of the asking side: what a person calls one connection. */
export interface PeerGroup {
  readonly key: string;
  /** The one with most bytes; it represents the names and places of all. */
  readonly main: PeerConversation;
  readonly members: readonly PeerConversation[];
  readonly up: number;
  readonly down: number;
  readonly packets: number;
  /** Lowest and highest entropy of those with payload. */
  readonly entropy: readonly [number, number] | null;
  /** The same of the means of their packets, which the paper's threshold judges. */
  readonly means: readonly [number, number] | null;
}

/** By peer, port of the answering side and verdict: a readable conversation never hides among encrypted ones. */
export function groupByPeer(conversations: readonly PeerConversation[]): PeerGroup[] {
  const groups = new Map<string, PeerConversation[]>();
  for (const one of conversations) {
    const key = `${one.source.proto} ${one.peerIp} ${one.servicePort} ${one.offered} ${one.source.verdict}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return [...groups].map(([key, members]) => toGroup(key, members));
}

/** Every conversation as a row of its own. */
export function oneByOne(conversations: readonly PeerConversation[]): PeerGroup[] {
  return conversations.map((one) => toGroup(one.key, [one]));
}

function toGroup(key: string, members: readonly PeerConversation[]): PeerGroup {
  const sum = (amount: (one: PeerConversation) => number) => members.reduce((total, one) => total + amount(one), 0);
  const most = members.reduce((largest, one) => (one.up + one.down > largest.up + largest.down ? one : largest));
  return {
    key,
    main: most,
    members,
    up: sum((one) => one.up),
    down: sum((one) => one.down),
    packets: sum((one) => one.packets),
    entropy: rangeOf(members.map((one) => one.source.H)),
    means: rangeOf(members.map((one) => one.source.H_packets_mean)),
  };
}

/** Lowest and highest of those that there are. */
function rangeOf(values: readonly (number | null)[]): readonly [number, number] | null {
  const known = values.filter((value) => value !== null);
  const low = known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return known.length === 0 ? null : [low, high];
}

/** Whether any of the texts a person can see of a conversation holds what they typed. */
export function matchesText(conversation: PeerConversation, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return true;
  const { source } = conversation;
  const texts = [
    conversation.peerIp,
    String(conversation.servicePort),
    source.proto,
    source.service ?? '',
    source.org ?? '',
    source.country ?? '',
    ...conversation.peerNames.map(({ name }) => name),
  ];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

/** The largest counts first, and how many were left out. */
export function topCounts(
  counts: Readonly<Record<string, number>>,
  limit: number,
): { top: [string, number][]; left: number } {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { top: sorted.slice(0, limit), left: Math.max(0, sorted.length - limit) };
}
