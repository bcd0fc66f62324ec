// X.509 certificates (RFC 5280) as TLS up to 1.2 shows them: names and validity, nothing is verified. Used by tls.ts.
import { ipv4Text, ipv6Text } from '../address-text.ts';
import { startsWith, TEXT_LIMIT, textAt, u16, u32 } from '../octets.ts';

export interface CertificateNames {
  /** Common name of the subject, the first one. */
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  /** Organisation of the subject, the first one. */
  readonly organisation: string | undefined;
  /** subjectAltName: DNS names and addresses, at most 32. */
  readonly altNames: readonly string[];
  /** ASN.1 UTCTime or GeneralizedTime as written, e.g. `270101000000Z`. */
  readonly notBefore: string | undefined;
  readonly notAfter: string | undefined;
}

interface Element {
  readonly tag: number;
  readonly at: number;
  readonly end: number;
}

/** Alternative names read of one certificate, the first ones; further ones are left out. */
const MAX_ALT_NAMES = 32;
/** Elements of one sequence: bounds the work on a hostile certificate. */
const MAX_SCAN = 256;

/** Reads one DER element; `undefined` where it does not fit (X.690 §8.1; lengths above 3 bytes are refused). */
function elementAt(bytes: Uint8Array, at: number, end: number): Element | undefined {
  if (at + 2 > end) return undefined;
  const first = bytes[at + 1]!;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  if (extra > 3 || first === 0x80) return undefined;
  let length = extra === 0 ? first : 0;
  for (let i = 0; i < extra; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  const start = at + 2 + extra;
  return start + length > end ? undefined : { tag: bytes[at]!, at: start, end: start + length };
}

function children(bytes: Uint8Array, parent: Element): Element[] {
  const list: Element[] = [];
  for (let at = parent.at; at < parent.end && list.length < MAX_SCAN; ) {
    const child = elementAt(bytes, at, parent.end);
    if (child === undefined) break;
    list.push(child);
    at = child.end;
  }
  return list;
}

/** A DER certificate in [start, end); `undefined` where its outer structure is not one. */
export function decodeCertificate(bytes: Uint8Array, start: number, end: number): CertificateNames | undefined {
  const certificate = elementAt(bytes, start, end);
  const body = certificate && elementAt(bytes, certificate.at, certificate.end);
  if (certificate?.tag !== 0x30 || body?.tag !== 0x30) return undefined;
  const parts = children(bytes, body);
  // [0] version is optional; then serial, signature algorithm, issuer, validity, subject (RFC 5280 §4.1).
  const first = parts[0]?.tag === 0xa0 ? 1 : 0;
  const [issuer, validity, subject] = parts.slice(first + 2, first + 5);
  if (issuer === undefined || validity === undefined || subject === undefined) return undefined;
  const [notBefore, notAfter] = children(bytes, validity).map((time) => textAt(bytes, time.at, time.end, 32));
  const extensions = parts.find((part) => part.tag === 0xa3);
  return {
    subject: namePart(bytes, subject, OID_COMMON_NAME),
    issuer: namePart(bytes, issuer, OID_COMMON_NAME),
    organisation: namePart(bytes, subject, OID_ORGANISATION),
    altNames: extensions === undefined ? [] : altNames(bytes, extensions),
    notBefore,
    notAfter,
  };
}

/** OID 2.5.4.3 in DER, tag and length included. */
const OID_COMMON_NAME = '\x06\x03\x55\x04\x03';
/** OID 2.5.4.10. */
const OID_ORGANISATION = '\x06\x03\x55\x04\x0a';
/** OID 2.5.29.17. */
const OID_ALT_NAME = '\x06\x03\x55\x1d\x11';

function namePart(bytes: Uint8Array, name: Element, oid: string): string | undefined {
  const pairs = children(bytes, name).flatMap((set) => children(bytes, set));
  for (const pair of pairs) {
    if (!startsWith(bytes, pair.at, pair.end, oid)) continue;
    const value = elementAt(bytes, pair.at + oid.length, pair.end);
    if (value !== undefined) return directoryString(bytes, value);
  }
  return undefined;
}

/** X.690 §8.23: what is written one byte a character beyond ASCII, and how wide the others are. */
const TELETEX = 0x14;
const UNIVERSAL = 0x1c;
const BMP = 0x1e;

/**
 * One text whatever its string type (RFC 5280 §4.1.2.4): UTF8String, PrintableString, IA5String and their kind are UTF-8,
 * BMPString is UTF-16, UniversalString UTF-32, both with the high byte first; TeletexString is read as Latin-1, as everybody does.
 */
function directoryString(bytes: Uint8Array, { tag, at, end }: Element): string {
  const stop = Math.min(end, at + TEXT_LIMIT);
  if (tag === TELETEX) return Buffer.from(bytes.subarray(at, stop)).toString('latin1');
  if (tag === BMP) return wideText(bytes, at, stop, 2);
  return tag === UNIVERSAL ? wideText(bytes, at, stop, 4) : textAt(bytes, at, stop);
}

function wideText(bytes: Uint8Array, start: number, end: number, width: 2 | 4): string {
  let text = '';
  for (let at = start; at + width <= end; at += width) {
    const unit = width === 2 ? u16(bytes, at) : u32(bytes, at);
    text += width === 2 ? String.fromCharCode(unit) : unit > 0x10ffff ? '\ufffd' : String.fromCodePoint(unit);
  }
  return Buffer.from(text).toString();
}

function altNames(bytes: Uint8Array, wrapper: Element): string[] {
  const list = elementAt(bytes, wrapper.at, wrapper.end);
  for (const extension of list === undefined ? [] : children(bytes, list)) {
    if (!startsWith(bytes, extension.at, extension.end, OID_ALT_NAME)) continue;
    const value = children(bytes, extension).find((part) => part.tag === 0x04);
    const names = value && elementAt(bytes, value.at, value.end);
    if (names !== undefined)
      return children(bytes, names)
        .slice(0, MAX_ALT_NAMES)
        .flatMap((name) => altName(bytes, name));
  }
  return [];
}

/** RFC 5280 §4.2.1.6: [2] dNSName, [7] iPAddress; others are left out. */
function altName(bytes: Uint8Array, name: Element): string[] {
  const size = name.end - name.at;
  if (name.tag === 0x82) return [textAt(bytes, name.at, name.end)];
  if (name.tag === 0x87 && size === 4) return [ipv4Text(bytes, name.at)];
  if (name.tag === 0x87 && size === 16) return [ipv6Text(bytes, name.at)];
  return [];
}
