// QUIC Initial packets (RFC 9000 §17.2.2, RFC 9001 §5): their keys follow from the packet itself, so that the ClientHello
// inside, and with it the server's name, is readable for everyone on the way. Version 2: RFC 9369.

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { expectOnly, WRONG_KEY } from '../../../model/expected-error.ts';
import { hexAt, u24, u32 } from '../../octets.ts';
import { type ClientHello, decodeClientHello, decodeServerHello, type ServerHello } from '../tls-hello.ts';
import { type InitialSeal, initialSeal, VERSION_2 } from './quic-version.ts';

export type QuicPacketType = 'initial' | '0rtt' | 'handshake' | 'retry' | 'negotiation';

export interface QuicFacts {
  readonly version: number;
  readonly type: QuicPacketType;
  /** Destination connection id of the first packet, hexadecimal. */
  readonly connection: string;
  /** Of a client: the connection id whose keys opened its Initials (that of its first one), hexadecimal. */
  readonly keyed: string | undefined;
  /** What the datagram's Initials that could be opened carry of the handshake, in the order sent. */
  readonly crypto: readonly CryptoPiece[];
}

/** Part of the CRYPTO stream (RFC 9000 §19.6). */
export interface CryptoPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** RFC 9000 §17.2. */
const MAX_CID = 20;
/** Of a CRYPTO stream; hellos are below 4 KiB. */
const MAX_CRYPTO = 8192;

const TYPES_V1: readonly QuicPacketType[] = ['initial', '0rtt', 'handshake', 'retry'];
const TYPES_V2: readonly QuicPacketType[] = ['retry', 'initial', '0rtt', 'handshake'];

/** Connection ids of clients' first Initials, hexadecimal: all later Initials of a connection are sealed with their keys (RFC 9001 §5.2). */
export interface FirstIds {
  /** Of the sender of the datagram, if it is a client. */
  readonly own?: string | undefined;
  /** Of its peer. */
  readonly peer?: string | undefined;
}

/**
 * A long header at `start`; `undefined` where none that we know begins there. Short headers prove nothing by themselves.
 * A client's first Initial opens by itself, each later one and a server's with what is known of the first.
 */
export function decodeQuic(bytes: Uint8Array, start: number, end: number, first: FirstIds = {}): QuicFacts | undefined {
  const flags = bytes[start] ?? 0;
  if (end - start < 7 || flags < 0x80) return undefined;
  const version = u32(bytes, start + 1);
  const known = version === 0 || initialSeal(version) !== undefined;
  const cidLength = bytes[start + 5]!;
  const scidAt = start + 6 + cidLength;
  if (!known || cidLength > MAX_CID || scidAt >= end || bytes[scidAt]! > MAX_CID) return undefined;
  // The fixed bit may be greased (RFC 9287), but the number 1 alone is too weak a sign.
  if (version === 1 && (flags & 0x40) === 0) return undefined;
  const connection = hexAt(bytes, start + 6, scidAt);
  const type = packetType(flags, version);
  const opened = type === 'initial' ? readInitials(bytes, start, end, first) : NOTHING;
  return { version, type, connection, keyed: opened.keyed, crypto: opened.crypto };
}

function packetType(first: number, version: number): QuicPacketType {
  if (version === 0) return 'negotiation';
  const number = (first >> 4) & 3;
  return (version === VERSION_2 ? TYPES_V2 : TYPES_V1)[number] ?? 'initial';
}

interface InitialHeader {
  readonly version: InitialSeal;
  /** Position of the (protected) packet number. */
  readonly numberAt: number;
  readonly end: number;
  readonly cid: Uint8Array;
}

/** RFC 9000 §16: two bits of length, then the number. */
function varint(bytes: Uint8Array, at: number, end: number): { value: number; next: number } | undefined {
  const first = bytes[at];
  if (first === undefined || at >= end) return undefined;
  const size = 1 << (first >> 6);
  if (at + size > end) return undefined;
  let value = first & 0x3f;
  for (let i = 1; i < size; i++) value = value * 256 + bytes[at + i]!;
  return { value, next: at + size };
}

function initialHeader(bytes: Uint8Array, start: number, end: number): InitialHeader | undefined {
  const number = u32(bytes, start + 1);
  const version = initialSeal(number);
  if (version === undefined || end - start < 7 || packetType(bytes[start]!, number) !== 'initial') return undefined;
  if (bytes[start]! < 0x80) return undefined;
  const cidLength = bytes[start + 5]!;
  const scidAt = start + 6 + cidLength;
  const token = varint(bytes, scidAt + 1 + (bytes[scidAt] ?? 0), end);
  const length = token && varint(bytes, token.next + token.value, end);
  if (length === undefined || cidLength > MAX_CID || length.next + length.value > end || length.value < 20)
    return undefined;
  return { version, numberAt: length.next, end: length.next + length.value, cid: bytes.subarray(start + 6, scidAt) };
}

