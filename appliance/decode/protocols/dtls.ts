// DTLS records (RFC 6347 §4.1, RFC 9147 §4) of one datagram: names and versions out of hello messages. Those that are
// spread over datagrams are handed on in fragments; the listener joins them.
import { u16, u24 } from '../octets.ts';
import { type ClientHello, decodeClientHello, decodeServerHello, type ServerHello } from './tls-hello.ts';

export interface DtlsFacts {
  readonly recordVersion: number;
  readonly records: number;
  readonly clientHello: ClientHello | undefined;
  readonly serverHello: ServerHello | undefined;
  /** Of a hello that goes on in other datagrams: the last one in this. */
  readonly fragment: HelloFragment | undefined;
  readonly applicationData: boolean;
  readonly truncated: boolean;
}

/** RFC 6347 §4.2.3. */
export interface HelloFragment {
  /** 1 of a client, 2 of a server. */
  readonly type: 1 | 2;
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

/** `undefined` where no record starts at the first byte. */
export function decodeDtls(bytes: Uint8Array, start: number, end: number): DtlsFacts | undefined {
  if (!isDtlsRecord(bytes, start, end)) return undefined;
  let facts: DtlsFacts = {
    recordVersion: u16(bytes, start + 1),
    records: 0,
    clientHello: undefined,
    serverHello: undefined,
    fragment: undefined,
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

/** RFC 6347 §4.2.2: type, length, message number, fragment offset and length. */
function withRecord(facts: DtlsFacts, bytes: Uint8Array, at: number, end: number): DtlsFacts {
  const type = bytes[at]!;
  if (type === 23) return { ...facts, applicationData: true };
  const body = at + HEADER;
  const isPlainHandshake = type === 22 && u16(bytes, at + 3) === 0 && end - body >= 12;
  const kind = bytes[body];
  if (!isPlainHandshake || (kind !== 1 && kind !== 2)) return facts;
  const fragment: HelloFragment = {
    type: kind,
    message: u16(bytes, body + 4),
    length: u24(bytes, body + 1),
    offset: u24(bytes, body + 6),
    bytes: bytes.subarray(body + 12, Math.min(end, body + 12 + u24(bytes, body + 9))),
  };
  if (fragment.bytes.length !== u24(bytes, body + 9)) return facts;
  if (fragment.bytes.length < fragment.length) return { ...facts, fragment };
  return { ...facts, ...readHello(kind, fragment.bytes) };
}

/** The body of a whole hello, behind the header of twelve bytes. */
export function readHello(type: 1 | 2, body: Uint8Array): Partial<Pick<DtlsFacts, 'clientHello' | 'serverHello'>> {
  return type === 1
    ? { clientHello: decodeClientHello(body, 0, body.length, true) }
    : { serverHello: decodeServerHello(body, 0, body.length) };
}
