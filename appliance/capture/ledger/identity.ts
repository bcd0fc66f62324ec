// Who this appliance is: an id that no one can guess from its hardware, and an Ed25519 key that signs what it recorded.
// `appliance.json` is public, `key/` is not.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { systemCode, WeirError } from '../../model/errors.ts';
import { type Clock, formatSeconds } from '../../model/time/clock.ts';
import type { EvidenceDisk } from '../storage/disk.ts';
import { writeDurably } from '../storage/durable-file.ts';
import { scanCaptures } from '../storage/folder-scan.ts';
import { readRegular, readRegularJson } from '../storage/regular-file.ts';
import { decodePublicKey, encodePublicKey, keyFingerprint } from './minisign.ts';

export interface ApplianceFile {
  readonly schema: 'weir.appliance/1';
  readonly id: string;
  readonly created: string;
  /** The second line of a minisign public key file: `minisign -V -P <this>`. */
  readonly public_key: string;
}

export interface Identity {
  readonly file: ApplianceFile;
  readonly privateKey: KeyObject;
  /** Of the key that signs. */
  readonly fingerprint: string;
  /** The fingerprint that appliance.json names, where the private key is of another pair; null where they fit. */
  readonly changedFrom: string | null;
  /** The segment that still named this appliance, where appliance.json was lost and recreated; null if it was present. */
  readonly restoredFrom: string | null;
  /** Whether a text carries a signature of this appliance: of the key that it is known by, or of the one that signs now. */
  readonly isSigned: (text: string, signature: unknown) => boolean;
}

/** Key and identity have some hundred bytes. */
const MAX_FILE_BYTES = 64 * 1024;
/** A sidecar is read whole to find a lost identity; a larger file is passed over. */
const MAX_SIDECAR_BYTES = 1024 * 1024;

const ID = /^[a-z0-9_-]{1,32}$/;

/** Loads the identity of a data folder, or makes one. `wanted` is the configured id; an existing one is never changed. */
export async function loadIdentity(
  disk: EvidenceDisk,
  dataDir: string,
  wanted: string | null,
  clock: Clock,
): Promise<Identity> {
  const keyPath = path.join(dataDir, 'key', 'ed25519.pem');
  const filePath = path.join(dataDir, 'appliance.json');
  if (fs.existsSync(filePath)) return readIdentity(filePath, keyPath);
  // A key without a file is what a power cut between the two leaves.
  const hasKey = fs.existsSync(keyPath);
  const { privateKey, publicKey } = hasKey ? readKey(keyPath) : generateKeyPairSync('ed25519');
  fs.mkdirSync(path.dirname(keyPath), { recursive: true, mode: 0o700 });
  await writeDurably(disk, keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  fs.chmodSync(keyPath, 0o600);
  const known = hasKey ? await findId(path.join(dataDir, 'captures')) : undefined;
  const fresh = wanted !== null && ID.test(wanted) ? wanted : `weir-${randomBytes(4).toString('hex')}`;
  const id = known?.id ?? fresh;
  const created = formatSeconds(clock.wall());
  const file: ApplianceFile = { schema: 'weir.appliance/1', id, created, public_key: encodePublicKey(publicKey) };
  await writeDurably(disk, filePath, `${JSON.stringify(file, null, 1)}\n`);
  return makeIdentity(file, privateKey, known?.segment ?? null);
}

/** The file was lost, the segments still say whose they are: a new id would contradict all of them. */
async function findId(captures: string): Promise<{ id: string; segment: string } | undefined> {
  if (!fs.existsSync(captures)) return undefined;
  for (const { path: name, kind } of await scanCaptures(captures)) {
    if (kind !== 'sidecar') continue;
    const id = readRegularJson(path.join(captures, name), MAX_SIDECAR_BYTES)?.['appliance'];
    if (typeof id === 'string' && ID.test(id)) return { id, segment: name };
  }
  return undefined;
}

function makeIdentity(file: ApplianceFile, privateKey: KeyObject, restoredFrom: string | null = null): Identity {
  const own = createPublicKey(privateKey);
  const ownText = encodePublicKey(own);
  const known = decodePublicKey(file.public_key);
  const isSame = ownText === file.public_key;
  const keys = known === undefined || isSame ? [own] : [known, own];
  return {
    file,
    privateKey,
    fingerprint: keyFingerprint(ownText) ?? '',
    changedFrom: isSame ? null : (keyFingerprint(file.public_key) ?? 'no key'),
    restoredFrom,
    isSigned: (text, signature) => keys.some((key) => isSignedBy(key, text, signature)),
  };
}

/** `signature`: base64 of a raw Ed25519 signature; anything else is none. */
export function isSignedBy(key: KeyObject, text: string, signature: unknown): boolean {
  return typeof signature === 'string' && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'));
}

function readKey(keyPath: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const privateKey = createPrivateKey(readRegular(keyPath, MAX_FILE_BYTES));
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function readIdentity(filePath: string, keyPath: string): Identity {
  try {
    const file = JSON.parse(readRegular(filePath, MAX_FILE_BYTES)) as ApplianceFile;
    if (!ID.test(file.id)) throw new Error('no valid id');
    if (typeof file.public_key !== 'string') throw new Error('no public key');
    return makeIdentity(file, readKey(keyPath).privateKey);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw keyGone(keyPath, error);
    const message = `${filePath} or ${keyPath} is damaged. Capture cannot sign and ends. Restore both from a backup, or move both away to begin a new identity.`;
    throw new WeirError('DATA_UNWRITABLE', message, { cause: error });
  }
}

function keyGone(keyPath: string, cause: unknown): WeirError {
  const message = `${keyPath} is gone: the appliance moved to another machine (\`weir move\`), or its key was lost. Capture cannot sign and ends. \`weir restore --set-aside FILE\` brings a backup back; with key and appliance.json moved away a new identity begins.`;
  return new WeirError('DATA_UNWRITABLE', message, { cause });
}
