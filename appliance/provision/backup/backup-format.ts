// The file of `weir backup`: one JSON document around packed contents, encrypted where a passphrase was given. Every file in it has a
// name from a closed set, so that there are no paths, links or modes for anybody to play with.

import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { WeirError } from '../../model/errors.ts';
import { expectOnly, MALFORMED, WRONG_KEY } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';

export interface BackupFile {
  /** `data/…` below the data folder, `settings/…` next to the settings. */
  readonly name: string;
  readonly text: string;
  /** The user of the page may read it too. */
  readonly shared?: boolean;
}

export interface BackupContent {
  /** ISO 8601. */
  readonly created: string;
  /** Of the Weir that made it. */
  readonly version: string;
  readonly appliance: string;
  /** Fingerprint of the evidence key. */
  readonly key: string;
  /** The machine that it came from gave its key away with it (`weir move`). */
  readonly moved: boolean;
  /** The signed end of its ledger, the highest boot and segment number in it. */
  readonly ledger: { readonly lines: number; readonly head: string; readonly boot: number; readonly seq: number };
  /** What people said of devices: fields of ledger lines of type `identity`. */
  readonly registry: readonly Readonly<Record<string, string>>[];
  readonly files: readonly BackupFile[];
}

interface Envelope {
  readonly schema: string;
  readonly encrypted: boolean;
  /** Base64, of an encrypted one only. */
  readonly salt?: string;
  readonly iv?: string;
  readonly tag?: string;
  /** Base64 of the packed content; encrypted where it says so. */
  readonly content: string;
  /** Of those bytes. */
  readonly sha256: string;
}

export const BACKUP_SCHEMA = 'weir.backup/1';
export const BACKUP_BYTES = 32 * 1024 * 1024;
/** Unpacked: what a bomb may cost. */
const CONTENT_BYTES = 32 * 1024 * 1024;
export const FILE_BYTES = 256 * 1024;
/** Files in one backup: those beyond are left out of it; a backup with more is refused. */
export const MAX_FILES = 512;
/** Of the registry in one backup: those beyond are left out, and said so; a backup with more is refused. */
export const MAX_DEVICES = 10_000;

/** Fixed, so that a hostile file cannot ask for gigabytes: 64 MiB, about half a second on a Pi. */
const SCRYPT = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 } as const;
const CIPHER = 'aes-256-gcm';

