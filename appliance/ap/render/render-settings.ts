// Kernel settings of the two sides, and the settings that keep network managers off. Pure text; apply.ts writes it.

import { type ApPlan, linksOf } from '../plan.ts';

/** Below /proc/sys/net, in the order in which they are set. */
export function kernelSettings(plan: ApPlan): readonly (readonly [path: string, value: string])[] {
  const { bridge, networks, address6 } = plan;
  const uplinks = new Set(
    networks.filter(({ internet, uplink }) => internet && uplink !== '').map(({ uplink }) => uplink),
  );
  const side = `ipv4/conf/${bridge}`;
  return [
    // By interface: the switch for all of them would make a router of the machine's other ports too.
    ...[...uplinks].map((uplink) => [`ipv4/conf/${uplink}/forwarding`, '1'] as const),
    [`${side}/forwarding`, uplinks.size > 0 ? '1' : '0'],
    // A device may not speak under an address that would be answered elsewhere.
    [`${side}/rp_filter`, '1'],
    // Nor learn by ARP which other addresses the appliance has.
    [`${side}/arp_ignore`, '1'],
    [`${side}/arp_announce`, '2'],
    [`${side}/accept_redirects`, '0'],
    [`${side}/send_redirects`, '0'],
    [`${side}/accept_source_route`, '0'],
    [`ipv6/conf/${bridge}/disable_ipv6`, address6 === '' ? '1' : '0'],
    [`ipv6/conf/${bridge}/accept_ra`, '0'],
    [`ipv6/conf/${bridge}/forwarding`, '0'],
    [`ipv6/conf/${bridge}/router_solicitations`, '0'],
    // With several ways out the answer may come in where the main table would not send.
    ...(uplinks.size > 1 ? [...uplinks].map((uplink) => [`ipv4/conf/${uplink}/rp_filter`, '2'] as const) : []),
  ];
}

export interface DropIn {
  readonly path: string;
  readonly text: string;
}

const HEAD = '# Made by `weir ap`; gone with the next start of the machine.';

/** Both managers read /run, so that nothing of this outlives the access point's settings. */
export function dropIns(plan: ApPlan): readonly DropIn[] {
  const { interface: radio, subnet, address6 } = plan;
  const links = linksOf(plan);
  // A list of the machine's own (`unmanaged-devices=`) would take the place of ours; its sections of links remain in addition to ours.
  const names = links.map((link) => `interface-name:${link}`);
  const prefix6 = address6 === '' ? '' : `allow ${address6.replace(/[^:]*\/64$/, '')}/64\n`;
  return [
    {
      path: '/run/NetworkManager/conf.d/10-weir-ap.conf',
      text: `${HEAD}\n[keyfile]\nunmanaged-devices+=${names.join(';')}\n\n[device-weir-ap]\nmatch-device=${names.join(';')}\nmanaged=0\n`,
    },
    {
      path: '/run/systemd/network/10-weir-ap.network',
      text: `${HEAD}\n[Match]\nName=${links.join(' ')}\n\n[Link]\nUnmanaged=yes\n`,
    },
    {
      path: '/run/weir-ap/chrony.conf',
      text: `${HEAD}\n# Include it from chrony's configuration to give ${radio}'s devices the time.\nallow ${subnet}\n${prefix6}`,
    },
  ];
}
