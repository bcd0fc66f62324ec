// Which ports have a layer in scapy 2.5.0 as `from scapy.all import *` loads it, and what that layer leaves as `Raw`.
// TLS, HTTP, MQTT, CoAP and SSDP are not among them: their payload is `Raw`, which is what the published analyzer looks at.

import { u16 } from '../../decode/octets.ts';

export interface BoundLayer {
  /** Layers that the analyzer asks for by name. */
  readonly layer: 'dns' | 'dhcp' | 'ntp' | 'other';
  /** Where bytes begin that become `Raw`; the end where none do. */
  readonly rawFrom: number;
}

type ReadLayer = (bytes: Uint8Array, start: number, end: number) => BoundLayer;

export interface LayerRule {
  matches(source: number, destination: number): boolean;
  readonly read: ReadLayer;
}

/** The layer takes all of it, if it is at least so long. */
function whole(least: number): ReadLayer {
  return (_bytes, start, end) => ({ layer: 'other', rawFrom: end - start < least ? start : end });
}

/** A header of fixed length; the rest is `Raw`. */
function header(length: number): ReadLayer {
  return (_bytes, start, end) => ({ layer: 'other', rawFrom: end - start < length ? start : start + length });
}

function either(port: number, read: ReadLayer): LayerRule {
  return { matches: (source, destination) => source === port || destination === port, read };
}

function towards(port: number, read: ReadLayer): LayerRule {
  return { matches: (_source, destination) => destination === port, read };
}

function between(source: number, destination: number, read: ReadLayer): LayerRule {
  return { matches: (from, to) => from === source && to === destination, read };
}

/** A message whose counts cannot be read is no DNS layer but `Raw`; bytes behind the last record are `Raw` too. */
function dns(bytes: Uint8Array, start: number, end: number): BoundLayer {
  const stop = dnsEnd(bytes, start, end);
  return stop === undefined ? { layer: 'other', rawFrom: start } : { layer: 'dns', rawFrom: stop };
}

/** Over TCP the message follows its length (RFC 1035 §4.2.2). */
function dnsOverTcp(bytes: Uint8Array, start: number, end: number): BoundLayer {
  const { layer, rawFrom } = dns(bytes, start + 2, end);
  return { layer, rawFrom: layer === 'dns' ? rawFrom : start };
}

function dnsEnd(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start < 12) return undefined;
  const questions = u16(bytes, start + 4);
  const records = u16(bytes, start + 6) + u16(bytes, start + 8) + u16(bytes, start + 10);
  let at = start + 12;
  for (let i = 0; i < questions + records; i++) {
    at = nameEnd(bytes, at, end);
    const fixed = i < questions ? 4 : 10;
    if (at + fixed > end) return undefined;
    at += fixed;
    if (i >= questions) at = Math.min(end, at + u16(bytes, at - 2));
  }
  return at;
}

function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = bytes[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
  return end;
}

/** BOOTP takes all of it; with the magic number (RFC 2132 §2) and something behind it, the options are the layer DHCP. */
function bootp(bytes: Uint8Array, start: number, end: number): BoundLayer {
  if (end - start < 28) return { layer: 'other', rawFrom: start };
  const isDhcp = end - start > 240 && u16(bytes, start + 236) === 0x6382 && u16(bytes, start + 238) === 0x5363;
  return { layer: isDhcp ? 'dhcp' : 'other', rawFrom: end };
}

/** NTPHeader wants its 48 bytes; up to four bytes more are no extension. Modes 6 and 7 are layers of other names. */
function ntp(bytes: Uint8Array, start: number, end: number): BoundLayer {
  const mode = bytes[start]! & 7;
  if (mode >= 6) return { layer: 'other', rawFrom: end - start < 12 ? start : end };
  if (end - start < 48) return { layer: 'other', rawFrom: start };
  return { layer: 'ntp', rawFrom: end - start <= 52 ? start + 48 : end };
}

/** ASN.1 that does not begin as a sequence is not read. */
function asn1(bytes: Uint8Array, start: number, end: number): BoundLayer {
  return { layer: 'other', rawFrom: bytes[start] === 0x30 ? end : start };
}

/** NetBIOS session header, then SMB or `Raw`. */
function netbiosSession(bytes: Uint8Array, start: number, end: number): BoundLayer {
  if (end - start < 4) return { layer: 'other', rawFrom: start };
  const isSmb = bytes[start + 5] === 0x53 && bytes[start + 6] === 0x4d && bytes[start + 7] === 0x42;
  return { layer: 'other', rawFrom: isSmb ? end : start + 4 };
}

export const UDP_PORTS: readonly LayerRule[] = [
  either(5353, dns),
  either(53, dns),
  either(137, whole(12)),
  either(138, whole(82)),
  either(88, asn1),
  between(68, 67, bootp),
  between(67, 68, bootp),
  between(67, 67, bootp),
  towards(547, whole(4)),
  towards(546, whole(4)),
  either(1985, whole(20)),
  either(2029, whole(20)),
  either(4500, whole(8)),
  either(500, whole(28)),
  either(1701, whole(2)),
  either(5355, whole(12)),
  either(2727, whole(8)),
  either(434, whole(1)),
  either(2055, whole(2)),
  either(2056, whole(2)),
  either(9995, whole(2)),
  either(9996, whole(2)),
  either(6343, whole(2)),
  either(123, ntp),
  either(1812, whole(20)),
  either(1813, whole(20)),
  either(3799, whole(20)),
  either(520, whole(4)),
  either(161, asn1),
  either(162, asn1),
  towards(69, whole(2)),
  either(4789, whole(8)),
];

export const TCP_PORTS: readonly LayerRule[] = [
  either(53, dnsOverTcp),
  either(445, netbiosSession),
  either(139, netbiosSession),
  either(88, whole(4)),
  either(1723, whole(12)),
  either(2000, header(12)),
];

/** EtherTypes with a layer that is not one of those that layers.ts reads: PPPoE discovery, LLTD, 802.1ah, 6LoWPAN, PPP. */
export const ETHER: ReadonlySet<number> = new Set([0x8863, 0x88d9, 0x88e7, 0xa0ed, 0x8021, 0x8053]);

/** ICMPv6 types with a layer, and the fewest bytes that it takes (scapy's icmp6typesminhdrlen). */
export const IP6_NEXT: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [2, 8],
  [3, 8],
  [4, 8],
  [128, 8],
  [129, 8],
  [130, 24],
  [131, 24],
  [132, 24],
  [133, 8],
  [134, 16],
  [135, 24],
  [136, 24],
  [137, 40],
  [139, 0],
  [140, 0],
  [141, 8],
  [142, 8],
  [143, 8],
  [144, 8],
  [145, 8],
  [146, 8],
  [147, 8],
  [151, 8],
  [152, 4],
  [153, 4],
  [155, 4],
]);
