// Addresses that answer from the nearest of many places although the rest of their network does not: public resolvers, root
// servers, global front ends. A geo table gives them an arbitrary country, so none is stated.

import { type Address, embeddedIpv4, parseAddress } from './address.ts';
import { ANYCAST_NETWORKS, FRONT_ENDS } from './anycast-networks.ts';

interface Network {
  readonly bits: number;
  readonly address: Address;
}

const NETWORKS: readonly Network[] = [...ANYCAST_NETWORKS, ...FRONT_ENDS].flatMap(({ networks }) =>
  networks.flatMap((line) => line.split(' ')).map(parseNetwork),
);

function parseNetwork(text: string): Network {
  const [address, bits] = text.split('/') as [string, string];
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new TypeError(`anycast network ${text}`);
  return { address: parsed, bits: Number(bits) };
}

export function isAnycast(address: Address): boolean {
  const plain = embeddedIpv4(address);
  return NETWORKS.some((network) => contains(network, plain));
}

function contains({ address: network, bits }: Network, address: Address): boolean {
  if (typeof network === 'number' || typeof address === 'number') {
    if (typeof network !== typeof address) return false;
    const size = 2 ** (32 - bits);
    return Math.floor(Number(network) / size) === Math.floor(Number(address) / size);
  }
  return samePrefix(address, network, bits);
}

/** Whether the first `bits` of two addresses of 16 bytes are equal; bytes that `prefix` lacks are zero. */
export function samePrefix(address: Uint8Array, prefix: ArrayLike<number>, bits: number): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    const mask = 0xff << Math.max(0, (i + 1) * 8 - bits);
    if (((address[i]! ^ (prefix[i] ?? 0)) & mask & 0xff) !== 0) return false;
  }
  return true;
}
