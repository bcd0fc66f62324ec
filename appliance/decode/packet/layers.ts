// The protocols of one packet in the words of people, outermost first, with the bytes that each takes. Texts of devices are escaped
// here. Called by packet-view.ts; application-layer.ts knows what is in a payload.

import type { PacketLayer } from '../../model/document/packet.ts';
import { macFromBytes } from '../../model/mac.ts';
import { ipv4Text, ipv6Text } from '../address-text.ts';
import {
  BAD_CHECKSUM,
  EMPTY_RECORD,
  ETHERTYPE_ARP,
  ETHERTYPE_EAPOL,
  ETHERTYPE_RARP,
  LLC,
  PROTOCOL_ICMP,
  PROTOCOL_ICMP6,
  PROTOCOL_IGMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../frames/frame.ts';
import { linkTypeText } from '../frames/link-names.ts';
import { Walk } from '../frames/walk.ts';
import { u16, u32 } from '../octets.ts';
import { applicationLayer } from './application-layer.ts';

type Field = PacketLayer['fields'][number];

/** A packet's layers, and the bytes that may concern people: everything after the headers. */
export interface DecodedPacket {
  readonly layers: readonly PacketLayer[];
  /** Null where nothing is behind them. */
  readonly payload: readonly [from: number, to: number] | null;
}

/** Never throws: what cannot be read ends the list. */
export function decodePacket(bytes: Uint8Array, linkType: number): DecodedPacket {
  const walk = new Walk();
  walk.walk(bytes, 0, bytes.length, linkType);
  const layers = [linkLayer(walk, bytes, linkType), ...networkLayers(walk, bytes)];
  const payload = payloadRange(walk, bytes);
  if (payload !== null) layers.push(applicationLayer(walk, bytes, payload));
  return { layers: layers.filter(({ range: [from, to] }) => to > from), payload };
}

/** Headers stay: what is behind the innermost of them is payload, of ARP nothing. */
function payloadRange(walk: Walk, bytes: Uint8Array): readonly [number, number] | null {
  const from = payloadStart(walk);
  const to = walk.hasPorts && !walk.laterFragment ? walk.payloadEnd : Math.min(bytes.length, walk.networkEnd);
  return to > from ? [from, to] : null;
}

function payloadStart(walk: Walk): number {
  if (walk.hasPorts) return walk.payloadStart;
  if (walk.ipVersion !== 0) return isControl(walk.protocol) ? walk.transportStart + 8 : walk.transportStart;
  const isAddresses = walk.etherType === ETHERTYPE_ARP || walk.etherType === ETHERTYPE_RARP;
  return isAddresses ? walk.networkEnd : walk.networkStart;
}

function isControl(protocol: number): boolean {
  return protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMP6 || protocol === PROTOCOL_IGMP;
}

function linkLayer(walk: Walk, bytes: Uint8Array, linkType: number): PacketLayer {
  const end = walk.networkStart > 0 ? walk.networkStart : Math.min(14, bytes.length);
  const mac = (at: number, name: string): Field[] => (at < 0 ? [] : [{ name, value: macFromBytes(bytes, at) }]);
  return {
    name: linkType === 1 ? 'Ethernet' : `Link type ${linkTypeText(linkType)}`,
    range: [0, end],
    fields: [
      ...mac(walk.sourceMac, 'from'),
      ...mac(walk.destinationMac, 'to'),
      ...(walk.vlans > 0 ? [{ name: 'VLAN tags', value: String(walk.vlans) }] : []),
      ...(walk.pppoe ? [{ name: 'in', value: 'PPPoE' }] : []),
      ...(walk.mpls ? [{ name: 'in', value: 'MPLS' }] : []),
      { name: 'carries', value: carriedText(walk.etherType) },
    ],
  };
}

const CARRIED: ReadonlyMap<number, string> = new Map([
  [0x0800, 'IPv4'],
  [0x86dd, 'IPv6'],
  [ETHERTYPE_ARP, 'ARP'],
  [ETHERTYPE_RARP, 'reverse ARP'],
  [ETHERTYPE_EAPOL, 'EAPOL (Wi-Fi keys)'],
  [LLC, 'LLC'],
  [BAD_CHECKSUM, 'nothing: received with a wrong check sum'],
  [EMPTY_RECORD, 'nothing: the record is empty'],
]);

function carriedText(etherType: number): string {
  return CARRIED.get(etherType) ?? `EtherType 0x${etherType.toString(16).padStart(4, '0')}`;
}

function networkLayers(walk: Walk, bytes: Uint8Array): PacketLayer[] {
  if (walk.ipVersion === 0) return walk.etherType === ETHERTYPE_ARP ? [arpLayer(walk, bytes)] : [];
  const ip = ipLayer(walk, bytes);
  if (walk.hasPorts && walk.protocol === PROTOCOL_TCP) return [ip, tcpLayer(walk, bytes)];
  if (walk.hasPorts && walk.protocol === PROTOCOL_UDP) return [ip, udpLayer(walk)];
  return isControl(walk.protocol) ? [ip, controlLayer(walk, bytes)] : [ip];
}

/** RFC 826, for IPv4 over Ethernet. */
function arpLayer({ networkStart: at, networkEnd }: Walk, bytes: Uint8Array): PacketLayer {
  const range: [number, number] = [at, Math.min(at + 28, networkEnd)];
  if (networkEnd - at < 28 || u16(bytes, at + 2) !== 0x0800) return { name: 'ARP', range, fields: [] };
  const operation = u16(bytes, at + 6);
  return {
    name: 'ARP',
    range,
    fields: [
      { name: 'says', value: operation === 1 ? 'who has' : operation === 2 ? 'is at' : `operation ${operation}` },
      { name: 'sender', value: `${ipv4Text(bytes, at + 14)} at ${macFromBytes(bytes, at + 8)}` },
      { name: 'asked for', value: ipv4Text(bytes, at + 24) },
    ],
  };
}

function ipLayer(walk: Walk, bytes: Uint8Array): PacketLayer {
  const address = walk.ipVersion === 4 ? ipv4Text : ipv6Text;
  const lives = bytes[walk.networkStart + (walk.ipVersion === 4 ? 8 : 7)] ?? 0;
  return {
    name: `IPv${walk.ipVersion}`,
    range: [walk.networkStart, Math.max(walk.transportStart, walk.networkStart)],
    fields: [
      { name: 'from', value: address(bytes, walk.sourceIp) },
      { name: 'to', value: address(bytes, walk.destinationIp) },
      { name: 'carries', value: protocolText(walk.protocol) },
      { name: walk.ipVersion === 4 ? 'time to live' : 'hop limit', value: String(lives) },
      ...(walk.fragment ? [{ name: 'fragment', value: walk.laterFragment ? 'a later one' : 'the first' }] : []),
    ],
  };
}

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [PROTOCOL_ICMP, 'ICMP'],
  [PROTOCOL_IGMP, 'IGMP'],
  [PROTOCOL_TCP, 'TCP'],
  [PROTOCOL_UDP, 'UDP'],
  [PROTOCOL_ICMP6, 'ICMPv6'],
]);