const DATA_NAMES = new Set([
  'data/appliance.json',
  'data/key/ed25519.pem',
  'data/access/access.json',
  'data/access/page.key',
  'data/access/page.crt',
]);
const SETTINGS_NAME = /^settings\/(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** Whether a file may be in a backup under that name. Programs of campaigns (`actions/`) may not: nobody installs a program by a backup. */
export function isBackupName(name: string): boolean {
  return DATA_NAMES.has(name) || (SETTINGS_NAME.test(name) && !name.startsWith('settings/actions/'));
}

export function sealBackup(content: BackupContent, passphrase: string | undefined): string {
  const packed = gzipSync(JSON.stringify(content));
  const envelope = passphrase === undefined ? open(packed) : encrypted(packed, passphrase);
  return `${JSON.stringify(envelope)}\n`;
}

function open(packed: Buffer): Envelope {
  return { schema: BACKUP_SCHEMA, encrypted: false, content: packed.toString('base64'), sha256: sha256(packed) };
}

function encrypted(packed: Buffer, passphrase: string): Envelope {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv(CIPHER, scryptSync(passphrase, salt, 32, SCRYPT), iv);
  const bytes = Buffer.concat([cipher.update(packed), cipher.final()]);
  const [saltText, ivText, tag] = [salt, iv, cipher.getAuthTag()].map((part) => part.toString('base64'));
  const parts = { salt: saltText ?? '', iv: ivText ?? '', tag: tag ?? '' };
  return {
    schema: BACKUP_SCHEMA,
    encrypted: true,
    ...parts,
    content: bytes.toString('base64'),
    sha256: sha256(bytes),
  };
}

/** `where`: the file's name, for messages. @throws WeirError BACKUP_INVALID. */
export function openBackup(text: string, passphrase: string | undefined, where: string): BackupContent {
  const refuse = (why: string, cause?: unknown): WeirError =>
    new WeirError('BACKUP_INVALID', `${printable(where, 200)}: ${why}; nothing was restored.`, { cause });
  const value = parse(text);
  const schema = value?.['schema'];
  if (value === undefined || typeof schema !== 'string' || !schema.startsWith('weir.backup/'))
    throw refuse('it is no backup of Weir, or it was cut. Name the file that `weir backup` wrote');
  if (schema !== BACKUP_SCHEMA)
    throw refuse(`it has the format ${printable(schema, 40)}, this Weir knows ${BACKUP_SCHEMA}. Install a newer Weir`);
  const envelope = value as unknown as Envelope;
  const bytes = Buffer.from(String(envelope.content), 'base64');
  if (sha256(bytes) !== envelope.sha256)
    throw refuse('its content was altered or cut (SHA-256). Copy it again from where it was made');
  const packed = envelope.encrypted === true ? decrypted(envelope, bytes, passphrase, refuse) : bytes;
  return checked(unpack(packed, refuse), refuse);
}

type Refuse = (why: string, cause?: unknown) => WeirError;

function decrypted(envelope: Envelope, bytes: Buffer, passphrase: string | undefined, refuse: Refuse): Buffer {
  if (passphrase === undefined) throw refuse('it is encrypted. Give its passphrase with --passphrase-file');
  const [salt, iv, tag] = [envelope.salt, envelope.iv, envelope.tag].map((part) => Buffer.from(String(part), 'base64'));
  try {
    if (salt?.length !== 16 || iv?.length !== 12 || tag?.length !== 16)
      throw new TypeError('a part has another length');
    const decipher = createDecipheriv(CIPHER, scryptSync(passphrase, salt, 32, SCRYPT), iv).setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch (thrown) {
    expectOnly(thrown, 'decrypting a backup', WRONG_KEY, TypeError);
    throw refuse('the passphrase is another one, or the content was altered', thrown);
  }
}

function unpack(packed: Buffer, refuse: Refuse): Record<string, unknown> {
  try {
    const value = parse(gunzipSync(packed, { maxOutputLength: CONTENT_BYTES }).toString('utf8'));
    if (value !== undefined) return value;
  } catch (thrown) {
    expectOnly(thrown, 'unpacking a backup', /^Z_/, 'ERR_BUFFER_TOO_LARGE');
    throw refuse(`its content cannot be unpacked, or is longer than ${CONTENT_BYTES} bytes`, thrown);
  }
  throw refuse('its content is no JSON document');
}

function checked(value: Record<string, unknown>, refuse: Refuse): BackupContent {
  const content = value as unknown as BackupContent;
  const { ledger, registry, files } = content;
  const texts = [content.created, content.version, content.appliance, content.key, ledger?.head];
  const counts = [ledger?.lines, ledger?.boot, ledger?.seq];
  if (!texts.every((text) => typeof text === 'string' && text.length <= 100))
    throw refuse('it does not say whose it is');
  if (!counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0))
    throw refuse('it does not say where its ledger ended');
  if (!Array.isArray(registry) || registry.length > MAX_DEVICES || !registry.every(isRow))
    throw refuse(`its registry is none, or has more than ${MAX_DEVICES} devices`);
  if (!Array.isArray(files) || files.length > MAX_FILES) throw refuse(`it has more than ${MAX_FILES} files, or none`);
  const names = new Set<string>();
  for (const file of files as readonly Partial<BackupFile>[]) {
    const name = String(file?.name);
    if (!isBackupName(name) || names.has(name))
      throw refuse(`it has a file ${printable(name, 100)}, which no backup has`);
    if (typeof file.text !== 'string' || Buffer.byteLength(file.text) > FILE_BYTES)
      throw refuse(`its file ${name} is no text of at most ${FILE_BYTES} bytes`);
    names.add(name);
  }
  return content;
}

function isRow(row: unknown): boolean {
  if (typeof row !== 'object' || row === null) return false;
  return Object.values(row).every((text) => typeof text === 'string' && text.length <= 256);
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a backup', ...MALFORMED);
    return undefined;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
