// DTLS records (RFC 6347 §4.1, RFC 9147 §4) of one datagram: names and versions out of hello messages. Those that are
// spread over datagrams are handed on in fragments; the listener joins them.
import { u16, u24 } from '../octets.ts';
import type { CertificateNames } from './certificate.ts';
import { firstCertificate } from './tls.ts';
import { type ClientHello, decodeClientHello, decodeServerHello, type ServerHello } from './tls-hello.ts';

export interface DtlsFacts {
  readonly recordVersion: number;
  readonly records: number;
  /** Handshake messages and parts of them that are not yet encrypted and that contain names or versions, in the order sent. */
  readonly fragments: readonly HandshakeFragment[];
  readonly applicationData: boolean;
  readonly truncated: boolean;
}

/** ClientHello, ServerHello, Certificate. */
export type HandshakeType = 1 | 2 | 11;

/** The facts of a complete message. */
export interface HandshakeFacts {
  readonly clientHello?: ClientHello | undefined;
  readonly serverHello?: ServerHello | undefined;
  readonly certificate?: CertificateNames | undefined;
}

/** RFC 6347 §4.2.3; of a message in one piece the only one. */
export interface HandshakeFragment {
  readonly type: HandshakeType;
  readonly message: number;
  /** Of the whole message. */
  readonly length: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const HEADER = 13;
const VERSIONS: ReadonlySet<string> = new Set(['feff', 'fefd', '100']);

/** Type 20 to 26, a DTLS version, an epoch of this life and a length that fits a datagram. */
export function isDtlsRecord(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + HEADER > end || bytes[at]! < 20 || bytes[at]! > 26) return false;
  return VERSIONS.has(u16(bytes, at + 1).toString(16)) && u16(bytes, at + 3) < 1024 && u16(bytes, at + 11) > 0;
}

const UNIFIED = 0x20;
const [HAS_CONNECTION, LONG_NUMBER, HAS_LENGTH] = [0x10, 8, 4];
/** A record is at least a type, and a tag of eight bytes. */
const LEAST_SEALED = 9;

/**
 * Whether records of DTLS 1.3 in their short form (RFC 9147 §4) fill the datagram: by their lengths, or by the first byte where
 * they have none, or a connection id whose length is not known.
 */
export function isUnified(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const first = bytes[at]!;
    if (first >> 5 !== UNIFIED >> 5) return false;
    const header = 1 + ((first & LONG_NUMBER) === 0 ? 1 : 2);
    if ((first & HAS_CONNECTION) !== 0 || (first & HAS_LENGTH) === 0) return end - at >= header + LEAST_SEALED;
    if (end - at < header + 2) return false;
    const length = u16(bytes, at + header);
    if (length < LEAST_SEALED) return false;
    at += header + 2 + length;
    if (at > end) return false;
  }
  return start < end;
}

/** `undefined` where no record starts at the first byte. */
export function decodeDtls(bytes: Uint8Array, start: number, end: number): DtlsFacts | undefined {
  if (!isDtlsRecord(bytes, start, end)) return undefined;
  let facts: DtlsFacts = {
    recordVersion: u16(bytes, start + 1),
    records: 0,
    fragments: [],
    applicationData: false,
    truncated: false,
  };
  let at = start;
  while (isDtlsRecord(bytes, at, end)) {
    const bodyEnd = at + HEADER + u16(bytes, at + 11);
    if (bodyEnd <= end) facts = withRecord(facts, bytes, at, bodyEnd);
    facts = { ...facts, records: facts.records + 1 };
    at = bodyEnd;
  }
  return { ...facts, truncated: at !== end };
}

/** RFC 6347 §4.2.2: type, length, message number, fragment offset and length; a record may hold several. */
function withRecord(facts: DtlsFacts, bytes: Uint8Array, at: number, end: number): DtlsFacts {
  const type = bytes[at]!;
  if (type === 23) return { ...facts, applicationData: true };
  // Epoch 0 is not encrypted; later ones are.
  if (type !== 22 || u16(bytes, at + 3) !== 0) return facts;
  return { ...facts, fragments: [...facts.fragments, ...readFragments(bytes, at + HEADER, end)] };
}

const FRAGMENT_HEADER = 12;
/** Fragments of hellos and certificates in one record; those beyond are not read. */
const MAX_FRAGMENTS = 16;

function readFragments(bytes: Uint8Array, start: number, end: number): HandshakeFragment[] {
  const fragments: HandshakeFragment[] = [];
  for (let at = start; at + FRAGMENT_HEADER <= end && fragments.length < MAX_FRAGMENTS; ) {
    const kind = bytes[at]!;
    const stop = at + FRAGMENT_HEADER + u24(bytes, at + 9);
    if (stop > end) break;
    if (isReported(kind)) {
      fragments.push({
        type: kind,
        message: u16(bytes, at + 4),
        length: u24(bytes, at + 1),
        offset: u24(bytes, at + 6),
        bytes: bytes.subarray(at + FRAGMENT_HEADER, stop),
      });
    }
    at = stop;
  }
  return fragments;
}

function isReported(kind: number): kind is HandshakeType {
  return kind === 1 || kind === 2 || kind === 11;
}

/** The body of a whole message, behind the header of twelve bytes. */
export function readHandshake(type: HandshakeType, body: Uint8Array): HandshakeFacts {
  if (type === 1) return { clientHello: decodeClientHello(body, 0, body.length, true) };
  if (type === 2) return { serverHello: decodeServerHello(body, 0, body.length) };
  return { certificate: firstCertificate(body, 0, body.length) };
}
