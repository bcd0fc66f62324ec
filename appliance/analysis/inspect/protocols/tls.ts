// TLS over TCP: names, versions, ciphers and fingerprints out of the handshake. The rest is ciphertext and passes by.

import { u16, u24 } from '../../../decode/octets.ts';
import type { CertificateNames } from '../../../decode/protocols/certificate.ts';
import { decodeTls, endsMessage, isTlsRecord, type TlsFacts } from '../../../decode/protocols/tls.ts';
import { ja3, ja4 } from '../../../decode/protocols/tls-fingerprint.ts';
import { type ClientHello, type ServerHello, tlsVersionName } from '../../../decode/protocols/tls-hello.ts';
import type { TlsKind } from '../../../model/analysis-document.ts';
import { printable } from '../../../model/text.ts';
import { peerName, signText } from '../../platforms/sign.ts';
import { tellEncryptedDns } from '../encrypted-dns.ts';
import type { DatagramView, Facts, PayloadView, StreamListener, StreamMemo, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { report } from '../report.ts';

/** Facts of one kind per conversation, further ones are counted as dropped: more is not a handshake but an attempt to fill tables. */
const MAX_OF_KIND = 2;
/** Characters of one fact of a conversation; a longer one is cut. */
const MAX_LETTERS = 120;

/** What one handshake agreed on or showed, for the document's row of its conversation (document/conversation-tls.ts). */
function tellOfConversation(kind: TlsKind, value: string, facts: Facts): void {
  facts.mark(`with:${kind} ${value.slice(0, MAX_LETTERS)}`, MAX_OF_KIND);
}

/** Reports a ClientHello of TLS, DTLS or QUIC. */
export function tellClientHello(
  hello: ClientHello,
  transport: 'tcp' | 'quic' | 'dtls',
  view: PayloadView,
  facts: Facts,
): void {
  if (hello.serverName !== undefined) {
    facts.count('tls.sni', hello.serverName);
    facts.name(hello.serverName, 'sni');
  }
  for (const protocol of hello.alpn) facts.count('tls.alpn', protocol);
  if (hello.encryptedHello) facts.count('tls.ech', hello.serverName ?? '');
  tellEncryptedDns(hello, transport, view, facts);
  const fingerprints = { ja3: ja3(hello), ja4: ja4(hello, transport) };
  if (fingerprints.ja3 !== undefined) facts.count('tls.ja3', fingerprints.ja3);
  signHello(hello, fingerprints.ja4, transport, view, facts);
  if (fingerprints.ja4 === undefined) return;
  facts.count('tls.ja4', fingerprints.ja4);
  tellOfConversation('ja4', fingerprints.ja4, facts);
  facts.trait(view.sourceMac(), 'ja4', fingerprints.ja4);
}

/** For the platform rules; the server's certificate is reported under the same name. */
function signHello(
  { serverName, alpn }: ClientHello,
  fingerprint: string | undefined,
  transport: 'tcp' | 'quic' | 'dtls',
  view: PayloadView,
  facts: Facts,
): void {
  if (!view.isSourceHome()) return;
  const peer = peerName(serverName ?? '', view.destinationIp(), view.destinationPort);
  view.memo['peer'] = peer;
  const port = `port ${transport === 'tcp' ? 'tcp' : 'udp'}/${view.destinationPort}`;
  const offered = alpn.map((protocol) => `alpn ${printable(protocol, 32)}`);
  const prints = fingerprint === undefined ? [] : [`ja4 ${fingerprint}`];
  facts.sign(view.sourceMac(), 'sign', signText(peer, 'hello', [port, ...prints, ...offered]));
}

/** Names of the server's certificate and its owner. */
function signCertificate(names: readonly string[], owner: string | undefined, view: PayloadView, facts: Facts): void {
  if (!view.isDestinationHome()) return;
  const reported = view.peer['peer'];
  const peer = typeof reported === 'string' ? reported : peerName('', view.sourceIp(), view.sourcePort);
  const parts = [...names, ...(owner === undefined ? [] : [owner])].map((name) => printable(name, 64));
  facts.sign(view.destinationMac(), 'sign', signText(peer, 'certificate', parts));
}

/** RFC 8996: below TLS 1.2, below DTLS 1.2. */
function isObsolete(version: number): boolean {
  return version < 0x0303 || version === 0xfeff;
}

/** IANA TLS Cipher Suites: NULL, anonymous, export, RC4, DES and 3DES suites by number (RFC 2246, 4346, 4492, 6347). */
const WEAK_RANGES: readonly (readonly [number, number])[] = [
  [0x0000, 0x001b],
  [0x001e, 0x002e],
  [0x0034, 0x0034],
  [0x003a, 0x003b],
  [0x0046, 0x0046],
  [0x008a, 0x008b],
  [0x0092, 0x0093],
  [0xc001, 0xc003],
  [0xc006, 0xc008],
  [0xc00b, 0xc00d],
  [0xc010, 0xc012],
  [0xc015, 0xc019],
];

/** Whether a cipher suite has no encryption, no authentication or a broken cipher. */
export function isWeakCipher(cipher: number): boolean {
  return WEAK_RANGES.some(([first, last]) => cipher >= first && cipher <= last);
}

/** Reports a ServerHello: about the client where the server is on the Internet, else about the server. */
export function tellServerHello(hello: ServerHello, view: PayloadView, facts: Facts): void {
  const version = tlsVersionName(hello.version);
  const cipher = `0x${hello.cipher.toString(16).padStart(4, '0')}`;
  facts.count('tls.versions', version);
  facts.count('tls.ciphers', cipher);
  tellOfConversation('version', version, facts);
  tellOfConversation('cipher', cipher, facts);
  const device = deviceOf(view);
  const peer = `${view.sourceIp()}:${view.sourcePort}`;
  if (isObsolete(hello.version)) {
    report(facts, 'TLS-01', { device, subject: `${peer} ${version}`, excerpt: `${peer} agreed on ${version}` });
  }
  if (isWeakCipher(hello.cipher)) {
    report(facts, 'TLS-02', {
      device,
      subject: `${peer} ${cipher}`,
      excerpt: `${peer} agreed on cipher suite ${cipher}`,
    });
  }
}

/** Whose certificate it is, up to TLS 1.2: the hellos say it, without them who opened the connection. */
function isClientSide(view: StreamView | DatagramView): boolean {
  if (view.memo['hello'] === 'client' || view.peer['hello'] === 'server') return true;
  if (view.memo['hello'] === 'server' || view.peer['hello'] === 'client') return false;
  return view.fromInitiator;
}

/**
 * A device's own certificate (RFC 5246 §7.4.6) says who the device is, not whom it talks to. Signing it itself is usual where
 * the service knows it by its key, and is no finding.
 */
function tellClientCertificate(certificate: CertificateNames, view: PayloadView, facts: Facts): void {
  const device = view.sourceMac();
  if (certificate.subject !== undefined) facts.trait(device, 'client_certificate', certificate.subject);
  if (certificate.organisation !== undefined) facts.trait(device, 'own_certificate', certificate.organisation);
  if (!isOutsideValidity(certificate, view.ts())) return;
  const excerpt = `its own certificate: valid ${certificate.notBefore} to ${certificate.notAfter}`;
  report(facts, 'TLS-04', { device, subject: 'own certificate', excerpt });
}

/** Names of a certificate that a server shows, up to TLS 1.2. */
function tellServerCertificate(certificate: CertificateNames, view: PayloadView, facts: Facts): void {
  const names = certificate.altNames.length > 0 ? certificate.altNames : [certificate.subject ?? ''];
  const some = names.filter((name) => name !== '').slice(0, 8);
  for (const name of some) facts.name(name, 'certificate');
  signCertificate(some, certificate.organisation, view, facts);
  const peer = `${view.sourceIp()}:${view.sourcePort}`;
  const device = deviceOf(view);
  tellOfConversation('certificate', `${names[0] ?? ''} by ${certificate.issuer ?? 'unknown'}`, facts);
  tellOwner(certificate, view, facts);
  if (certificate.subject !== undefined && certificate.subject === certificate.issuer) {
    report(facts, 'TLS-03', { device, subject: peer, excerpt: `${peer} showed a certificate signed by itself` });
  }
  if (isOutsideValidity(certificate, view.ts())) {
    report(facts, 'TLS-04', {
      device,
      subject: peer,
      excerpt: `${peer}: valid ${certificate.notBefore} to ${certificate.notAfter}`,
    });
  }
}

/** Whose service a device uses, or who made the device that shows it. */
function tellOwner({ organisation }: CertificateNames, view: PayloadView, facts: Facts): void {
  if (organisation === undefined) return;
  if (view.isSourceHome()) facts.trait(view.sourceMac(), 'own_certificate', organisation);
  else if (view.isDestinationHome()) facts.trait(view.destinationMac(), 'peer_certificate', organisation);
}

/** 2000-01-01 and 2100-01-01: outside of them the capture's clock is not to be believed. */
const FIRST_TIME = 946_684_800;
const LAST_TIME = 4_102_444_800;

/** Compares `[yy]yymmddhhmmss` texts. */
function isOutsideValidity(certificate: CertificateNames, ts: string): boolean {
  const seconds = Number.parseInt(ts, 10);
  if (!(seconds > FIRST_TIME && seconds < LAST_TIME)) return false;
  const now = new Date(seconds * 1000)
    .toISOString()
    .replaceAll(/[-:TZ.]/g, '')
    .slice(0, 14);
  const from = certificate.notBefore && fullYear(certificate.notBefore);
  const until = certificate.notAfter && fullYear(certificate.notAfter);
  return (from !== undefined && now < from) || (until !== undefined && now > until);
}

/** RFC 5280 §4.1.2.5.1: UTCTime years from 50 on belong to the last century. */
function fullYear(time: string): string | undefined {
  if (time.length === 15) return time.slice(0, 14);
  if (time.length !== 13) return undefined;
  return `${Number(time.slice(0, 2)) >= 50 ? '19' : '20'}${time.slice(0, 12)}`;
}

/** What the handshake of one side says, over TCP or in datagrams. */
export function tellHandshake(
  { clientHello, serverHello, certificate }: Partial<Pick<TlsFacts, 'clientHello' | 'serverHello' | 'certificate'>>,
  transport: 'tcp' | 'dtls',
  view: StreamView | DatagramView,
  facts: Facts,
): void {
  if (clientHello !== undefined) {
    view.memo['hello'] = 'client';
    tellClientHello(clientHello, transport, view, facts);
  }
  if (serverHello !== undefined) {
    view.memo['hello'] = 'server';
    tellServerHello(serverHello, view, facts);
  }
  if (certificate === undefined) return;
  if (isClientSide(view)) tellClientCertificate(certificate, view, facts);
  else tellServerCertificate(certificate, view, facts);
}

const HANDSHAKE = 22;
const CHANGE_CIPHER = 20;

/** Whether a record with a whole ClientHello or ServerHello, or with its first part, is at `at`. */
export function beginsTls(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 9 || bytes[at] !== HANDSHAKE || !isTlsRecord(bytes, at, end)) return false;
  const type = bytes[at + 5];
  const length = u24(bytes, at + 6);
  return (
    (type === 1 || type === 2) && length >= 38 && length < 16_384 && u16(bytes, at + 3) <= Math.max(length + 4, 16_384)
  );
}
/** Real flights have fewer than ten; the cap bounds the work on crumbs of records. */
const MAX_FLIGHT_RECORDS = 32;

