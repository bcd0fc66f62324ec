// Signatures that the stock `minisign` program checks, made with Node's own Ed25519.
// Formats: https://jedisct1.github.io/minisign/ ("Signature format", "Public key format"); the pre-hashed kind `ED` signs
// BLAKE2b-512 of the content.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** DER prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410 §4); 32 key bytes follow. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
const ID_BYTES = 8;
const SIGNATURE_BYTES = 64;

function rawKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
}

/** minisign keys carry a random id; ours comes from the key, so that it needs no keeping. */
function keyId(raw: Uint8Array): Buffer {
  return createHash('sha256').update(raw).digest().subarray(0, ID_BYTES);
}

/** The base64 line of a minisign public key. */
export function encodePublicKey(publicKey: KeyObject): string {
  const raw = rawKey(publicKey);
  return Buffer.concat([Buffer.from('Ed'), keyId(raw), raw]).toString('base64');
}

/** The reverse of `encodePublicKey`; undefined when the text is no such key. */
export function decodePublicKey(text: string): KeyObject | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 2 + ID_BYTES + KEY_BYTES || bytes.toString('latin1', 0, 2) !== 'Ed') return undefined;
  const der = Buffer.concat([SPKI_PREFIX, bytes.subarray(2 + ID_BYTES)]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** What a person compares: SHA-256 of the 32 bytes of the key, in hex. Undefined when the text is no key. */
export function keyFingerprint(publicKeyText: string): string | undefined {
  const key = decodePublicKey(publicKeyText);
  return key === undefined ? undefined : createHash('sha256').update(rawKey(key)).digest('hex');
}

/** A minisign public key file. */
export function publicKeyFile(publicKeyText: string, id: string): string {
  return `untrusted comment: minisign public key of appliance ${id}\n${publicKeyText}\n`;
}

function prehash(content: Uint8Array): Buffer {
  return createHash('blake2b512').update(content).digest();
}

/** A `.minisig` file for the content. `comment` is one line and is signed too. */
export function signContent(content: Uint8Array, privateKey: KeyObject, comment: string): string {
  return signDigest(prehash(content), privateKey, comment);
}

/** The same for a BLAKE2b-512 that was made while reading a large file. */
export function signDigest(digest: Uint8Array, privateKey: KeyObject, comment: string): string {
  const raw = rawKey(createPublicKey(privateKey));
  const signature = sign(null, digest, privateKey);
  const trusted = comment.replaceAll(/[\r\n]/g, ' ');
  const global = sign(null, Buffer.concat([signature, Buffer.from(trusted)]), privateKey);
  const line = Buffer.concat([Buffer.from('ED'), keyId(raw), signature]).toString('base64');
  return [
    'untrusted comment: signature of a Weir appliance',
    line,
    `trusted comment: ${trusted}`,
    `${global.toString('base64')}\n`,
  ].join('\n');
}

/** Whether a `.minisig` file fits the content and the key; also its trusted comment must. */
export function checkSignature(content: Uint8Array, minisig: string, publicKey: KeyObject): boolean {
  const [, line = '', comment = '', globalLine = ''] = minisig.split('\n');
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== 2 + ID_BYTES + SIGNATURE_BYTES || bytes.toString('latin1', 0, 2) !== 'ED') return false;
  if (!comment.startsWith('trusted comment: ')) return false;
  const signature = bytes.subarray(2 + ID_BYTES);
  const signed = Buffer.concat([signature, Buffer.from(comment.slice('trusted comment: '.length))]);
  const global = Buffer.from(globalLine, 'base64');
  return verify(null, prehash(content), publicKey, signature) && verify(null, signed, publicKey, global);
}
