// X.509 certificates (RFC 5280) in DER (X.690). Node can read but not make one; libraries that can bring a dozen packages for these
// few fields, and the `openssl` of Debian 12 cannot set the first day. The page's own is a leaf (`CA:FALSE`): a client that trusts it trusts
// this one page and gives it no power over other names. The app proxy makes its authority and the leaves of that here too.

import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';

export interface CertificateWish {
  readonly key: KeyObject;
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  readonly from: Date;
  readonly until: Date;
}

/** Who signs where it is not the key itself: name and key of an authority. */
interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

const OID = {
  ecdsaWithSha256: '2a8648ce3d040302', // RFC 5758 §3.2
  rsaWithSha256: '2a864886f70d01010b', // RFC 4055 §5
  subjectKeyIdentifier: '551d0e',
  authorityKeyIdentifier: '551d23',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
} as const;

/** PEM; an EC or RSA key signs for itself. */
export function selfSigned(wish: CertificateWish): string {
  return certificate(wish, { name: wish.names[0] ?? 'weir', key: wish.key }, leafExtensions(wish));
}

/** PEM of a leaf that an authority signs. */
export function signedLeaf(wish: CertificateWish, issuer: Issuer): string {
  const issuedBy = der(0x80, keyIdentifier(issuer.key)); // keyIdentifier [0], §4.2.1.1
  const extensions = [...leafExtensions(wish), extension(OID.authorityKeyIdentifier, false, sequence(issuedBy))];
  return certificate(wish, issuer, extensions);
}

/** PEM of an authority that may sign leaves and no further authorities. */
export function selfSignedAuthority(
  wish: Omit<CertificateWish, 'names' | 'addresses'> & { readonly name: string },
): string {
  const { name, key } = wish;
  return certificate({ ...wish, names: [name], addresses: [] }, { name, key }, [
    extension(OID.basicConstraints, true, sequence(der(0x01, Buffer.from([0xff])), integer(Buffer.from([0])))),
    extension(OID.keyUsage, true, der(0x03, Buffer.from([1, 0x06]))), // keyCertSign, cRLSign
    extension(OID.subjectKeyIdentifier, false, der(0x04, keyIdentifier(key))),
  ]);
}

function leafExtensions({ key, names, addresses }: CertificateWish): readonly Buffer[] {
  const alternatives = sequence(
    ...names.map((text) => der(0x82, Buffer.from(text, 'ascii'))), // dNSName, §4.2.1.6
    ...addresses.filter((text) => isIP(text) !== 0).map((text) => der(0x87, addressBytes(text))), // iPAddress
  );
  return [
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.keyUsage, true, der(0x03, leafUsage(key))),
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, false, alternatives),
  ];
}

/** digitalSignature; with RSA also keyEncipherment, which TLS before 1.3 may use (§4.2.1.3). */
function leafUsage(key: KeyObject): Buffer {
  return Buffer.from(key.asymmetricKeyType === 'rsa' ? [5, 0xa0] : [7, 0x80]);
}

function certificate(
  { key, names, from, until }: CertificateWish,
  issuer: Issuer,
  extensions: readonly Buffer[],
): string {
  const isRsa = issuer.key.asymmetricKeyType === 'rsa';
  const algorithm = isRsa ? sequence(oid(OID.rsaWithSha256), der(0x05)) : sequence(oid(OID.ecdsaWithSha256));
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial()),
    algorithm,
    commonName(issuer.name),
    sequence(time(from), time(until)),
    commonName(names[0] ?? 'weir'),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, issuer.key));
  const base64 = sequence(body, algorithm, signature).toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

const commonName = (text: string): Buffer => sequence(der(0x31, sequence(oid(OID.commonName), utf8(text))));

/** By which a leaf finds its authority; any bytes that distinguish keys will do (§4.2.1.2). */
function keyIdentifier(key: KeyObject): Buffer {
  const bytes = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(bytes).digest().subarray(0, 20);
}

/** A tag, a length (§8.1.3) and the contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text.slice(0, 64), 'utf8'));
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);

/** 16 bytes of chance, positive and without a leading zero (RFC 5280 §4.1.2.2). */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...critical, der(0x04, value));
}

/** UTCTime up to 2049, GeneralizedTime afterwards (§4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::', 2);
  const words = (text: string) => text.split(':').filter((word) => word !== '');
  const [left, right] = [words(head), words(tail ?? '')];
  const all = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}
