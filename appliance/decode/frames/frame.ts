// What one frame is: offsets and numbers in one reused object, and the numbers that protocols have. walk.ts fills it with the
// help of link.ts, network.ts and their neighbours, which know this file alone.

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
export class Frame {
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
}
