// TLS records (RFC 8446 §5.1, RFC 5246 §6.2) at the start of a TCP segment or of a reassembled stream head.

import { u16, u24 } from '../octets.ts';
import { type CertificateNames, decodeCertificate } from './certificate.ts';
import { type ClientHello, decodeClientHello, decodeServerHello, type ServerHello } from './tls-hello.ts';

export interface TlsFacts {
  /** Version in the first record header; TLS 1.3 writes 0x0301 or 0x0303 there. */
  readonly recordVersion: number;
  /** Records whose header was seen. */
  readonly records: number;
  readonly clientHello: ClientHello | undefined;
  readonly serverHello: ServerHello | undefined;
  /** The first of the chain, the server's (or a client's) own; visible up to TLS 1.2. */
  readonly certificate: CertificateNames | undefined;
  readonly alert: { readonly level: number; readonly description: number } | undefined;
  /** At least one application-data record: what the connection is for. */
  readonly applicationData: boolean;
  /** The bytes end within a record or a handshake message. */
  readonly truncated: boolean;
}

const TYPE = { changeCipher: 20, alert: 21, handshake: 22, application: 23, heartbeat: 24 } as const;
/** A larger type is not a handshake message: what begins so is ciphertext. */
const LAST_TYPE = 25;
const HANDSHAKE = { clientHello: 1, serverHello: 2, certificate: 11 } as const;

/** RFC 5246 §6.2.3: 2^14 plus 2,048 bytes of expansion. */
const MAX_RECORD = 16384 + 2048;
/** Records of one segment or stream head; with more the rest is not read, and it is marked as truncated. */
const MAX_RECORDS = 4096;
/** Longest handshake flight that is put together; certificate chains are a few KiB. */
const MAX_FLIGHT = 65536;

/** Whether there is a TLS record header at `at`: the grammar that proves encryption (performance.md §7, rule 1). */
export function isTlsRecord(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 5 > end) return false;
  const type = bytes[at]!;
  const length = u16(bytes, at + 3);
  if (type < TYPE.changeCipher || type > TYPE.heartbeat || bytes[at + 1] !== 3 || bytes[at + 2]! > 4) return false;
  if (type === TYPE.changeCipher) return length === 1;
  if (type === TYPE.alert) return length >= 2 && length <= 256;
  return length > 0 && length <= MAX_RECORD;
}

/** Records from the first byte on; `undefined` where none starts there. */
export function decodeTls(bytes: Uint8Array, start: number, end: number): TlsFacts | undefined {
  if (!isTlsRecord(bytes, start, end)) return undefined;
  const walk = walkRecords(bytes, start, end);
  const flight = joinFlight(bytes, walk.handshake);
  const messages = readMessages(flight);
  return {
    recordVersion: u16(bytes, start + 1),
    records: walk.records,
    clientHello: messages.clientHello,
    serverHello: messages.serverHello,
    certificate: messages.certificate,
    alert: walk.alert,
    applicationData: walk.applicationData,
    truncated: walk.truncated || messages.truncated,
  };
}

interface Range {
  readonly at: number;
  readonly end: number;
}

interface Walk {
  records: number;
  handshake: Range[];
  alert: TlsFacts['alert'];
  applicationData: boolean;
  truncated: boolean;
}

function walkRecords(bytes: Uint8Array, start: number, end: number): Walk {
  const walk: Walk = { records: 0, handshake: [], alert: undefined, applicationData: false, truncated: false };
  let open = true;
  let at = start;
  while (walk.records < MAX_RECORDS && isTlsRecord(bytes, at, end)) {
    const bodyEnd = at + 5 + u16(bytes, at + 3);
    const type = bytes[at]!;
    walk.records += 1;
    if (type === TYPE.changeCipher) open = false;
    else if (open) noteRecord(walk, bytes, type, at + 5, Math.min(bodyEnd, end));
    walk.applicationData ||= type === TYPE.application;
    at = bodyEnd;
  }
  walk.truncated = at !== end;
  return walk;
}

