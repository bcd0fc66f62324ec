// The data folder of a restored appliance: key, name, page's access, and a ledger that begins by saying that it was restored. Done with
// the rights of the folder's owner (provision/owned.ts).

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ledger } from '../../capture/ledger/ledger.ts';
import { EMPTY_CHAIN, LEDGER_FORMAT } from '../../capture/ledger/ledger-chain.ts';
import { LedgerState } from '../../capture/ledger/ledger-state.ts';
import { encodePublicKey, keyFingerprint } from '../../capture/ledger/minisign.ts';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { writeDurably } from '../../capture/storage/durable-file.ts';
import { makeFolder } from '../../capture/storage/make-folder.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { parseDevice } from '../../model/mac.ts';
import { systemClock } from '../../model/time/clock.ts';
import { factsOf } from '../../model/user-identity.ts';
import type { BackupContent, BackupFile } from './backup-format.ts';

/** Boots of a restored appliance count from the next multiple of this on: no boot of the machine of before has that number. */
const EPOCH_BOOTS = 1000;
const KEY_FILE = 'data/key/ed25519.pem';

export interface BooksInput {
  readonly content: BackupContent;
  readonly backupSha256: string;
  readonly version: string;
  readonly by: string;
}

/** The fingerprint of the private key in a backup; undefined where it has none, or it is not that of its appliance.json. */
export function keyInBackup({ files }: BackupContent): string | undefined {
  const [pem, about] = [KEY_FILE, 'data/appliance.json'].map((name) => files.find((file) => file.name === name)?.text);
  if (pem === undefined || about === undefined) return undefined;
  const text = encodePublicKey(createPublicKey(createPrivateKey(pem)));
  return JSON.parse(about)['public_key'] === text ? keyFingerprint(text) : undefined;
}

/** The ledger last: a folder without one was not restored, and is tried again. Rejects with the system's error. */
export async function writeBooks(dataDir: string, input: BooksInput): Promise<void> {
  const { content } = input;
  makeFolder(dataDir, 0o750);
  mkdirSync(join(dataDir, 'key'), { recursive: true, mode: 0o700 });
  const pem = content.files.find(({ name }) => name === KEY_FILE)?.text ?? '';
  await write(dataDir, { name: KEY_FILE, text: pem }, 0o600);
  for (const file of content.files) if (file.name === 'data/appliance.json') await write(dataDir, file, 0o640);
  const key = createPrivateKey(pem);
  const boot = (Math.floor(content.ledger.boot / EPOCH_BOOTS) + 1) * EPOCH_BOOTS;
  const signText = (text: string): string => sign(null, Buffer.from(text), key).toString('base64');
  const start = { chain: EMPTY_CHAIN, volume: 1, wholeBytes: 0, bytesBefore: 0, state: new LedgerState(), durable: 0 };
  const ledger = new Ledger(nodeDisk, join(dataDir, LEDGER_FILE), systemClock, boot, signText, start);
  await ledger.start();
  ledger.append({
    type: 'restored',
    format: LEDGER_FORMAT,
    key: content.key,
    version: input.version,
    backup_sha256: input.backupSha256,
    backup_created: content.created,
    moved: content.moved,
    before: content.ledger,
  });
  for (const row of content.registry) tellIdentity(ledger, row, input.by);
  await ledger.stop();
}

function tellIdentity(ledger: Ledger, row: Readonly<Record<string, string>>, by: string): void {
  const { device: word = '', name = '', vendor = '', category = '' } = row;
  const device = parseDevice(word);
  if (device === undefined) return;
  ledger.append({ type: 'identity', device, name, vendor, category, ...factsOf(row), by: row['by'] ?? by });
}

export async function writeAccess(dataDir: string, files: readonly BackupFile[]): Promise<void> {
  for (const file of files) if (file.name.startsWith('data/access/')) await write(dataDir, file, 0o600);
}

async function write(dataDir: string, { name, text }: BackupFile, mode: number): Promise<void> {
  const path = join(dataDir, name.slice('data/'.length));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await writeDurably(nodeDisk, path, text);
  chmodSync(path, mode);
}

export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
