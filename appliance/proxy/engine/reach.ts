// Where the proxy may connect to for somebody else: the Internet, and never the network that the appliance is managed from.

import { BlockList, isIP, isIPv4 } from 'node:net';
import { NOT_INTERNET } from '../../ap/render/render-firewall.ts';

/** RFC 6890: loopback, unique local, link local, multicast, and translated IPv4, which would be a way around; mapped IPv4 is judged as IPv4. */
const NOT_INTERNET_6 = ['::/96', '64:ff9b::/96', '100::/64', 'fc00::/7', 'fe80::/10', 'ff00::/8'];

export class Destinations {
  readonly #refused = new BlockList();
  readonly #isOpen: boolean;

  /** `isOpen`: also private addresses, for experiments within one machine. */
  constructor(isOpen: boolean) {
    this.#isOpen = isOpen;
    for (const range of NOT_INTERNET) this.#add(range, 'ipv4');
    for (const range of NOT_INTERNET_6) this.#add(range, 'ipv6');
  }

  #add(range: string, family: 'ipv4' | 'ipv6'): void {
    const [network = '', length = ''] = range.split('/');
    this.#refused.addSubnet(network, Number(length), family);
  }

  admits(address: string): boolean {
    if (isIP(address) === 0) return false;
    return this.#isOpen || !this.#refused.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}