/**
 * Ends of the records from `start` on: up to and including the flight of handshake records, which must be read together
 * because a message may span them. `whole` is false while the flight goes on behind the bytes at hand.
 */
function flightEnd(view: StreamView, start: number): { end: number; whole: boolean } {
  let at = start;
  for (let records = 0; records < MAX_FLIGHT_RECORDS; records++) {
    if (!isTlsRecord(view.bytes, at, view.end) || view.bytes[at] !== HANDSHAKE) break;
    const next = at + 5 + u16(view.bytes, at + 3);
    if (next > view.end) return { end: view.end, whole: false };
    at = next;
    if (endsMessage(view.bytes, start, at)) return { end: at, whole: true };
  }
  return { end: at, whole: true };
}

/** Handshake bytes at `at`: reports what is complete, returns how far it got; 0 asks for more bytes. */
function readFlight(view: StreamView, at: number, facts: Facts): number {
  const flight = flightEnd(view, at);
  if (!flight.whole && !view.full) return 0;
  const record = decodeTls(view.bytes, at, flight.end);
  if (record !== undefined) tellHandshake(record, 'tcp', view, facts);
  return flight.end > at ? flight.end - at : view.end - at;
}

/** Reads TLS from `view.start + view.used` on; http.ts and login.ts call it for upgraded connections too. */
export function readTlsStream(view: StreamView, facts: Facts): void {
  for (let at = view.start + view.used; at < view.end; at = view.start + view.used) {
    if (view.end - at < 5 && !view.full) return;
    if (!isTlsRecord(view.bytes, at, view.end)) {
      view.used = view.end - view.start;
      return;
    }
    const type = view.bytes[at]!;
    if (type === CHANGE_CIPHER) view.memo['encrypted'] = true;
    const isReadable = type === HANDSHAKE && view.memo['encrypted'] !== true;
    const taken = isReadable ? readFlight(view, at, facts) : 5 + u16(view.bytes, at + 3);
    if (taken === 0) return;
    view.used += taken;
  }
}

