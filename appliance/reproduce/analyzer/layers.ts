// What scapy 2.5.0 makes of one frame, as far as the published analyzer asks for it: it counts by the names of layers, so its
// numbers can only be had by its dissector's rules. counts.ts reads this. Weir's own decoders are decode/, not this.
//
// Rules of scapy that decide the numbers: a payload with a layer bound to its port is dissected and is not `Raw`; a layer that
// cannot be read becomes `Raw` from its first byte; bytes behind the length of IP, UDP or 802.3 are `Padding`, not `Raw`.

import { ipv4Text, ipv6Text } from '../../decode/address-text.ts';
import { u16 } from '../../decode/octets.ts';
import { ETHER, IP6_NEXT, type LayerRule, TCP_PORTS, UDP_PORTS } from './bound-layers.ts';

export interface AddressPair {
  readonly source: string;
  readonly destination: string;
}

/** The outermost layer of its name: a second IP header inside the first is not asked. */
export interface PortPair {
  readonly source: number;
  readonly destination: number;
  /** Nine bits with NS; 0 of UDP. */
  readonly flags: number;
}

/** One frame's layers. `raw`: offsets of the `Raw` layer's bytes. */
export class Layers {
  ip: AddressPair | undefined;
  ip6: AddressPair | undefined;
  tcp: PortPair | undefined;
  udp: PortPair | undefined;
  arp = false;
  dns = false;
  /** `DHCP options` of the program's source is the layer DHCP. */
  dhcp = false;
  ntp = false;
  icmp = false;
  eapol = false;
  llc = false;
  raw: readonly [number, number] | undefined;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** LINKTYPE_ numbers that PcapReader knows and home captures have; any other frame is one `Raw`. */
  link(linkType: number, start: number, end: number): void {
    if (start === end) return;
    const read = LINKS.get(linkType);
    if (read === undefined) this.#rawLayer(start, end);
    else read(this, start, end);
  }

