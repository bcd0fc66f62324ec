// A conversation as its device sees it: the document orders both ends by who sent first, a person asks "who is the other
// one, and how much went out". Pure.

import type { DocumentConversation } from './api/types.ts';

export interface PeerConversation {
  readonly key: string;
  readonly source: DocumentConversation;
  readonly peerIp: string;
  readonly peerPort: number;
  readonly ownPort: number;
  readonly up: number;
  readonly down: number;
  readonly packets: number;
  /** The device sent the first packet. */
  readonly started: boolean;
}

/** `mac` with colons. Where the document has no addresses of layer 2, the sender of the first packet counts as the device. */
export function seenFrom(mac: string | null, conversation: DocumentConversation): PeerConversation {
  const swapped = mac !== null && conversation.b_mac === mac && conversation.a_mac !== mac;
  const c = conversation;
  return {
    key: `${c.proto} ${c.a_ip} ${c.a_port} ${c.b_ip} ${c.b_port}`,
    source: c,
    peerIp: swapped ? c.a_ip : c.b_ip,
    peerPort: swapped ? c.a_port : c.b_port,
    ownPort: swapped ? c.b_port : c.a_port,
    up: swapped ? c.bytes_ba : c.bytes_ab,
    down: swapped ? c.bytes_ab : c.bytes_ba,
    packets: c.pkts_ab + c.pkts_ba,
    started: !swapped,
  };
}

/** Whether any of the texts a person can see of a conversation holds what they typed. */
export function matchesText(conversation: PeerConversation, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return true;
  const { source } = conversation;
  const texts = [
    conversation.peerIp,
    String(conversation.peerPort),
    source.proto,
    source.service ?? '',
    source.org ?? '',
    source.country ?? '',
    ...source.names.map(({ name }) => name),
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