/** After ChangeCipherSpec the same record types hold ciphertext; the walk does not come here then. */
function noteRecord(walk: Walk, bytes: Uint8Array, type: number, at: number, end: number): void {
  if (type === TYPE.handshake) walk.handshake.push({ at, end });
  if (type === TYPE.alert && end - at === 2) walk.alert = { level: bytes[at]!, description: bytes[at + 1]! };
}

/** A handshake message may span records (RFC 8446 §5.1): one range stays in place, several are copied together. */
function joinFlight(bytes: Uint8Array, ranges: readonly Range[]): { bytes: Uint8Array; at: number; end: number } {
  const [only] = ranges;
  if (only === undefined) return { bytes, at: 0, end: 0 };
  if (ranges.length === 1) return { bytes, at: only.at, end: only.end };
  const joined = new Uint8Array(
    Math.min(
      MAX_FLIGHT,
      ranges.reduce((sum, range) => sum + range.end - range.at, 0),
    ),
  );
  let size = 0;
  for (const range of ranges) {
    const part = bytes.subarray(range.at, Math.min(range.end, range.at + joined.length - size));
    joined.set(part, size);
    size += part.length;
  }
  return { bytes: joined, at: 0, end: size };
}

/** Whether the messages of the handshake records that fill [start, end) end where the last record does. Decodes nothing. */
export function endsMessage(bytes: Uint8Array, start: number, end: number): boolean {
  let total = 0;
  for (let record = start; record < end; record += 5 + u16(bytes, record + 3)) total += u16(bytes, record + 3);
  total = Math.min(total, MAX_FLIGHT);
  let at = 0; // in the joined bodies, where a message's header is due
  let joined = 0; // bytes of bodies before the current record
  let length = 0; // of the current message, as far as its header was read
  let read = 0; // bytes of that header
  for (let record = start; record < end; record += 5 + u16(bytes, record + 3)) {
    const bodyEnd = Math.min(total, joined + u16(bytes, record + 3));
    while (at + read < bodyEnd) {
      const byte = bytes[record + 5 + at + read - joined]!;
      if (read === 0 && byte > LAST_TYPE) return at + 4 <= total;
      length = read === 0 ? 0 : length * 256 + byte;
      if (++read < 4) continue;
      at += 4 + length;
      read = 0;
    }
    joined = bodyEnd;
  }
  return read === 0 && at === joined;
}

type Messages = Pick<TlsFacts, 'clientHello' | 'serverHello' | 'certificate' | 'truncated'>;

/** Handshake headers: type, 24-bit length. A type that the flight cannot hold means ciphertext: the reading stops. */
function readMessages(flight: { bytes: Uint8Array; at: number; end: number }): Messages {
  const { bytes, end } = flight;
  let found: Messages = { clientHello: undefined, serverHello: undefined, certificate: undefined, truncated: false };
  let at = flight.at;
  while (at + 4 <= end) {
    const type = bytes[at]!;
    const bodyEnd = at + 4 + u24(bytes, at + 1);
    const stop = Math.min(bodyEnd, end);
    if (type > LAST_TYPE) return found;
    if (type === HANDSHAKE.clientHello) found = { ...found, clientHello: decodeClientHello(bytes, at + 4, stop) };
    if (type === HANDSHAKE.serverHello) found = { ...found, serverHello: decodeServerHello(bytes, at + 4, stop) };
    if (type === HANDSHAKE.certificate) found = { ...found, certificate: firstCertificate(bytes, at + 4, stop) };
    if (bodyEnd > end) return { ...found, truncated: true };
    at = bodyEnd;
  }
  return { ...found, truncated: at < end };
}

/** RFC 5246 §7.4.2: a 24-bit list length, then 24-bit lengths with DER certificates. */
export function firstCertificate(bytes: Uint8Array, at: number, end: number): CertificateNames | undefined {
  const certificateEnd = at + 6 + u24(bytes, at + 3);
  return certificateEnd <= end ? decodeCertificate(bytes, at + 6, certificateEnd) : undefined;
}
