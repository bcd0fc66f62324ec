// The proxy's certificate authority: made on this machine, its key readable by its owner alone, gone with the package's purge.
// Leaves are made for each host and share one key that lives as long as the process.

import { createPrivateKey, generateKeyPair, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toError, WeirError } from '../../model/errors.ts';
import { selfSignedAuthority, signedLeaf } from '../../publish/http/tls/self-signed.ts';

const DAY_MS = 24 * 3600 * 1000;
/** An experiment's authority, not a company's. */
const AUTHORITY_DAYS = 365;
/** Phones take no leaf of more than 398 days. */
const LEAF_DAYS = 90;
const RSA_BITS = 2048;
/** Leaves in memory; each takes some 2 KiB. */
const MAX_LEAVES = 512;
/** Names in one certificate that imitates another. */
const MAX_NAMES = 64;

export const CERTIFICATE_FILE = 'ca/weir-proxy-ca.pem';
const KEY_FILE = 'ca/weir-proxy-ca.key';

export interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
}

/** That of `folder`, made where there is none. @throws WeirError DATA_UNWRITABLE, FILE_UNREADABLE */
export function openAuthority(folder: string, now: Date = new Date()): Authority {
  const [certificateFile, keyFile] = [join(folder, CERTIFICATE_FILE), join(folder, KEY_FILE)];
  if (!existsSync(keyFile) || !existsSync(certificateFile)) return create(folder, now);
  try {
    const certificate = readFileSync(certificateFile, 'utf8');
    const key = createPrivateKey(readFileSync(keyFile, 'utf8'));
    const read = new X509Certificate(certificate);
    if (!read.checkPrivateKey(key)) throw new Error('key and certificate do not belong together');
    if (Date.parse(read.validTo) < now.getTime()) throw new Error(`the certificate ended on ${read.validTo}`);
    return { name: read.subject.replace(/^CN=/, ''), key, certificate };
  } catch (thrown) {
    throw new WeirError(
      'FILE_UNREADABLE',
      `${keyFile}: no authority of the proxy (${toError(thrown).message}); nothing was started. Delete ${join(folder, 'ca')}: another is made, and the phone has to trust that one.`,
    );
  }
}

/** Only for reading: fingerprint and file for people. `undefined` where none was made yet. */
export function authorityCertificate(folder: string): { readonly pem: string; readonly sha256: string } | undefined {
  const file = join(folder, CERTIFICATE_FILE);
  if (!existsSync(file)) return undefined;
  const pem = readFileSync(file, 'utf8');
  return { pem, sha256: new X509Certificate(pem).fingerprint256 };
}

function create(folder: string, now: Date): Authority {
  const made = makeAuthority(`Weir app proxy on ${hostname().slice(0, 32)}`, now);
  try {
    mkdirSync(join(folder, 'ca'), { recursive: true, mode: 0o755 });
    writeWhole(join(folder, KEY_FILE), made.key.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    writeWhole(join(folder, CERTIFICATE_FILE), made.certificate, 0o644);
  } catch (thrown) {
    throw new WeirError(
      'DATA_UNWRITABLE',
      `${folder}: the authority of the proxy cannot be written (${toError(thrown).message}); nothing was started. Name another folder with --dir, or correct its owner.`,
    );
  }
  return made;
}

export function makeAuthority(name: string, now: Date): Authority {
  return signedBy(generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey, name, now);
}

/**
 * Represents servers whose own certificate does not hold. Nobody installs it and every start makes another, so its key is one that is
 * made at once: RSA takes a Pi seconds.
 */
export function makeUntrusted(now: Date): Authority {
  return signedBy(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'Unknown to everybody', now);
}

function signedBy(key: KeyObject, name: string, now: Date): Authority {
  const until = new Date(now.getTime() + AUTHORITY_DAYS * DAY_MS);
  const certificate = selfSignedAuthority({ name, key, from: new Date(now.getTime() - DAY_MS), until });
  return { name, key, certificate };
}

function writeWhole(file: string, text: string, mode: number): void {
  const part = `${file}.part`;
  writeFileSync(part, text, { mode });
  chmodSync(part, mode);
  renameSync(part, file);
}

/** Leaves of one authority, made when first asked for. */
export class Leaves {
  readonly key: string;
  readonly #authority: Authority;
  readonly #pair: KeyObject;
  readonly #made = new Map<string, string>();

  constructor(authority: Authority, pair: KeyObject) {
    this.#authority = authority;
    this.#pair = pair;
    this.key = pair.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** PEM of leaf and authority. `names`: host names and addresses, the first is the subject. */
  certificateFor(names: readonly string[], now: number = Date.now()): string {
    const wanted = [...new Set(names)].filter((name) => name !== '').slice(0, MAX_NAMES);
    const key = wanted.join('\n');
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const [addresses, hosts] = [wanted.filter((name) => isIP(name) !== 0), wanted.filter((name) => isIP(name) === 0)];
    const from = new Date(now - DAY_MS);
    const until = new Date(now + LEAF_DAYS * DAY_MS);
    const wish = { key: this.#pair, names: hosts.length > 0 ? hosts : addresses, addresses, from, until };
    const leaf = signedLeaf({ ...wish, names: hosts }, this.#authority) + this.#authority.certificate;
    if (this.#made.size >= MAX_LEAVES) this.#made.delete(this.#made.keys().next().value ?? '');
    this.#made.set(key, leaf);
    return leaf;
  }
}

/** One key for all leaves of a process. Made on another thread, while the authority is. */
export async function leafKey(): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  return privateKey;
}
