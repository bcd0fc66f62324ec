// From a frame to its transport payload: link (link.ts), network (network.ts), transport, in one pass without allocation.
// Called by the analyzer for each record of capture-reader.ts. Everything is an offset or a number in one reused object.

import { u16, u32 } from '../octets.ts';
import { EMPTY_RECORD, Frame, PROTOCOL_TCP, PROTOCOL_UDP, UNKNOWN } from './frame.ts';
import { walkLink } from './link.ts';
import { walkNetwork } from './network.ts';

/** A frame that reads itself. */
export class Walk extends Frame {
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
