// Whether the network of the captured side overlaps another one that this machine knows.

import { BlockList } from 'node:net';
import { type Ipv4Network, parseIpv4Network } from '../../config/ipv4-network.ts';
import type { Config } from '../../config/schema.ts';
import type { AddressFact, RouteFact } from './facts.ts';

/** Says which, or undefined. */
export function addressClash(
  { ap, capture }: Config,
  addresses: readonly AddressFact[],
  routes: readonly RouteFact[],
): string | undefined {
  const captured = new Set([ap.interface, capture.interface]);
  const own = parseIpv4Network(ap.address);
  for (const { interface: name, family, address, prefix } of addresses) {
    if (captured.has(name)) continue;
    const text = `${address}/${prefix}`;
    if (family === 4 ? overlaps(own, text) : holds6(ap.address6, address))
      return `${name} has ${text}, which overlaps ${family === 4 ? ap.address : ap.address6}`;
  }
  for (const { interface: name, family, to } of routes) {
    if (captured.has(name) || to === 'default') continue;
    const text = to.includes('/') ? to : `${to}/${family === 4 ? 32 : 128}`;
    const clashes = family === 4 ? overlaps(own, text) : holds6(ap.address6, text.split('/', 1)[0] ?? '');
    if (clashes)
      return `a route to ${to} leads through ${name}, which overlaps ${family === 4 ? ap.address : ap.address6}`;
  }
  return undefined;
}

function overlaps(own: Ipv4Network | undefined, text: string): boolean {
  const other = parseIpv4Network(text);
  return own !== undefined && other !== undefined && own.first <= other.last && other.first <= own.last;
}

/** Whether an address lies in the captured side's /64. */
function holds6(own: string, address: string): boolean {
  const [base] = own.split('/', 1);
  if (base === undefined || base === '') return false;
  const network = new BlockList();
  network.addSubnet(base, 64, 'ipv6');
  return network.check(address, 'ipv6');
}
