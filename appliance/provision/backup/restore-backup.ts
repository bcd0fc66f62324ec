// `weir restore`: a backup becomes an appliance again, in a data folder that holds none. Everything is checked before anything is written.
// The captures of before are elsewhere; the new ledger's first line says so.

import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { isHeld } from '../../capture/control/lock-holder.ts';
import { readRegular } from '../../capture/storage/regular-file.ts';
import { replaceSettings } from '../../config/kept-settings.ts';
import { loadConfig, mistakesInText } from '../../config/load.ts';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { APPLIANCE_SOCKET } from '../../model/files/run-files.ts';
import { printable } from '../../model/text.ts';
import { makeOwned } from '../owned.ts';
import { writeIfChanged } from '../small-files.ts';
import { BACKUP_BYTES, type BackupContent, openBackup } from './backup-format.ts';
import { keyInBackup, textHash } from './restored-books.ts';

export interface RestoreWish {
  readonly file: string;
  readonly passphrase: string | undefined;
  /** Where the settings go. */
  readonly config: string;
  /** Another data folder than the backup's settings name. */
  readonly data: string | undefined;
  readonly setAside: boolean;
  readonly version: string;
  readonly by: string;
}

export interface Restored {
  readonly content: BackupContent;
  readonly dataDir: string;
  /** Where that went which was there before; null where nothing was. */
  readonly aside: string | null;
  /** Under which name the settings of before are kept. */
  readonly keptSettings: string | null;
}

/** What makes a folder an appliance's, and what an index of other captures would contradict. */
const OCCUPANTS = /^(?:ledger.*|appliance\.json|boot\.json|key|captures|index|access|ballast.*)$/;
const EVIDENCE = /^(?:ledger.*|appliance\.json|key|captures)$/;
const ASK_MS = 2000;

/** @throws WeirError BACKUP_INVALID, TARGET_OCCUPIED, ALREADY_RUNNING, DATA_UNWRITABLE. */
export async function restoreBackup(wish: RestoreWish): Promise<Restored> {
  const text = readBackup(wish.file);
  const content = openBackup(text, wish.passphrase, wish.file);
  checkKey(content, wish.file);
  const { settings, dataDir } = settingsOf(content, wish);
  await checkNobodyRuns(dataDir);
  const occupants = occupantsOf(dataDir);
  if (occupants.some((name) => EVIDENCE.test(name)) && !wish.setAside) throw occupied(dataDir, occupants);
  try {
    const aside = occupants.length === 0 ? null : moveAside(dataDir, occupants);
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o750 });
    const keptSettings = await writeSettings(wish.config, settings, content);
    const input = { content, backupSha256: textHash(text), version: wish.version, by: wish.by };
    await makeOwned('access', { dataDir, wanted: JSON.stringify(content.files) });
    await makeOwned('books', { dataDir, wanted: JSON.stringify(input) });
    return { content, dataDir, aside, keptSettings };
  } catch (thrown) {
    const message = `${dataDir}: the backup was not restored whole (${printable(toError(thrown).message, 300)}). Free what is in the way, then run \`weir restore --set-aside\` again.`;
    throw new WeirError('DATA_UNWRITABLE', message, { cause: thrown });
  }
}

/** The line names the file already. */
function whyUnread(thrown: unknown): string {
  return systemCode(thrown) === 'ENOENT' ? 'there is no such file' : toError(thrown).message;
}

function readBackup(file: string): string {
  try {
    return readRegular(file, BACKUP_BYTES);
  } catch (thrown) {
    const why = systemCode(thrown) === 'EFBIG' ? `longer than ${BACKUP_BYTES} bytes: no backup` : whyUnread(thrown);
    throw new WeirError('BACKUP_INVALID', `${printable(file, 200)}: ${printable(why, 200)}; nothing was restored.`, {
      cause: thrown,
    });
  }
}

function checkKey(content: BackupContent, file: string): void {
  let found: string | undefined;
  try {
    found = keyInBackup(content);
  } catch (thrown) {
    throw keyless(file, thrown);
  }
  if (found === undefined || found !== content.key) throw keyless(file);
}

