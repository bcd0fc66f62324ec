// From a frame to its transport payload: link (link.ts), network (network.ts), transport, in one pass without allocation.
// Called by the analyzer for each record of capture-reader.ts. Everything is an offset or a number in one reused object.

import { u16, u32 } from '../octets.ts';
import { walkLink } from './link.ts';
import { walkNetwork } from './network.ts';

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_IGMP = 2;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMP6 = 58;

export const ETHERTYPE_ARP = 0x0806;
/** Reverse ARP, same layout (RFC 903). */
export const ETHERTYPE_RARP = 0x8035;
export const ETHERTYPE_EAPOL = 0x888e;
/** Not an EtherType: an 802.3 frame whose LLC header names no known protocol. */
export const LLC = 1;
/** Nor is this: a frame that the radio received with a wrong check sum. Nothing of it is believed. */
export const BAD_CHECKSUM = 2;
/** Nor this: a record that holds no byte of its frame. */
export const EMPTY_RECORD = 3;
/** A frame that could not be read as far as its network protocol. */
export const UNKNOWN = 0;

/** What one frame is. Offsets are into the array given to `walk`; -1 where there is none. */
export class Walk {
  /** Six-byte addresses. */
  sourceMac = -1;
  destinationMac = -1;
  /** EtherType of the innermost link header looked at, LLC, BAD_CHECKSUM, EMPTY_RECORD or UNKNOWN. */
  etherType = UNKNOWN;
  /** VLAN tags looked through. */
  vlans = 0;
  pppoe = false;
  mpls = false;
  /** 4, 6, or 0 where there is no readable IP header. */
  ipVersion = 0;
  sourceIp = -1;
  destinationIp = -1;
  /** Of IP: the innermost next-header value; -1 without IP. */
  protocol = -1;
  /** Part of a fragmented packet; `laterFragment` when not the first one, which has no transport header. */
  fragment = false;
  laterFragment = false;
  /** The header that says so: that of IPv4, or the extension header; see fragment.ts. */
  fragmentHeader = -1;
  /** TCP or UDP ports were there to be read. */
  hasPorts = false;
  sourcePort = 0;
  destinationPort = 0;
  tcpSequence = 0;
  tcpAcknowledgement = 0;
  tcpFlags = 0;
  /** Captured payload, cut by the IP length: padding of the link is not payload. */
  payloadStart = 0;
  payloadEnd = 0;
  /** Payload bytes that were on the wire and not captured. */
  payloadMissing = 0;
  /** Of a datagram's first fragment: payload bytes that its later fragments carry. */
  payloadInFragments = 0;
  /** Where the network protocol's bytes start and end, for ARP and the like. */
  networkStart = 0;
  /** Where the IP payload begins; only for a packet whose IP header could be read. */
  transportStart = 0;
  networkEnd = 0;
  /** End of the IP packet as its header states it; may lie behind what was captured. */
  ipEnd = 0;

  /** Reads one frame; whatever cannot be read leaves the layers found so far. */
  walk(bytes: Uint8Array, start: number, end: number, linkType: number): void {
    this.#reset(end);
    const network = walkLink(this, bytes, start, end, linkType);
    if (network < 0) {
      if (end <= start) this.etherType = EMPTY_RECORD;
      return;
    }
    this.networkStart = network;
    const transport = walkNetwork(this, bytes, network, this.networkEnd);
    if (transport < 0) return;
    this.transportStart = transport;
    if (this.protocol === PROTOCOL_TCP) this.#walkTcp(bytes, transport);
    else if (this.protocol === PROTOCOL_UDP) this.#walkUdp(bytes, transport);
  }

  #reset(end: number): void {
    this.sourceMac = -1;
    this.destinationMac = -1;
    this.etherType = UNKNOWN;
    this.vlans = 0;
    this.pppoe = false;
    this.mpls = false;
    this.ipVersion = 0;
    this.sourceIp = -1;
    this.destinationIp = -1;
    this.protocol = -1;
    this.fragment = false;
    this.laterFragment = false;
    this.fragmentHeader = -1;
    this.hasPorts = false;
    this.tcpFlags = 0;
    this.payloadStart = 0;
    this.payloadEnd = 0;
    this.payloadMissing = 0;
    this.payloadInFragments = 0;
    this.networkStart = 0;
    this.transportStart = 0;
    this.networkEnd = end;
    this.ipEnd = 0;
  }

  /** RFC 9293 §3.1. Ports count as soon as they are there, even where the header is cut or its length is wrong. */
  #walkTcp(bytes: Uint8Array, at: number): void {
    const end = this.networkEnd;
    if (end - at < 4) return;
    this.#readPorts(bytes, at);
    if (end - at < 14) return this.#setPayload(end, end);
    this.tcpSequence = u32(bytes, at + 4);
    this.tcpAcknowledgement = u32(bytes, at + 8);
    this.tcpFlags = bytes[at + 13]!;
    const header = (bytes[at + 12]! >> 4) * 4;
    if (header < 20) return this.#setPayload(end, end);
    this.#setPayload(at + header, this.ipEnd);
  }

  /** RFC 768. Of a fragment the UDP length spans more than is here. */
  #walkUdp(bytes: Uint8Array, at: number): void {
    const end = this.networkEnd;
    if (end - at < 4) return;
    this.#readPorts(bytes, at);
    if (end - at < 8) return this.#setPayload(end, end);
    const length = u16(bytes, at + 4);
    const stop = length >= 8 ? Math.min(this.ipEnd, at + length) : this.ipEnd;
    this.#setPayload(at + 8, stop);
    if (this.fragment) this.payloadInFragments = Math.max(0, at + length - Math.max(stop, at + 8));
  }

  #readPorts(bytes: Uint8Array, at: number): void {
    this.hasPorts = true;
    this.sourcePort = u16(bytes, at);
    this.destinationPort = u16(bytes, at + 2);
  }

  #setPayload(start: number, stop: number): void {
    const captured = Math.min(stop, this.networkEnd);
    this.payloadStart = Math.min(start, captured);
    this.payloadEnd = captured;
    this.payloadMissing = Math.max(0, stop - Math.max(start, captured));
  }
}
