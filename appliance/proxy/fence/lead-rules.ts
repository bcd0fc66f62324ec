// The firewall's part: the TCP connections of one device, known by its MAC, are led to the proxy; all other packets are looked at by no
// rule of ours. A table of our own, so that it goes with one word. Pure text for `nft -f`.

import { LED_MARK, NOT_INTERNET } from '../../ap/render/render-firewall.ts';

export const PROXY_PORT = 8899;
/** The routing table in which every address is the machine's own. */
export const ROUTE_TABLE = 30_722;

export interface FenceWish {
  readonly device: string;
  readonly bridge: string;
  /** The appliance's own on that side: there the phone asks for the page and, if configured, the proxy. */
  readonly address: string;
}

/** Adding before deleting: deleting what is not there would fail. */
export const REMOVE_RULES = 'add table inet weir_proxy\ndelete table inet weir_proxy\n';

/**
 * `tproxy` leaves a packet's addresses as they are (the socket's own address is then the server's), so that the server is known for
 * connections without a name too. QUIC would pass the proxy by: it is refused, so that apps fall back to TCP, and counted by address; a
 * full set ends its own rule alone.
 */
export function fenceRules({ device, bridge, address }: FenceWish): string {
  const lead = `tproxy ip to 127.0.0.1:${PROXY_PORT} meta mark set meta mark or ${LED_MARK} accept`;
  return `${REMOVE_RULES}table inet weir_proxy {
  counter quic { }
  set quic_to { type ipv4_addr; size 1024; flags dynamic; }
  counter led { }
  chain divert {
    type filter hook prerouting priority mangle; policy accept;
    iifname "${bridge}" ether saddr ${device} meta nfproto ipv4 jump chosen
  }
  chain chosen {
    ip daddr ${address} tcp dport { 80, ${PROXY_PORT} } ${lead}
    ip daddr { ${NOT_INTERNET.join(', ')} } return
    meta l4proto tcp counter name led ${lead}
  }
  chain refused {
    update @quic_to { ip daddr counter }
    reject with icmpx port-unreachable
  }
  chain fall_back {
    type filter hook forward priority filter - 10; policy accept;
    iifname "${bridge}" ether saddr ${device} udp dport 443 counter name quic jump refused
  }
}
`;
}