const ALERT = 21;
const RECORD_HEADER = 5;
/** RFC 8446 §6: level and description in the clear. A sealed alert has a tag as well. */
const PLAIN_ALERT = 2;

/** A record that says only that a connection ends or changes: nothing in it is sealed. */
function isSignal(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === CHANGE_CIPHER || (bytes[at] === ALERT && u16(bytes, at + 3) === PLAIN_ALERT);
}

/** Whether further records of the direction change nothing of what its records prove; up to a hole. */
export function isDecided(memo: StreamMemo): boolean {
  return memo['records'] === 'sealed' || memo['records'] === 'lost';
}

/**
 * One header may be an accident: TLS is believed for a hello, for a record where the one before says, and for first records that
 * fill a segment. What that proves is sealed unless it is signals alone.
 */
function tellRecords(view: StreamView, facts: Facts): void {
  const { bytes, end, memo } = view;
  // Behind a hole it begins again, also where it had lost its way before.
  if (view.resumed && memo['records'] !== 'begun') delete memo['records'];
  if (isDecided(memo)) return;
  let isDue = memo['records'] === 'due';
  for (let at = view.start + view.used; at < end && end - at >= RECORD_HEADER; isDue = true) {
    if (!isTlsRecord(bytes, at, end)) {
      memo['records'] = 'lost';
      return;
    }
    const next = at + RECORD_HEADER + u16(bytes, at + 3);
    const fills = next === end && memo['records'] === undefined;
    const isBelieved = isDue || fills || beginsTls(bytes, at, end);
    if (isBelieved) facts.service('tls', 'grammar');
    if (isBelieved && !isSignal(bytes, at)) {
      facts.mark('encrypted:tls');
      memo['records'] = 'sealed';
      return;
    }
    at = next;
  }
}

export const tls: StreamListener = {
  service: 'tls',
  ports: [443, 8443, 8883, 853, 993, 995, 465, 5671, 8886],
  anyPort: true,
  recognise(view) {
    if (view.end - view.start >= 5) return isTlsRecord(view.bytes, view.start, view.end) ? 'yes' : 'no';
    const first = view.bytes[view.start] ?? 0;
    return first >= CHANGE_CIPHER && first <= 24 && !view.full ? 'more' : 'no';
  },
  read(view, facts) {
    tellRecords(view, facts);
    if (view.memo['clear-start'] !== undefined || view.peer['clear-start'] !== undefined) facts.mark('upgraded:tls');
    readTlsStream(view, facts);
    // What is shown a second time, with more behind it, is still the same record.
    if (view.used === 0) view.memo['records'] ??= 'begun';
    else if (!isDecided(view.memo)) view.memo['records'] = 'due';
  },
};
