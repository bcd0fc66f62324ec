// Whether an address is on the Internet at all. Decided before any look-up, for every address, TCP and UDP alike:
// a multicast or private address has no country (the paper's tool asked for the country of 239.255.255.250).

import { type Address, embeddedIpv4, parseAddress } from './address.ts';
import { samePrefix } from './anycast.ts';

/** `global` is the only one that can have a country; `transition` is on the Internet, but its addresses name no place on it. */
export type Scope =
  | 'global'
  | 'private'
  | 'link-local'
  | 'loopback'
  | 'multicast'
  | 'broadcast'
  | 'shared'
  | 'unspecified'
  | 'documentation'
  | 'transition'
  | 'reserved';

/** First match wins. From the IANA special-purpose registries (RFC 6890 and its updates). */
const IPV4: readonly (readonly [network: number, bits: number, scope: Scope])[] = [
  [0xffff_ffff, 32, 'broadcast'], // RFC 919 §7
  [0x0000_0000, 8, 'unspecified'], // 0.0.0.0/8, RFC 791 §3.2
  [0x0a00_0000, 8, 'private'], // 10/8, RFC 1918
  [0x6440_0000, 10, 'shared'], // 100.64/10 carrier-grade NAT, RFC 6598
  [0x7f00_0000, 8, 'loopback'], // 127/8, RFC 1122 §3.2.1.3
  [0xa9fe_0000, 16, 'link-local'], // 169.254/16, RFC 3927
  [0xac10_0000, 12, 'private'], // 172.16/12, RFC 1918
  [0xc000_0000, 24, 'reserved'], // 192.0.0/24, RFC 6890 §2.1
  [0xc000_0200, 24, 'documentation'], // 192.0.2/24, RFC 5737
  [0xc034_c100, 24, 'transition'], // 192.52.193/24 multicast tunnels (AMT), RFC 7450
  [0xc058_6300, 24, 'transition'], // 192.88.99/24 relays of 6to4, RFC 7526
  [0xc0a8_0000, 16, 'private'], // 192.168/16, RFC 1918
  [0xc612_0000, 15, 'reserved'], // 198.18/15 benchmarking, RFC 2544
  [0xc633_6400, 24, 'documentation'], // 198.51.100/24, RFC 5737
  [0xcb00_7100, 24, 'documentation'], // 203.0.113/24, RFC 5737
  [0xe000_0000, 4, 'multicast'], // 224/4, RFC 5771
  [0xf000_0000, 4, 'reserved'], // 240/4, RFC 1112 §4
];

const IPV6: readonly (readonly [prefix: readonly number[], bits: number, scope: Scope])[] = [
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, 'loopback'], // ::1, RFC 4291 §2.5.3
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 128, 'unspecified'], // ::, RFC 4291 §2.5.2
  [[0xff], 8, 'multicast'], // ff00::/8, RFC 4291 §2.7
  [[0xfe, 0x80], 10, 'link-local'], // fe80::/10, RFC 4291 §2.5.6
  [[0xfe, 0xc0], 10, 'private'], // fec0::/10 site-local, deprecated by RFC 3879
  [[0xfc], 7, 'private'], // fc00::/7 unique local, RFC 4193
  [[0x00, 0x64, 0xff, 0x9b], 96, 'transition'], // 64:ff9b::/96 to IPv4 through NAT64, RFC 6052
  [[0x00, 0x64, 0xff, 0x9b, 0x00, 0x01], 48, 'transition'], // 64:ff9b:1::/48 the same, local, RFC 8215
  [[0x01, 0x00], 64, 'reserved'], // 100::/64 discarded, RFC 6666
  [[0x20, 0x01, 0x00, 0x00], 32, 'transition'], // 2001::/32 Teredo, RFC 4380
  [[0x20, 0x01, 0x00, 0x02, 0x00, 0x00], 48, 'reserved'], // 2001:2::/48 benchmarking, RFC 5180
  [[0x20, 0x01, 0x00, 0x03], 32, 'transition'], // 2001:3::/32 multicast tunnels (AMT), RFC 7450
  [[0x20, 0x01, 0x00, 0x04, 0x01, 0x12], 48, 'global'], // 2001:4:112::/48 AS112, RFC 7535
  [[0x20, 0x01, 0x00, 0x10], 28, 'reserved'], // 2001:10::/28 ORCHID, RFC 4843
  [[0x20, 0x01, 0x00, 0x20], 28, 'reserved'], // 2001:20::/28 ORCHIDv2, RFC 7343
  [[0x20, 0x01, 0x00, 0x30], 28, 'reserved'], // 2001:30::/28 entity tags of drones, RFC 9374
  [[0x20, 0x01, 0x00, 0x00], 23, 'reserved'], // the rest of 2001::/23, RFC 2928
  [[0x20, 0x02], 16, 'transition'], // 2002::/16 6to4, RFC 3056
  [[0x20, 0x01, 0x0d, 0xb8], 32, 'documentation'], // RFC 3849
  [[0x3f, 0xff, 0x00], 20, 'documentation'], // RFC 9637
  [[0x20], 3, 'global'], // 2000::/3, RFC 4291 §2.4
];

