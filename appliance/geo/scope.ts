// Whether an address is on the Internet at all. Decided before any look-up, for every address, TCP and UDP alike:
// a multicast or private address has no country (the paper's tool asked for the country of 239.255.255.250).

import { type Address, embeddedIpv4, parseAddress } from './address.ts';

/** `global` is the only one that can have a country. */
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

function samePrefix(address: Uint8Array, prefix: readonly number[], bits: number): boolean {
  for (let i = 0; i * 8 < bits; i++) {
    const mask = 0xff << Math.max(0, (i + 1) * 8 - bits);
    if (((address[i]! ^ (prefix[i] ?? 0)) & mask & 0xff) !== 0) return false;
  }
  return true;
}

/**
 * The ranges that every home may use: nobody on the Internet has such an address. The one definition of a local address; what
 * an access point announced beside them is analysis/packet/home.ts. Ranges for documentation and tests are in no home.
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
