// The publisher of packages signs them with one key; its public half goes with the package, so that `weir update` knows it later.
// Called by main.ts. A key: openssl genpkey -algorithm ed25519 -out release-private.pem

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

export interface ReleaseKey {
  readonly privateKey: KeyObject;
  readonly publicPem: string;
}

/** Undefined where none is named: such packages bring no key and no signature. */
export function readReleaseKey(path: string | undefined): ReleaseKey | undefined {
  if (path === undefined) return undefined;
  const privateKey = createPrivateKey(readFileSync(path));
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new Error(`${path}: a key of ${privateKey.asymmetricKeyType}, not of Ed25519; nothing was built`);
  return { privateKey, publicPem: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string };
}

/** `FILE.sig`: 64 bytes over the whole file; `openssl pkeyutl -verify -pubin -inkey release.pem -rawin -in FILE -sigfile FILE.sig`. */
export function signPackage(file: string, key: ReleaseKey | undefined): void {
  if (key !== undefined) writeFileSync(`${file}.sig`, sign(null, readFileSync(file), key.privateKey));
}
