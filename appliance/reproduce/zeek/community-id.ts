// Community ID 1, seed 0 (github.com/corelight/community-id-spec): one name of a flow for Zeek, Suricata, tshark and us.

import { createHash } from 'node:crypto';

export interface FlowEnds {
  /** IP protocol number. */
  readonly protocol: number;
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Ports; of ICMP its type. */
  readonly sourcePort: number;
  /** Of ICMP its code. */
  readonly destinationPort: number;
}

/** Types of ICMP that answer each other: their flow has two directions. */
const ICMP_ANSWERS: ReadonlyMap<number, number> = new Map([
  [0, 8],
  [8, 0],
  [9, 10],
  [10, 9],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
]);
const ICMP6_ANSWERS: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [129, 128],
  [130, 131],
  [131, 130],
  [133, 134],
  [134, 133],
  [135, 136],
  [136, 135],
  [139, 140],
  [140, 139],
  [144, 145],
  [145, 144],
]);

/** Counterpart of an ICMP type, undefined where messages of it are not answered. */
export function icmpAnswer(protocol: number, type: number): number | undefined {
  if (protocol === 1) return ICMP_ANSWERS.get(type);
  return protocol === 58 ? ICMP6_ANSWERS.get(type) : undefined;
}

/** `1:` and the Base64 of a SHA-1 over the ends, the smaller address and port first. */
export function communityId({ protocol, source, destination, sourcePort, destinationPort }: FlowEnds): string {
  const isIcmp = protocol === 1 || protocol === 58;
  const answer = isIcmp ? icmpAnswer(protocol, sourcePort) : undefined;
  const from = { address: source, port: sourcePort };
  const to = { address: destination, port: answer ?? destinationPort };
  const oneWay = isIcmp && answer === undefined;
  const [first, second] = oneWay || isOrdered(from, to) ? [from, to] : [to, from];
  // Protocols without ports have none in the hash.
  const ports = Uint8Array.of(first.port >> 8, first.port & 255, second.port >> 8, second.port & 255);
  const hash = createHash('sha1').update(Uint8Array.of(0, 0)).update(first.address).update(second.address);
  hash.update(Uint8Array.of(protocol, 0));
  if (WITH_PORTS.has(protocol)) hash.update(ports);
  return `1:${hash.digest('base64')}`;
}

/** ICMP, TCP, UDP, ICMPv6, SCTP. */
const WITH_PORTS: ReadonlySet<number> = new Set([1, 6, 17, 58, 132]);

interface End {
  readonly address: Uint8Array;
  readonly port: number;
}

function isOrdered(a: End, b: End): boolean {
  const order = Buffer.compare(a.address, b.address);
  return order < 0 || (order === 0 && a.port <= b.port);
}