function protocolText(protocol: number): string {
  return PROTOCOLS.get(protocol) ?? `protocol ${protocol}`;
}

/** RFC 9293 §3.1: from the lowest bit. */
const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;

function tcpLayer(walk: Walk, bytes: Uint8Array): PacketLayer {
  const at = walk.transportStart;
  const flags = FLAGS.filter((_, bit) => (walk.tcpFlags & (1 << bit)) !== 0);
  const isWhole = walk.networkEnd - at >= 16;
  return {
    name: 'TCP',
    range: [at, walk.payloadStart > at ? walk.payloadStart : walk.networkEnd],
    fields: [
      ...ports(walk),
      { name: 'flags', value: flags.join(' ') || 'none' },
      { name: 'sequence number', value: String(walk.tcpSequence) },
      ...(isWhole ? [{ name: 'acknowledges', value: String(u32(bytes, at + 8)) }] : []),
      ...(isWhole ? [{ name: 'window', value: String(u16(bytes, at + 14)) }] : []),
      ...payloadLength(walk),
    ],
  };
}

function udpLayer(walk: Walk): PacketLayer {
  const at = walk.transportStart;
  return {
    name: 'UDP',
    range: [at, Math.max(at, walk.payloadStart)],
    fields: [...ports(walk), ...payloadLength(walk)],
  };
}

function ports({ sourcePort, destinationPort }: Walk): Field[] {
  return [
    { name: 'from port', value: String(sourcePort) },
    { name: 'to port', value: String(destinationPort) },
  ];
}

function payloadLength({ payloadStart, payloadEnd, payloadMissing }: Walk): Field[] {
  const missing = payloadMissing > 0 ? `, ${payloadMissing} more were not captured` : '';
  return [{ name: 'payload', value: `${Math.max(0, payloadEnd - payloadStart)} bytes${missing}` }];
}

function controlLayer({ transportStart: at, networkEnd, protocol }: Walk, bytes: Uint8Array): PacketLayer {
  const type = networkEnd - at >= 2 ? `type ${bytes[at]}, code ${bytes[at + 1]}` : 'cut';
  return {
    name: protocolText(protocol),
    range: [at, Math.min(at + 8, networkEnd)],
    fields: [{ name: 'message', value: type }],
  };
}
