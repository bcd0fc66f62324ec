// Addresses that answer from the nearest of many places although the rest of their network does not: public resolvers
// and global front ends. A geo table gives them an arbitrary country, so none is stated. Published by their operators.

import { type Address, embeddedIpv4, parseAddress } from './address.ts';

const NETWORKS = [
  '1.0.0.0/24', // Cloudflare DNS
  '1.1.1.0/24', // Cloudflare DNS
  '8.8.4.0/24', // Google DNS
  '8.8.8.0/24', // Google DNS
  '9.9.9.0/24', // Quad9
  '149.112.112.0/24', // Quad9
  '208.67.216.0/21', // OpenDNS
  '94.140.14.0/24', // AdGuard DNS
  '94.140.15.0/24', // AdGuard DNS
  '76.76.2.0/24', // Control D
  '76.76.10.0/24', // Control D
  '45.90.28.0/22', // NextDNS
  '185.228.168.0/23', // CleanBrowsing
  '64.6.64.0/23', // UltraDNS public
  '156.154.70.0/23', // UltraDNS public
  '4.2.2.0/24', // Level 3 resolvers
  '223.5.5.0/24', // AliDNS
  '223.6.6.0/24', // AliDNS
  '119.29.29.0/24', // DNSPod
  '180.76.76.0/24', // Baidu DNS
  '114.114.114.0/24', // 114DNS
  '77.88.8.0/24', // Yandex DNS
  '216.239.32.0/21', // Google time, DNS and front ends
  '162.159.200.0/24', // time.cloudflare.com
  '75.2.0.0/17', // AWS Global Accelerator
  '76.223.0.0/17', // AWS Global Accelerator
  '99.77.128.0/18', // AWS Global Accelerator
  '13.248.0.0/16', // AWS Global Accelerator
  '15.197.0.0/16', // AWS Global Accelerator
  '3.33.128.0/17', // AWS Global Accelerator
  '52.223.0.0/17', // AWS Global Accelerator
  '35.71.128.0/17', // AWS Global Accelerator
  '13.107.0.0/16', // Azure Front Door, Microsoft 365
  '204.79.197.0/24', // Microsoft front ends
  '150.171.0.0/16', // Azure Front Door
  '192.5.5.0/24', // root server F
  '192.33.4.0/24', // root server C
  '192.36.148.0/24', // root server I
  '192.58.128.0/24', // root server J
  '193.0.14.0/24', // root server K
  '198.41.0.0/24', // root server A
  '199.7.83.0/24', // root server L
  '202.12.27.0/24', // root server M
  '2606:4700:4700::/48', // Cloudflare DNS
  '2001:4860:4860::/48', // Google DNS
  '2001:4860:4806::/48', // Google time
  '2620:fe::/48', // Quad9
  '2620:119:35::/48', // OpenDNS
  '2620:119:53::/48', // OpenDNS
  '2a10:50c0::/32', // AdGuard DNS
  '2400:3200::/48', // AliDNS
  '2a06:98c1::/32', // Cloudflare
  '2606:4700:f1::/48', // time.cloudflare.com
] as const;

interface Network {
  readonly bits: number;
  readonly address: Address;
}

const PARSED: readonly Network[] = NETWORKS.map((text) => {
  const [address, bits] = text.split('/') as [string, string];
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new TypeError(`anycast network ${text}`);
  return { address: parsed, bits: Number(bits) };
});

export function isAnycast(address: Address): boolean {
  const plain = embeddedIpv4(address);
  return PARSED.some((network) => contains(network, plain));
}

function contains(network: Network, address: Address): boolean {
  if (typeof network.address === 'number' || typeof address === 'number') {
    if (typeof network.address !== typeof address) return false;
    const size = 2 ** (32 - network.bits);
    return Math.floor(Number(network.address) / size) === Math.floor(Number(address) / size);
  }
  const bytes = network.bits / 8;
  return network.address.subarray(0, bytes).every((byte, i) => address[i] === byte);
}
