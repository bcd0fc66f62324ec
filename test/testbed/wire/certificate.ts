// X.509 certificates (RFC 5280) for the testbed's clouds: one authority, one leaf per name, made at start so that
// neither a program nor a stored key is needed.
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const OID_ECDSA_SHA256 = '06082a8648ce3d040302'; // 1.2.840.10045.4.3.2, RFC 5758 §3.2
const OID_COMMON_NAME = '0603550403';
const OID_ORGANISATION = '060355040a';
const OID_SUBJECT_ALT_NAME = '0603551d11';
const OID_BASIC_CONSTRAINTS = '0603551d13';
const VALID_DAYS_BEFORE = 30;
const VALID_DAYS_AFTER = 365;

export interface Identity {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** A tag, a length (DER, X.690 §8.1.3) and the contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const length = body.length;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const fromHex = (hex: string): Buffer => Buffer.from(hex, 'hex');

function distinguishedName(commonName: string, organisation: string): Buffer {
  const attribute = (oid: string, text: string): Buffer =>
    der(0x31, sequence(fromHex(oid), der(0x0c, Buffer.from(text, 'utf8'))));
  return sequence(attribute(OID_ORGANISATION, organisation), attribute(OID_COMMON_NAME, commonName));
}

/** UTCTime, yymmddhhmmssZ (§4.1.2.5.1). */
function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function validity(now: Date): Buffer {
  const day = 86_400_000;
  const from = new Date(now.getTime() - VALID_DAYS_BEFORE * day);
  return sequence(utcTime(from), utcTime(new Date(now.getTime() + VALID_DAYS_AFTER * day)));
}

function extension(oid: string, value: Buffer): Buffer {
  return sequence(fromHex(oid), der(0x04, value));
}

interface CertificateFields {
  readonly serial: number;
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly extension: Buffer;
}

function signed(fields: CertificateFields, authorityKey: KeyObject, now: Date): string {
  const algorithm = sequence(fromHex(OID_ECDSA_SHA256));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([fields.serial >> 8, fields.serial & 0xff])),
    algorithm,
    fields.issuer,
    validity(now),
    fields.subject,
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(fields.extension)),
  );
  const signature = sign('sha256', body, authorityKey);
  const bits = der(0x03, Buffer.from([0]), signature);
  const base64 = sequence(body, algorithm, bits).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject; pem: string } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { publicKey: pair.publicKey, privateKey: createPrivateKey(pem), pem };
}

/** Issues certificates that a client holding `certificatePem` accepts. */
export class Authority {
  readonly certificatePem: string;
  readonly #keys = newKeys();
  readonly #name = distinguishedName('Testbed Root', 'Weir testbed');
  readonly #now: Date;
  #serial = 0x1000;

  constructor(now: Date) {
    this.#now = now;
    const isAuthority = extension(OID_BASIC_CONSTRAINTS, sequence(der(0x01, Buffer.from([0xff]))));
    this.certificatePem = this.#issue(this.#name, this.#keys.publicKey, isAuthority);
  }

  /** A fresh key and a certificate for one host name. */
  issue(hostName: string): Identity {
    const keys = newKeys();
    const names = sequence(der(0x82, Buffer.from(hostName, 'ascii'))); // dNSName, §4.2.1.6
    const subject = distinguishedName(hostName, 'Weir testbed cloud');
    const certificatePem = this.#issue(subject, keys.publicKey, extension(OID_SUBJECT_ALT_NAME, names));
    return { keyPem: keys.pem, certificatePem };
  }

  #issue(subject: Buffer, publicKey: KeyObject, value: Buffer): string {
    this.#serial += 1;
    const fields = { serial: this.#serial, subject, issuer: this.#name, publicKey, extension: value };
    return signed(fields, this.#keys.privateKey, this.#now);
  }
}
