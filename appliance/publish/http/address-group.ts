// Who counts as one neighbour when sockets and guesses are bounded: an IPv4 address, or the /64 of an IPv6 one, of which every machine
// has as many as it likes (RFC 4291 §2.5.4).

import { isIPv6 } from 'node:net';

export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address) || address === '::1') return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::', 2);
  const left = head.split(':').filter((word) => word !== '');
  const right = (tail ?? '').split(':').filter((word) => word !== '');
  const words =
    tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return `${words
    .slice(0, 4)
    .map((word) => word.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** The machine itself: its console, or a tunnel that ends on it. */
export function isOwnMachine(address: string): boolean {
  return address === '127.0.0.1' || address === '::1' || address === '::ffff:127.0.0.1';
}
