// The rules between the captured side and everything else, as one transaction for `nft -f`: tables of our own, so that nobody
// else's rules are touched; a packet must please all of them. Devices are the attacker here (reliability.md T1, T2, T19).

import type { ApNetwork, ApPlan } from '../plan.ts';

/** Not the Internet: RFC 6890 and multicast. What hides behind the uplink under such addresses is none of a device's business. */
export const NOT_INTERNET = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
];

/** On packets that the app proxy's own rules lead to it (appliance/proxy/fence). A device cannot set marks. */
export const LED_MARK = '0x40000000';

export function renderFirewall(plan: ApPlan): string {
  return `# Made by \`weir ap\`; changes are overwritten.
${REMOVE_FIREWALL}
table inet weir {
${input(plan)}
${forward(plan)}
${nat(plan)}
}
${bridgeTable(plan)}`;
}

/** Adding before deleting: deleting what is not there would fail. */
export const REMOVE_FIREWALL = `add table inet weir
delete table inet weir
add table bridge weir
delete table bridge weir
`;

/** What devices may ask of the appliance itself: an address, a name, the time, an echo; whatever the packet's addresses are. */
function input({ bridge, address, address6, subnet }: ApPlan): string {
  const own6 = address6.split('/')[0] ?? '';
  return `  chain input {
    type filter hook input priority filter - 5; policy accept;
    iifname "${bridge}" jump from_devices
  }
  chain from_devices {
    ct state invalid counter drop
    ct state established,related accept
    meta mark and ${LED_MARK} == ${LED_MARK} accept comment "led to the app proxy"
    udp sport 68 udp dport 67 accept
    pkttype { broadcast, multicast } meta nfproto ipv4 counter drop
    meta nfproto ipv4 ip saddr != ${subnet} counter drop
    ip daddr ${address} udp dport { 53, 123 } accept
    ip daddr ${address} tcp dport 53 accept
    ip daddr ${address} icmp type echo-request limit rate 50/second accept
${own6 === '' ? '' : address6Input(own6)}    meta l4proto tcp counter reject with tcp reset
    counter reject with icmpx admin-prohibited
  }`;
}

/** Neighbour discovery counts only from the same link (RFC 4861 §6.1): nobody else can send 255. */
function address6Input(own: string): string {
  return `    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } ip6 hoplimit 255 accept
    icmpv6 type { mld-listener-report, mld2-listener-report, mld-listener-done } accept
    udp sport 546 udp dport 547 accept
    pkttype { broadcast, multicast } counter drop
    ip6 daddr ${own} udp dport { 53, 123 } accept
    ip6 daddr ${own} tcp dport 53 accept
    ip6 daddr ${own} icmpv6 type echo-request limit rate 50/second accept
`;
}

function forward(plan: ApPlan): string {
  const { bridge, subnet, networks, localTraffic, newlyForwarding } = plan;
  return `  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    iifname "${bridge}" jump outward
    oifname "${bridge}" jump inward
${newlyForwarding.map((uplink) => `    iifname "${uplink}" counter drop\n`).join('')}  }
  chain outward {
    oifname "${bridge}" ${localTraffic === 'allow' ? 'accept' : 'counter drop'}
    ct state invalid counter drop
    meta nfproto ipv6 counter reject with icmpx admin-prohibited
    ip saddr != ${subnet} counter drop
    ip daddr { ${NOT_INTERNET.join(', ')} } counter reject with icmpx admin-prohibited
${networks.map((network) => uplinkRule(network, networks.length > 1)).join('')}    counter reject with icmpx admin-prohibited
  }
  chain inward {
    ct state established,related accept
    counter drop
  }`;
}

function uplinkRule({ internet, uplink, mark }: ApNetwork, isOneOfMany: boolean): string {
  if (!internet || uplink === '') return '';
  const which = `${isOneOfMany ? `meta mark ${mark} ` : ''}oifname "${uplink}"`;
  // Where the way out has smaller packets (PPPoE), both ends learn of it.
  return `    ${which} tcp flags syn tcp option maxseg size set rt mtu\n    ${which} accept\n`;
}

function nat({ networks, subnet }: ApPlan): string {
  const uplinks = [...new Set(networks.filter(({ internet }) => internet).map(({ uplink }) => uplink))].filter(
    (uplink) => uplink !== '',
  );
  const rules = uplinks.map((uplink) => `    oifname "${uplink}" ip saddr ${subnet} masquerade\n`);
  return `  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
${rules.join('')}  }`;
}

/**
 * Between devices: no device answers for the appliance as DHCP server or router, and what passes is counted, which shows whether
 * local traffic comes by here at all. Capture has seen a frame before it is dropped.
 */
function bridgeTable({ bridge, networks }: ApPlan): string {
  const links = networks.map(({ link }) => `"${link}"`).join(', ');
  return `table bridge weir {
  counter local_unicast { }
  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
${networks.length > 1 ? networks.map(({ link, mark }) => `    iifname "${link}" meta mark set ${mark}\n`).join('') : ''}  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    meta obrname != "${bridge}" accept
    udp sport 67 udp dport 68 counter drop
    icmpv6 type nd-router-advert counter drop
    iifname { ${links} } ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 counter name local_unicast
  }
}
`;
}