  byteAt(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  wordAt(at: number): number {
    return u16(this.#bytes, at);
  }

  ether(start: number, end: number): void {
    if (end - start < 14) return this.#rawLayer(start, end);
    const type = u16(this.#bytes, start + 12);
    // Ether.dispatch_hook: a length instead of a type is Dot3, whose payload is LLC.
    if (type <= 1500) return this.#llcLayer(start + 14, Math.min(end, start + 14 + type));
    this.etherType(type, start + 14, end);
  }

  etherType(type: number, start: number, end: number): void {
    if (start >= end) return;
    switch (type) {
      case 0x0800:
        return this.ipv4(start, end, false);
      case 0x86dd:
        return this.ipv6(start, end, false);
      case 0x0806:
        return this.#need(8, start, end, () => (this.arp = true));
      case 0x888e:
        return this.#need(4, start, end, () => (this.eapol = true));
      case 0x8100:
      case 0x88a8:
        return this.#need(4, start, end, () => this.#vlan(start, end));
      case 0x8864:
        return this.#need(8, start, end, () => this.#ppp(start + 6, end));
      case 0x007a:
      case 0x8870:
        return this.#llcLayer(start, end);
      case 0x6558:
      case 1:
        return this.ether(start, end);
      default:
        if (!ETHER.has(type)) this.#rawLayer(start, end);
    }
  }

  #vlan(start: number, end: number): void {
    const type = u16(this.#bytes, start + 2);
    if (type <= 1500) this.#llcLayer(start + 4, end);
    else this.etherType(type, start + 4, end);
  }

  #ppp(start: number, end: number): void {
    const proto = u16(this.#bytes, start);
    if (proto === 0x21) this.ipv4(start + 2, end, false);
    else if (proto === 0x57) this.ipv6(start + 2, end, false);
  }

  #llcLayer(start: number, end: number): void {
    if (end - start < 3) return this.#rawLayer(start, end);
    this.llc = true;
    const bytes = this.#bytes;
    const isSnap = bytes[start] === 0xaa && bytes[start + 1] === 0xaa && bytes[start + 2] === 3;
    if (!isSnap || end - start < 8) return this.#rawLayer(start + 3, end);
    this.etherType(u16(bytes, start + 6), start + 8, end);
  }

  /** `cited`: the header that an ICMP error returns, which has another name (`IPerror`) and is not asked for addresses. */
  ipv4(start: number, end: number, cited: boolean): void {
    if (end - start < 20) return this.#rawLayer(start, end);
    const bytes = this.#bytes;
    if (!cited) {
      this.ip ??= { source: ipv4Text(bytes, start + 12), destination: ipv4Text(bytes, start + 16) };
    }
    const header = (bytes[start]! & 15) * 4;
    const from = Math.min(end, start + Math.max(20, header));
    // IP.extract_padding: a length below the header's is not believed.
    const length = u16(bytes, start + 2) - header;
    const to = length < 0 ? end : Math.min(end, from + length);
    if (from >= to) return;
    const offset = u16(bytes, start + 6) & 0x1fff;
    this.#ipPayload(bytes[start + 9]!, offset === 0, from, to, cited);
  }

  #ipPayload(protocol: number, isFirst: boolean, start: number, end: number, cited: boolean): void {
    if (protocol === 41) return this.ipv6(start, end, cited);
    if (UNREAD_PROTOCOLS.has(protocol)) return;
    if (!isFirst) return this.#rawLayer(start, end);
    if (protocol === 4) return this.ipv4(start, end, cited);
    if (protocol === 1) return this.#icmpLayer(start, end, cited);
    if (protocol === 47)
      return this.#need(4, start, end, () => this.etherType(u16(this.#bytes, start + 2), start + 4, end));
    this.#transport(protocol, start, end, cited);
  }

  #transport(protocol: number, start: number, end: number, cited: boolean): void {
    if (protocol === 6) this.#tcpLayer(start, end, cited);
    else if (protocol === 17) this.#udpLayer(start, end, cited);
    else this.#rawLayer(start, end);
  }

