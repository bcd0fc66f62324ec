// The password of the page and the read-only tokens, on the card: only their hashes. The password is made at the first
// start and shown once; there is no default one. Folder `access/` of the data folder, readable by the owner alone.

import { randomBytes, scrypt } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode, toError, WeirError } from '../../../model/errors.ts';
import { equalHex, fingerprint, makeSecret } from '../../../model/secret.ts';

/** 125 bits. */
const PASSWORD_GROUPS = 5;
const TOKEN_GROUPS = 8;
const MOST_TOKENS = 32;
/** scrypt as RFC 7914 §2: N=2^14, r=8, p=1: 87 ms on a desktop, half a second on a Pi 3. */
const SCRYPT = { N: 16_384, r: 8, p: 1 } as const;
const KEY_BYTES = 32;

const derive = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt);

interface AccessFile {
  readonly schema: 'weir.access/1';
  readonly password: { readonly salt: string; readonly hash: string; readonly created: string };
  readonly tokens: readonly StoredToken[];
}

interface StoredToken {
  readonly name: string;
  readonly hash: string;
  readonly created: string;
}

export class AccessStore {
  readonly #path: string;
  #file: AccessFile;

  private constructor(path: string, file: AccessFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Reads the folder, or makes password and folder at the first start; then `made` hears the password, once.
   * @throws WeirError DATA_UNWRITABLE; FILE_UNREADABLE where the file is damaged: no new password is made then.
   */
  static async open(dataDir: string, made: (password: string) => void): Promise<AccessStore> {
    const path = join(dataDir, 'access', 'access.json');
    const known = readAccess(path);
    if (known !== undefined) return new AccessStore(path, known);
    const password = makeSecret(PASSWORD_GROUPS);
    const store = new AccessStore(path, await freshAccess(password));
    store.#save();
    made(password);
    return store;
  }

  async isPassword(attempt: string): Promise<boolean> {
    const { salt, hash } = this.#file.password;
    const derived = await derive(normalise(attempt), Buffer.from(salt, 'hex'), KEY_BYTES, SCRYPT);
    return equalHex(derived.toString('hex'), hash);
  }

  /** The name of a token; undefined for one that is not known. */
  tokenName(token: string): string | undefined {
    const hash = fingerprint(token);
    return this.#file.tokens.find((known) => equalHex(known.hash, hash))?.name;
  }

  get tokens(): readonly { readonly name: string; readonly created: string }[] {
    return this.#file.tokens.map(({ name, created }) => ({ name, created }));
  }

  /** Makes a read-only token and returns it, this once; one of the same name is replaced. @throws WeirError REQUEST_INVALID. */
  addToken(name: string): string {
    const others = this.#file.tokens.filter((token) => token.name !== name);
    if (others.length >= MOST_TOKENS) {
      throw new WeirError('REQUEST_INVALID', `There are ${MOST_TOKENS} tokens already. Remove one first.`);
    }
    const token = makeSecret(TOKEN_GROUPS);
    const stored: StoredToken = { name, hash: fingerprint(token), created: new Date().toISOString() };
    this.#file = { ...this.#file, tokens: [...others, stored] };
    this.#save();
    return token;
  }

  removeToken(name: string): boolean {
    const tokens = this.#file.tokens.filter((token) => token.name !== name);
    const removed = tokens.length < this.#file.tokens.length;
    this.#file = { ...this.#file, tokens };
    if (removed) this.#save();
    return removed;
  }

  /** Beside, synced, renamed. */
  #save(): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      const fd = openSync(`${this.#path}.new`, 'w', 0o600);
      writeSync(fd, `${JSON.stringify(this.#file, null, 2)}\n`);
      fsyncSync(fd);
      closeSync(fd);
      renameSync(`${this.#path}.new`, this.#path);
    } catch (thrown) {
      throw new WeirError(
        'DATA_UNWRITABLE',
        `${this.#path}: the password's hash cannot be stored (${toError(thrown).message}); the page is not opened. Check owner and space.`,
        { cause: thrown },
      );
    }
  }
}

function readAccess(path: string): AccessFile | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isAccessFile(value)) return value;
    throw new TypeError('fields are missing');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw new WeirError(
      'FILE_UNREADABLE',
      `${path}: damaged (${toError(thrown).message}); the page is not opened. Delete the file to have a new password made.`,
      { cause: thrown },
    );
  }
}

function isAccessFile(value: unknown): value is AccessFile {
  const file = value as Partial<AccessFile> | null;
  return file?.schema === 'weir.access/1' && typeof file.password?.hash === 'string' && Array.isArray(file.tokens);
}

async function freshAccess(password: string): Promise<AccessFile> {
  const salt = randomBytes(16);
  const hash = await derive(normalise(password), salt, KEY_BYTES, SCRYPT);
  const created = new Date().toISOString();
  return {
    schema: 'weir.access/1',
    password: { salt: salt.toString('hex'), hash: hash.toString('hex'), created },
    tokens: [],
  };
}

/** The dashes and letter case are for the reader; leaving them out costs no chance. */
function normalise(password: string): string {
  return password.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
