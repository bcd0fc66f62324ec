// Conversations as each device sees them: what it sent, what it received, with whom. The reports count by device.

import type { AnalysisDocument, DocumentConversation } from '../../model/analysis-document.ts';

export interface DeviceTraffic {
  readonly conversation: DocumentConversation;
  readonly peerIp: string;
  readonly peerPort: number;
  readonly ownIp: string;
  readonly ownPort: number;
  readonly peerMac: string | null;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Frame lengths. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** The peer is on the Internet. */
  readonly external: boolean;
  /** The device opened it. */
  readonly opened: boolean;
}

/** By MAC, in the order of the document's devices; a conversation of two devices is in both lists. */
export function trafficByDevice(document: AnalysisDocument): ReadonlyMap<string, readonly DeviceTraffic[]> {
  const lists = new Map<string, DeviceTraffic[]>(document.devices.map(({ mac }) => [mac, []]));
  for (const conversation of document.conversations) {
    for (const share of conversation.by_mac ?? [conversation]) {
      if (share.a_mac !== null) lists.get(share.a_mac)?.push(asA(conversation, share));
      if (share.b_mac !== null) lists.get(share.b_mac)?.push(asB(conversation, share));
    }
  }
  return lists;
}

type Share = Pick<DocumentConversation, 'a_mac' | 'b_mac' | 'pkts_ab' | 'pkts_ba' | 'bytes_ab' | 'bytes_ba'>;

function asA(c: DocumentConversation, share: Share): DeviceTraffic {
  return {
    conversation: c,
    peerIp: c.b_ip,
    peerPort: c.b_port,
    ownIp: c.a_ip,
    ownPort: c.a_port,
    peerMac: share.b_mac,
    packetsSent: share.pkts_ab,
    packetsReceived: share.pkts_ba,
    bytesSent: share.bytes_ab,
    bytesReceived: share.bytes_ba,
    external: c.country !== 'local',
    opened: (c.client ?? 'a') === 'a',
  };
}

function asB(c: DocumentConversation, share: Share): DeviceTraffic {
  return {
    conversation: c,
    peerIp: c.a_ip,
    peerPort: c.a_port,
    ownIp: c.b_ip,
    ownPort: c.b_port,
    peerMac: share.a_mac,
    packetsSent: share.pkts_ba,
    packetsReceived: share.pkts_ab,
    bytesSent: share.bytes_ba,
    bytesReceived: share.bytes_ab,
    external: c.country !== 'local',
    opened: (c.client ?? 'a') === 'b',
  };
}

/** What people call it: its own name, else its maker's, with the end of the address where two would be alike. */
export function deviceLabels(document: Pick<AnalysisDocument, 'devices'>): ReadonlyMap<string, string> {
  const plain = document.devices.map(
    (d) => [d.mac, d.names[0]?.name ?? d.model ?? d.maker ?? d.vendor ?? d.mac] as const,
  );
  const count = new Map<string, number>();
  for (const [, name] of plain) count.set(name, (count.get(name) ?? 0) + 1);
  return new Map(plain.map(([mac, name]) => [mac, (count.get(name) ?? 0) > 1 ? `${name} ${mac.slice(-5)}` : name]));
}
