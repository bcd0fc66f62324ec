// The private key of the page's certificate (P-256). First boot makes it, so that its fingerprint can be announced before anyone opens the
// page; without first boot the page makes it. It is never regenerated automatically: who compared its fingerprint once may go on trusting it.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { toError, WeirError } from '../model/errors.ts';
import { PAGE_KEY_FILE } from '../model/files/access-files.ts';
import { readOptional, writeIfChanged } from './small-files.ts';

export interface PageKey {
  readonly pem: string;
  /** SHA-256 of its public half, hexadecimal. */
  readonly fingerprint: string;
}

/** @throws WeirError FILE_UNREADABLE where the file is damaged; the system's error where it cannot be made. */
export async function openPageKey(dataDir: string): Promise<PageKey> {
  const path = join(dataDir, PAGE_KEY_FILE);
  const kept = readOptional(path);
  if (kept !== undefined) return readKey(path, kept);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeIfChanged(path, pem, { mode: 0o600 });
  return readKey(path, pem);
}

/** SHA-256 over the SubjectPublicKeyInfo (RFC 7469 §2.4): what browsers show as the fingerprint of the public key. */
export function publicKeyFingerprint(publicKey: KeyObject): Buffer {
  const bytes = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(bytes).digest();
}

function readKey(path: string, pem: string): PageKey {
  try {
    return { pem, fingerprint: publicKeyFingerprint(createPublicKey(createPrivateKey(pem))).toString('hex') };
  } catch (thrown) {
    const message = `${path}: damaged (${toError(thrown).message}); the page is not opened. Delete the file to have a new key made; its fingerprint will be another one.`;
    throw new WeirError('FILE_UNREADABLE', message, { cause: thrown });
  }
}
