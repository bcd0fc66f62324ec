// dnsmasq.conf from a plan: addresses, names and, where IPv6 is wanted, announcements of the local prefix. It serves the bridge
// and nothing else.

import type { ApPlan } from '../plan.ts';
import { netmask } from './netmask.ts';

export function renderDnsmasq(plan: ApPlan, leaseFile: string): string {
  const lines = [
    '# Made by `weir ap`; changes are overwritten.',
    `interface=${plan.bridge}`,
    'except-interface=lo',
    // The bridge may go and come; a resolver of this machine keeps its own address.
    'bind-dynamic',
    'no-hosts',
    'domain-needed',
    'bogus-priv',
    'domain=lan',
    'local=/lan/',
    'dhcp-authoritative',
    `dhcp-range=${plan.poolFirst},${plan.poolLast},${netmask(plan.network.prefix)},${plan.leaseSeconds}s`,
    `dhcp-lease-max=${plan.poolSize + plan.reservations.length}`,
    `dhcp-leasefile=${leaseFile}`,
    // A device that calls itself so would be asked for everybody's proxy settings (CERT VU#598349).
    'dhcp-name-match=set:refused,wpad',
    'dhcp-ignore-names=tag:refused',
    ...(plan.servesTime ? [`dhcp-option=option:ntp-server,${plan.address}`] : []),
    ...plan.reservations.map(
      ({ mac, ip, name }) => `dhcp-host=${mac.toLowerCase()},${ip}${name === '' ? '' : `,${name}`}`,
    ),
    ...address6Lines(plan),
  ];
  return `${lines.join('\n')}\n`;
}

/** A prefix for devices among themselves and for names; the appliance is no way to the Internet over IPv6 (lifetime 0). */
function address6Lines({ address6, bridge }: ApPlan): string[] {
  if (address6 === '') return [];
  return ['enable-ra', `dhcp-range=::,constructor:${bridge},ra-stateless,64`, `ra-param=${bridge},60,0`];
}