function keyless(file: string, cause?: unknown): WeirError {
  const message = `${printable(file, 200)}: the key in it is none, or not the one that it names; nothing was restored. Take another backup.`;
  return new WeirError('BACKUP_INVALID', message, { cause });
}

/** The settings with the data folder that is wished for; those of a newer Weir may hold what this one does not know. */
function settingsOf(
  content: BackupContent,
  { file, config, data }: RestoreWish,
): { settings: string; dataDir: string } {
  const saved = content.files.find(({ name }) => name === 'settings/weir.yaml')?.text ?? '';
  const [mistake] = mistakesInText(saved);
  if (mistake !== undefined) {
    const message = `${printable(file, 200)}: its settings, line ${mistake.line}: ${mistake.message}; nothing was restored. It was made by Weir ${printable(content.version, 40)}: install that or a newer one.`;
    throw new WeirError('BACKUP_INVALID', message);
  }
  const document = parseDocument(saved);
  if (data !== undefined) document.setIn(['data', 'dir'], path.resolve(data));
  const named = document.getIn(['data', 'dir']);
  const dir = typeof named === 'string' && named !== '' ? named : loadConfig(undefined).config.data.dir;
  return {
    settings: data === undefined ? saved : document.toString(),
    dataDir: path.resolve(path.dirname(config), dir),
  };
}

async function checkNobodyRuns(dataDir: string): Promise<void> {
  const who = isHeld(dataDir) ? 'capture' : (await answers(path.join(dataDir, APPLIANCE_SOCKET))) ? 'appliance' : null;
  if (who === null) return;
  const message = `${dataDir}: \`weir ${who}\` runs on it; nothing was restored. \`systemctl stop weir weir-capture\`, then restore.`;
  throw new WeirError('ALREADY_RUNNING', message);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(ASK_MS, () => end(true));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

function occupantsOf(dataDir: string): string[] {
  if (!fs.existsSync(dataDir)) return [];
  return fs.readdirSync(dataDir).filter((name) => OCCUPANTS.test(name) && !isEmptyFolder(path.join(dataDir, name)));
}

/** As tmpfiles makes them at installation. */
function isEmptyFolder(file: string): boolean {
  return fs.lstatSync(file).isDirectory() && fs.readdirSync(file).length === 0;
}

function occupied(dataDir: string, occupants: readonly string[]): WeirError {
  const message = `${dataDir} holds an appliance already (${printable(occupants.join(', '), 200)}); nothing was restored. \`--set-aside\` moves that into a folder of its own there, deleting nothing.`;
  return new WeirError('TARGET_OCCUPIED', message);
}

/** Everything stays on its file system; folders are made again for those who owned them. */
function moveAside(dataDir: string, occupants: readonly string[]): string {
  const aside = path.join(dataDir, `before-restore-${new Date().toISOString().replaceAll(/[-:.]/g, '')}`);
  fs.mkdirSync(aside, { mode: 0o750 });
  const { uid, gid } = fs.lstatSync(dataDir);
  if (process.geteuid?.() === 0) fs.chownSync(aside, uid, gid);
  for (const name of occupants) {
    const file = path.join(dataDir, name);
    const stat = fs.lstatSync(file);
    fs.renameSync(file, path.join(aside, name));
    if (!stat.isDirectory()) continue;
    fs.mkdirSync(file, { mode: stat.mode & 0o7777 });
    if (process.geteuid?.() === 0) fs.chownSync(file, stat.uid, stat.gid);
    fs.chmodSync(file, stat.mode & 0o7777);
  }
  return aside;
}

async function writeSettings(config: string, settings: string, content: BackupContent): Promise<string | null> {
  const folder = path.dirname(path.resolve(config));
  fs.mkdirSync(folder, { recursive: true, mode: 0o750 });
  const { gid } = fs.statSync(folder);
  for (const { name, text, shared } of content.files) {
    if (!name.startsWith('settings/') || name === 'settings/weir.yaml') continue;
    const access = shared === true ? { mode: 0o640, gid } : { mode: 0o600 };
    await writeIfChanged(path.join(folder, name.slice('settings/'.length)), text, access);
  }
  return replaceSettings(path.resolve(config), settings, Date.now());
}
