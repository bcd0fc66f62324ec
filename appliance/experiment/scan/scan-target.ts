// Whether an address may be scanned: only hosts of the network that is captured, and neither the appliance nor the network as a
// whole. Checked when an order is accepted, and again by the unit that carries it out. Pure.

import type { NetworkInterfaceInfo } from 'node:os';
import { type Ipv4Network, ipv4Number, ipv4Quad, parseIpv4Network } from '../../config/ipv4-network.ts';
import { printable } from '../../model/text.ts';

export interface CapturedNetwork extends Ipv4Network {
  readonly interface: string;
}

type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'netmask' | 'cidr'>[] | undefined>
>;

/** IPv4 networks of the captured interface, as the kernel has them now. */
export function capturedNetworks(name: string, interfaces: Interfaces): CapturedNetwork[] {
  return (interfaces[name] ?? []).flatMap(({ family, cidr }) => {
    const network = family === 'IPv4' && cidr !== null ? parseIpv4Network(cidr) : undefined;
    return network === undefined ? [] : [{ ...network, interface: name }];
  });
}

/** Why not, in one line; undefined where it may be scanned. */
export function refusal(address: string, name: string, networks: readonly CapturedNetwork[]): string | undefined {
  const shown = printable(address, 40);
  const number = ipv4Number(address);
  if (number === undefined) return `${shown} is no IPv4 address; nothing was sent. Only IPv4 is scanned.`;
  if (networks.length === 0) return noNetwork(name);
  const network = networks.find(({ first, last }) => number >= first && number <= last);
  if (network === undefined) {
    const own = networks.map(({ first, prefix }) => `${ipv4Quad(first)}/${prefix}`).join(', ');
    return `${shown} is outside the captured network (${own} on ${name}); nothing was sent. Only devices behind this appliance are scanned.`;
  }
  if (networks.some((one) => one.address === number))
    return `${shown} is this appliance itself; nothing was sent. Name a device.`;
  if (number === network.first || number === network.last)
    return `${shown} is no device but the whole network; nothing was sent. Name a device.`;
  return undefined;
}

export function noNetwork(name: string): string {
  return `${name} has no IPv4 address, so there is no captured network; nothing was sent. Is the access point up (weir ap status)?`;
}