export function scopeOf(address: Address): Scope {
  const plain = embeddedIpv4(address);
  return typeof plain === 'number' ? scopeOfIpv4(plain) : scopeOfIpv6(plain);
}

function scopeOfIpv4(address: number): Scope {
  for (const [network, bits, scope] of IPV4) {
    if (address >>> (32 - bits) === network >>> (32 - bits)) return scope;
  }
  return 'global';
}

function scopeOfIpv6(address: Uint8Array): Scope {
  for (const [prefix, bits, scope] of IPV6) {
    if (samePrefix(address, prefix, bits)) return scope;
  }
  return 'reserved';
}

/**
 * The ranges that every home may use: nobody on the Internet has such an address. The one definition of a local address; what
 * an access point announced in addition are in analysis/packet/home.ts. Ranges for documentation and tests are in no home.
 */
const LOCAL_SCOPES: ReadonlySet<Scope> = new Set([
  'private',
  'link-local',
  'loopback',
  'multicast',
  'broadcast',
  'shared',
  'unspecified',
]);

/** Of IPv4 by the first byte, since it is asked for every packet: 0 never, 1 always, 2 the rest must be looked at. */
const IPV4_FIRST = Uint8Array.from({ length: 256 }, (_, first) => {
  const rows = IPV4.filter(([network, bits]) =>
    bits >= 8 ? network >>> 24 === first : first >>> (8 - bits) === network >>> (32 - bits),
  );
  const whole = rows.find(([, bits]) => bits <= 8);
  if (rows.length === 0) return 0;
  return whole !== undefined && rows.length === 1 ? Number(LOCAL_SCOPES.has(whole[2])) : 2;
});

const HOST_SCOPES: ReadonlySet<Scope> = new Set(['private', 'link-local', 'shared']);

/** Whether the address of `version` at `at` is one host's of the home: local, and neither of a group nor of no one. */
export function isHomeHost(bytes: Uint8Array, at: number, version: number): boolean {
  if (!isLocalBytes(bytes, at, version)) return false;
  if (version !== 4) return HOST_SCOPES.has(scopeOf(bytes.subarray(at, at + 16)));
  const address = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  return HOST_SCOPES.has(scopeOfIpv4(address));
}

/** Whether the address of `version` at `at` is local. The caller has checked that its bytes are there. */
export function isLocalBytes(bytes: Uint8Array, at: number, version: number): boolean {
  if (version !== 4) {
    // 2000::/3, nearly all there is.
    return bytes[at]! >> 5 !== 1 && LOCAL_SCOPES.has(scopeOf(bytes.subarray(at, at + 16)));
  }
  const known = IPV4_FIRST[bytes[at]!]!;
  if (known !== 2) return known === 1;
  const address = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  return LOCAL_SCOPES.has(scopeOfIpv4(address));
}

/** The same of a text; false for what is no address. */
export function isLocalAddress(ip: string): boolean {
  const address = parseAddress(ip);
  return address !== undefined && LOCAL_SCOPES.has(scopeOf(address));
}
