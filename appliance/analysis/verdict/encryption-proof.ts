// Grammar that only encrypted protocols have, walked in the stored bytes and counters. In addition to the decoders' own marks
// this sees what they may miss: records joined in mid-stream, and protocols whose handshake is in the first bytes.

import { decodeSsh, isSshKeyExchange } from '../../decode/protocols/secure-channel.ts';
import type { Case } from './verdict-case.ts';

export interface Proof {
  /** As people call it: `TLS`. */
  readonly protocol: string;
  /** What was seen, with its numbers. */
  readonly seen: string;
}

/** Undefined when nothing proves encryption. Says nothing about clear parts next to it. */
export function proofOfEncryption(c: Case): Proof | undefined {
  return PROOFS.map((proof) => proof(c)).find((found) => found !== undefined);
}

const PROOFS: readonly ((c: Case) => Proof | undefined)[] = [tlsRecords, marked, ssh, wireguard, ike];

/** An alert in the clear is the longest record with nothing sealed in it (RFC 8446 §6). */
const SIGNAL_BYTES = 7;

/** Two record headers where packets begin, or where the one before points to: 10^-9 by accident in 128 KiB. */
function tlsRecords(c: Case): Proof | undefined {
  if (c.stats.proto !== 'tcp') return undefined;
  const heads = c.count('tlsHeads');
  const links = c.count('tlsLinks');
  if (c.n <= SIGNAL_BYTES * (heads + links)) return undefined;
  if (heads + links < 2 || c.count('tlsData') + heads < 1) return undefined;
  return { protocol: 'TLS', seen: `${heads + links} records, ${links} of them where the one before says` };
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['tls', 'TLS'],
  ['dtls', 'DTLS'],
  ['quic', 'QUIC'],
  ['gquic', "Google's QUIC"],
  ['ssh', 'SSH'],
  ['wireguard', 'WireGuard'],
  ['zrtp', 'ZRTP'],
  ['ike', 'IKE'],
  ['ipsec', 'IPsec'],
  ['openvpn', 'OpenVPN'],
  ['dnscrypt', 'DNSCrypt'],
]);

/** A decoder walked the grammar. What shares the conversation with a protocol over UDP must not be plain. */
function marked(c: Case): Proof | undefined {
  const name = c.marks.get('encrypted')?.[0];
  if (name === undefined) return undefined;
  if (c.stats.proto === 'udp' && isPlainBeside(c, name)) return undefined;
  return { protocol: NAMES.get(name) ?? name, seen: `its messages parse to their end${companions(c)}` };
}

/**
 * One message of QUIC or WireGuard is short and may be an accident in a long conversation of something else. Where datagrams
 * that nobody reads accompany a proven protocol, they are its media (DTLS-SRTP, RFC 5764; ZRTP, RFC 6189) only if they look sealed.
 */
function isPlainBeside(c: Case, name: string): boolean {
  const unread = c.marks.has('beside');
  const { shape } = c.pooled;
  if ((name === 'quic' || name === 'wireguard') && shape === 'structured') return true;
  if (!unread) return false;
  return name === 'dtls' || name === 'zrtp' ? shape === 'structured' || shape === 'between' : shape !== 'uniform';
}

/** STUN opens the way for DTLS and QUIC and says so in the clear. */
function companions(c: Case): string {
  return c.marks.get('clear')?.includes('stun') === true ? ', beside STUN in the clear' : '';
}

/** Identification line (RFC 4253 §4.2) at the start of a direction, and a key exchange behind it. */
function ssh(c: Case): Proof | undefined {
  if (c.stats.proto !== 'tcp') return undefined;
  const isSsh = c.sides.some(({ head }) => {
    const line = decodeSsh(head, 0, head.length);
    return line !== undefined && isSshKeyExchange(head, line.lineBytes, head.length);
  });
  return isSsh ? { protocol: 'SSH', seen: 'an identification line and the offer of keys behind it' } : undefined;
}

/** Handshake (type 1 answered by type 2 with the same index) or a run of transport messages; whitepaper §5.4. */
function wireguard(c: Case): Proof | undefined {
  if (c.stats.proto !== 'udp') return undefined;
  const { ab, ba } = c.stats;
  if (answers(ab.head, ba.head) || answers(ba.head, ab.head)) {
    return { protocol: 'WireGuard', seen: 'a handshake and its answer with the same index' };
  }
  const data = c.count('wireguardData');
  if (data < 8 || data < 0.9 * c.count('packets')) return undefined;
  return { protocol: 'WireGuard', seen: `${data} transport messages` };
}

function answers(initiation: Uint8Array, response: Uint8Array): boolean {
  if (initiation.length < 148 || response.length < 92) return false;
  if (!isWord(initiation, 0, 1) || !isWord(response, 0, 2)) return false;
  return [0, 1, 2, 3].every((i) => initiation[4 + i] === response[8 + i]);
}

function isWord(bytes: Uint8Array, at: number, value: number): boolean {
  return bytes[at] === value && bytes[at + 1] === 0 && bytes[at + 2] === 0 && bytes[at + 3] === 0;
}

/** IKEv2 header (RFC 7296 §3.1) in both directions with one initiator SPI; on port 4500 behind a zero marker (RFC 3948). */
function ike(c: Case): Proof | undefined {
  if (c.stats.proto !== 'udp' || !c.stats.ports.some((port) => port === 500 || port === 4500)) return undefined;
  const heads = [c.stats.ab.head, c.stats.ba.head].map((head) => (isWord(head, 0, 0) ? head.subarray(4) : head));
  const [one, other] = heads;
  if (one === undefined || other === undefined || !heads.every(isIkeHeader)) return undefined;
  const same = [0, 1, 2, 3, 4, 5, 6, 7].every((i) => one[i] === other[i]);
  return same ? { protocol: 'IKE', seen: 'headers of both sides with one initiator SPI' } : undefined;
}

function isIkeHeader(head: Uint8Array): boolean {
  const exchange = head[18] ?? 0;
  const version = head[17] ?? 0;
  const isTwo = version === 0x20 && exchange >= 34 && exchange <= 37;
  const isOne = version === 0x10 && (exchange === 2 || exchange === 4 || exchange === 5 || exchange === 32);
  return head.length >= 28 && (isTwo || isOne);
}

/** Bytes of readable packets that are part of a proven protocol: SSH's line and lists of algorithms, the hellos of Google's QUIC. */
export function toleratedText(proof: Proof): number {
  return proof.protocol === 'SSH' || proof.protocol === NAMES.get('gquic') ? 8192 : 0;
}