  /** Header lengths of scapy's ICMP by type; errors return a header, which is read as one. */
  #icmpLayer(start: number, end: number, cited: boolean): void {
    const type = this.#bytes[start]!;
    const header = type === 13 || type === 14 ? 20 : type === 17 || type === 18 ? 12 : 8;
    if (end - start < header) return this.#rawLayer(start, end);
    if (!cited) this.icmp = true;
    if (start + header >= end) return;
    if (ICMP_ERRORS.has(type)) this.ipv4(start + header, end, true);
    else this.#rawLayer(start + header, end);
  }

  #tcpLayer(start: number, end: number, cited: boolean): void {
    // An ICMP error returns at least the first eight bytes: ports and sequence number are a whole TCPerror.
    if (cited && end - start === 8) return;
    if (end - start < 20) return this.#rawLayer(start, end);
    const bytes = this.#bytes;
    const ports = {
      source: u16(bytes, start),
      destination: u16(bytes, start + 2),
      flags: u16(bytes, start + 12) & 0x1ff,
    };
    if (!cited) this.tcp ??= ports;
    const from = start + Math.max(20, (bytes[start + 12]! >> 4) * 4);
    this.#bound(TCP_PORTS, ports, Math.min(from, end), end);
  }

  #udpLayer(start: number, end: number, cited: boolean): void {
    if (end - start < 8) return this.#rawLayer(start, end);
    const bytes = this.#bytes;
    const ports = { source: u16(bytes, start), destination: u16(bytes, start + 2), flags: 0 };
    if (!cited) this.udp ??= ports;
    // UDP.extract_padding slices with `len - 8`: a length below 8 counts from the end, as Python's slices do.
    const length = u16(bytes, start + 4) - 8;
    const to = length < 0 ? end + length : Math.min(end, start + 8 + length);
    this.#bound(UDP_PORTS, ports, start + 8, to);
  }

  #bound(rules: readonly LayerRule[], ports: PortPair, start: number, end: number): void {
    if (start >= end) return;
    const rule = rules.find((each) => each.matches(ports.source, ports.destination));
    if (rule === undefined) return this.#rawLayer(start, end);
    const { layer, rawFrom } = rule.read(this.#bytes, start, end);
    if (layer === 'dns' || layer === 'dhcp' || layer === 'ntp') this[layer] = true;
    if (rawFrom < end) this.#rawLayer(rawFrom, end);
  }

  ipv6(start: number, end: number, cited: boolean): void {
    if (end - start < 40) return this.#rawLayer(start, end);
    const bytes = this.#bytes;
    if (!cited) this.ip6 ??= { source: ipv6Text(bytes, start + 8), destination: ipv6Text(bytes, start + 24) };
    this.#ip6Payload(bytes[start + 6]!, start + 40, Math.min(end, start + 40 + u16(bytes, start + 4)), cited);
  }

  #ip6Payload(next: number, start: number, end: number, cited: boolean): void {
    if (start >= end) return;
    const bytes = this.#bytes;
    if (next === 0 || next === 43 || next === 60) {
      const from = start + 8 * (bytes[start + 1]! + 1);
      return this.#need(8, start, end, () => this.#ip6Payload(bytes[start]!, from, end, cited));
    }
    if (next === 44) return this.#need(8, start, end, () => this.#ip6Fragment(start, end, cited));
    if (next === 58) return this.#icmp6Layer(start, end);
    if (next === 4) return this.ipv4(start, end, cited);
    if (next === 41) return this.ipv6(start, end, cited);
    if (!UNREAD_PROTOCOLS.has(next)) this.#transport(next, start, end, cited);
  }

  #ip6Fragment(start: number, end: number, cited: boolean): void {
    if (u16(this.#bytes, start + 2) >> 3 !== 0) this.#rawLayer(start + 8, end);
    else this.#ip6Payload(this.#bytes[start]!, start + 8, end, cited);
  }

  #icmp6Layer(start: number, end: number): void {
    const type = this.#bytes[start]!;
    const least = IP6_NEXT.get(type);
    if (least === undefined || end - start < least) return this.#rawLayer(start, end);
    if (type <= 4 && end - start > 8) this.ipv6(start + 8, end, true);
  }

  #need(least: number, start: number, end: number, read: () => void): void {
    if (end - start < least) this.#rawLayer(start, end);
    else read();
  }

  #rawLayer(start: number, end: number): void {
    if (start < end) this.raw = [start, end];
  }
}

type ReadLink = (layers: Layers, start: number, end: number) => void;

/** The EtherType at `typeAt`, the payload at `payloadAt`. */
function cooked(typeAt: number, payloadAt: number, bytesOf: (layers: Layers, at: number) => number): ReadLink {
  return (layers, start, end) => {
    if (end - start >= payloadAt) layers.etherType(bytesOf(layers, start + typeAt), start + payloadAt, end);
  };
}

function eitherIp(layers: Layers, start: number, end: number): void {
  if (layers.byteAt(start) >> 4 === 6) layers.ipv6(start, end, false);
  else layers.ipv4(start, end, false);
}

const LINKS: ReadonlyMap<number, ReadLink> = new Map<number, ReadLink>([
  [1, (layers, start, end) => layers.ether(start, end)],
  [12, eitherIp],
  [14, eitherIp],
  [101, eitherIp],
  [113, cooked(14, 16, (layers, at) => layers.wordAt(at))],
  [228, (layers, start, end) => layers.ipv4(start, end, false)],
  [229, (layers, start, end) => layers.ipv6(start, end, false)],
  [276, cooked(0, 20, (layers, at) => layers.wordAt(at))],
]);

const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
/** Read whole by their layer, whatever they hold: ESP, AH, SCTP, VRRP. */
const UNREAD_PROTOCOLS: ReadonlySet<number> = new Set([50, 51, 112, 132]);
