// What a backup holds, gathered from data folder and settings; only read. The captures are not in it: `weir pull` and `weir export`
// take those. Written whole or not at all, for its owner alone, because the key is in it.

import { closeSync, existsSync, fsyncSync, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { loadIdentity } from '../../capture/ledger/identity.ts';
import { parseHead } from '../../capture/ledger/ledger-chain.ts';
import { readLedger } from '../../capture/ledger/ledger-reader.ts';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { readRegular } from '../../capture/storage/regular-file.ts';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { ACCESS_FILE, PAGE_CERTIFICATE_FILE, PAGE_KEY_FILE } from '../../model/files/access-files.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { printable } from '../../model/text.ts';
import { systemClock } from '../../model/time/clock.ts';
import { factsOf } from '../../model/user-identity.ts';
import { Identities } from '../../store/tail/identities.ts';
import {
  type BackupContent,
  type BackupFile,
  FILE_BYTES,
  isBackupName,
  MAX_DEVICES,
  MAX_FILES,
  sealBackup,
} from './backup-format.ts';

export interface BackupWish {
  /** The settings in force. */
  readonly config: string;
  readonly target: string;
  readonly passphrase: string | undefined;
  readonly version: string;
  readonly moved: boolean;
}

export interface BackupMade {
  readonly content: BackupContent;
  readonly bytes: number;
  /** Files that settings name and that are not in it, one line each with the reason. */
  readonly left: readonly string[];
}

const HEAD_BYTES = 64 * 1024;

/** @throws WeirError CONFIG_*, DATA_UNWRITABLE, FILE_UNREADABLE; then there is no file. */
export async function makeBackup(wish: BackupWish): Promise<BackupMade> {
  if (existsSync(wish.target)) throw unwritten(wish.target, 'it exists already. Name another file');
  const { config } = loadConfig(wish.config);
  const left: string[] = [];
  const content = await gather(wish, config, left);
  const text = sealBackup(content, wish.passphrase);
  writeForOwner(wish.target, text);
  return { content, bytes: Buffer.byteLength(text), left };
}

async function gather(
  { config: path, version, moved }: BackupWish,
  config: Config,
  left: string[],
): Promise<BackupContent> {
  const { dir } = config.data;
  const found = [
    ...dataFiles(dir),
    { name: 'settings/weir.yaml', text: read(resolve(path)) },
    ...settingsFiles(resolve(path), config, left),
  ];
  const files = found.slice(0, MAX_FILES);
  left.push(...found.slice(MAX_FILES).map(({ name }) => `${name}: a backup has at most ${MAX_FILES} files`));
  const identity = await loadIdentity(nodeDisk, dir, null, systemClock);
  const head = parseHead(read(join(dir, 'ledger.head'), HEAD_BYTES));
  if (head === undefined) throw unreadable(join(dir, 'ledger.head'), 'it is no signed head');
  const identities = new Identities();
  const most = { boot: 0, seq: 0 };
  await readLedger(join(dir, LEDGER_FILE), ({ line }) => {
    if (line === undefined) return;
    identities.apply(line);
    most.boot = Math.max(most.boot, line.boot);
    if (line.type === 'segment-opened') most.seq = Math.max(most.seq, line.seq);
  });
  const registry = Object.entries(identities.all()).map(([device, said]) => {
    const { name, vendor, category, by } = said;
    return { device, name, vendor, category, ...factsOf({ ...said }), by };
  });
  if (registry.length > MAX_DEVICES) left.push(`${registry.length - MAX_DEVICES} devices of the registry`);
  return {
    created: new Date().toISOString(),
    version,
    appliance: identity.file.id,
    key: identity.fingerprint,
    moved,
    ledger: { lines: head.lines, head: head.head, ...most },
    registry: registry.slice(0, MAX_DEVICES),
    files,
  };
}

function dataFiles(dir: string): BackupFile[] {
  for (const name of ['appliance.json', 'key/ed25519.pem', LEDGER_FILE]) {
    if (!existsSync(join(dir, name)))
      throw unreadable(
        join(dir, name),
        'it is not there, or not for this user to see. Run as root; capture makes it at its first start',
      );
  }
  return ['appliance.json', 'key/ed25519.pem', ACCESS_FILE, PAGE_KEY_FILE, PAGE_CERTIFICATE_FILE]
    .filter((name) => existsSync(join(dir, name)))
    .map((name) => ({ name: `data/${name}`, text: read(join(dir, name)) }));
}

/** What settings name, as far as it lies next to them; of the rest is said that it is not in the backup. */
function settingsFiles(path: string, config: Config, left: string[]): BackupFile[] {
  const base = dirname(path);
  const named = [
    ...namedFiles(config),
    ...folderFiles(config.analysis.rules_dir),
    ...folderFiles(join(base, 'campaigns')),
  ];
  const files = new Map<string, BackupFile>();
  for (const file of named) {
    const absolute = resolve(base, file);
    const name = `settings/${relative(base, absolute)}`;
    if (name === `settings/${relative(base, path)}` || !existsSync(absolute)) continue;
    if (!isBackupName(name)) left.push(`${absolute}: it does not lie next to the settings`);
    else tryRead(absolute, name, files, left);
  }
  return [...files.values()];
}

function tryRead(absolute: string, name: string, files: Map<string, BackupFile>, left: string[]): void {
  try {
    const { mode, uid } = lstatSync(absolute);
    files.set(name, { name, text: readRegular(absolute, FILE_BYTES), shared: (mode & 0o040) !== 0 || uid !== 0 });
  } catch (thrown) {
    expectOnly(thrown, 'reading a file that settings name', ...UNREADABLE);
    left.push(`${absolute}: ${systemCode(thrown) ?? toError(thrown).message}`);
  }
}

/** Values of all settings whose name ends in `_file`, wherever they are. */
function namedFiles(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): string[] => {
    if (typeof inner === 'string') return name.endsWith('_file') && inner !== '' ? [inner] : [];
    return namedFiles(inner);
  });
}

function folderFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
    return names.toSorted().map((name) => join(folder, name));
  } catch (thrown) {
    expectOnly(thrown, 'listing a folder of settings', ...UNREADABLE);
    return [];
  }
}

function read(file: string, mostBytes = FILE_BYTES): string {
  try {
    return readRegular(file, mostBytes);
  } catch (thrown) {
    throw unreadable(file, `it cannot be read (${systemCode(thrown) ?? toError(thrown).message}). Run as root`, thrown);
  }
}

function writeForOwner(target: string, text: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(target, 'wx', 0o600);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } catch (thrown) {
    if (fd !== undefined) rmSync(target, { force: true });
    const code = systemCode(thrown);
    const why = code === 'ENOENT' ? 'its folder does not exist. Make it first' : (code ?? toError(thrown).message);
    throw unwritten(target, why, thrown);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function unreadable(file: string, why: string, cause?: unknown): WeirError {
  return new WeirError('FILE_UNREADABLE', `${printable(file, 200)}: ${why}. No backup was made.`, { cause });
}

function unwritten(file: string, why: string, cause?: unknown): WeirError {
  return new WeirError('DATA_UNWRITABLE', `${printable(file, 200)} was not written: ${why}. No backup was made.`, {
    cause,
  });
}