/** RFC 5869 §2.3 and RFC 8446 §7.1, for at most 32 bytes. */
function expandLabel(secret: Uint8Array, label: string, length: number): Buffer {
  const full = `tls13 ${label}`;
  const info = Buffer.concat([Buffer.from([0, length, full.length]), Buffer.from(full), Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

interface Keys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly protection: Buffer;
}

/** RFC 9001 §5.2: both sides', from the connection id that the client chose for the server. */
function initialKeys(version: InitialSeal, cid: Uint8Array, side: 'client' | 'server'): Keys {
  const common = createHmac('sha256', Buffer.from(version.salt, 'hex')).update(cid).digest();
  const secret = expandLabel(common, `${side} in`, 32);
  return {
    key: expandLabel(secret, `${version.label} key`, 16),
    iv: expandLabel(secret, `${version.label} iv`, 12),
    protection: expandLabel(secret, `${version.label} hp`, 16),
  };
}

/** RFC 9001 §5.4: takes off header protection, then opens the AEAD; `undefined` where it is not a client's Initial. */
function openInitial(bytes: Uint8Array, start: number, header: InitialHeader, keys: Keys): Uint8Array | undefined {
  const { numberAt } = header;
  if (numberAt + 20 > header.end) return undefined;
  const mask = createCipheriv('aes-128-ecb', keys.protection, null).update(bytes.subarray(numberAt + 4, numberAt + 20));
  const head = Buffer.from(bytes.subarray(start, numberAt + 4));
  head[0] = head[0]! ^ (mask[0]! & 0x0f);
  const numberLength = (head[0]! & 3) + 1;
  const headLength = numberAt - start + numberLength;
  const nonce = Buffer.from(keys.iv);
  for (let i = 0; i < numberLength; i++) {
    const at = numberAt - start + i;
    head[at] = head[at]! ^ mask[1 + i]!;
    nonce[12 - numberLength + i] = nonce[12 - numberLength + i]! ^ head[at]!;
  }
  return openAead(bytes.subarray(start + headLength, header.end), head.subarray(0, headLength), keys.key, nonce);
}

function openAead(sealed: Uint8Array, head: Uint8Array, key: Uint8Array, nonce: Uint8Array): Uint8Array | undefined {
  if (sealed.length < 17) return undefined;
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAAD(head);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final()]);
  } catch (thrown) {
    expectOnly(thrown, 'opening an Initial', WRONG_KEY);
    // The tag does not fit: a server's Initial or a later connection id, whose keys we cannot know from here.
    return undefined;
  }
}

type Opened = Pick<QuicFacts, 'keyed' | 'crypto'>;
const NOTHING: Opened = { keyed: undefined, crypto: [] };

/** Coalesced Initials of one datagram (RFC 9000 §12.2). */
function readInitials(bytes: Uint8Array, start: number, end: number, first: FirstIds): Opened {
  const crypto: CryptoPiece[] = [];
  let keyed: string | undefined;
  let at = start;
  for (let packets = 0; packets < 4; packets++) {
    const header = initialHeader(bytes, at, end);
    if (header === undefined) break;
    for (const { cid, side } of sealers(header, first)) {
      const plain = openInitial(bytes, at, header, initialKeys(header.version, Buffer.from(cid, 'hex'), side));
      if (plain === undefined) continue;
      if (side === 'client') keyed = cid;
      collectCrypto(plain, crypto);
      break;
    }
    at = header.end;
  }
  return { keyed, crypto };
}

interface Sealer {
  readonly cid: string;
  readonly side: 'client' | 'server';
}

/** Whose keys may have sealed an Initial, the likeliest first. After a Retry the client starts again with the id that it was given (RFC 9001 §5.2). */
function sealers({ cid }: InitialHeader, { own, peer }: FirstIds): Sealer[] {
  const itself = hexAt(cid, 0, cid.length);
  const list: Sealer[] = [];
  if (own !== undefined) list.push({ cid: own, side: 'client' });
  if (peer !== undefined) list.push({ cid: peer, side: 'server' });
  if (itself !== own) list.push({ cid: itself, side: 'client' });
  return list;
}

const FRAME = { padding: 0, ping: 1, ack: 2, ackEcn: 3, crypto: 6 } as const;
/** CRYPTO frames of one datagram that are kept; those beyond are passed over. */
const MAX_PIECES = 64;

/** RFC 9000 §12.4: an Initial holds PADDING, PING, ACK, CRYPTO and CONNECTION_CLOSE only. */
function collectCrypto(plain: Uint8Array, pieces: CryptoPiece[]): void {
  for (let at = 0; at < plain.length; ) {
    const type = plain[at]!;
    if (type === FRAME.padding || type === FRAME.ping) at += 1;
    else if (type === FRAME.ack || type === FRAME.ackEcn) at = ackEnd(plain, at);
    else if (type === FRAME.crypto) at = takeCrypto(plain, at, pieces);
    else return;
  }
}

function takeCrypto(plain: Uint8Array, start: number, pieces: CryptoPiece[]): number {
  const offset = varint(plain, start + 1, plain.length);
  const length = offset && varint(plain, offset.next, plain.length);
  if (offset === undefined || length === undefined) return plain.length;
  const end = length.next + length.value;
  if (offset.value + length.value <= MAX_CRYPTO && end <= plain.length && pieces.length < MAX_PIECES) {
    pieces.push({ offset: offset.value, bytes: plain.subarray(length.next, end) });
  }
  return end;
}

/** RFC 9000 §19.3: largest, delay, count, first range, then pairs; three more counts with ECN. */
function ackEnd(plain: Uint8Array, start: number): number {
  let at = start + 1;
  let ranges = 0;
  const total = (): number => 4 + ranges * 2 + (plain[start] === FRAME.ackEcn ? 3 : 0);
  for (let i = 0; i < total(); i++) {
    const number = varint(plain, at, plain.length);
    if (number === undefined || ranges > 512) return plain.length;
    if (i === 2) ranges = number.value;
    at = number.next;
  }
  return at;
}

/** The hello of a CRYPTO stream; `undefined` until it is whole. */
export function cryptoHello(stream: Uint8Array): { client?: ClientHello; server?: ServerHello } | undefined {
  const end = 4 + u24(stream, 1);
  if (stream.length < 4 || end > stream.length) return undefined;
  if (stream[0] === 1) {
    const client = decodeClientHello(stream, 4, end);
    return client === undefined ? undefined : { client };
  }
  const server = stream[0] === 2 ? decodeServerHello(stream, 4, end) : undefined;
  return server === undefined ? undefined : { server };
}
