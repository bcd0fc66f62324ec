// The password of the page and the tokens for scripts, on the card: only their hashes. Where first boot left a claim, the holder
// holds its token chooses the password; otherwise one is made at the first start and shown once. There is no default one.
// Folder `access/` of the data folder, readable by the owner alone.

import { randomBytes, scrypt } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode, toError, WeirError } from '../../../model/errors.ts';
import { CARD, expectOnly } from '../../../model/expected-error.ts';
import { ACCESS_FILE, CLAIM_FILE, isClaimOf } from '../../../model/files/access-files.ts';
import { equalHex, fingerprint, makeSecret } from '../../../model/secret.ts';
import type { TokenScope } from '../../../model/token-scopes.ts';
import type { TokenResponse, TokenRow } from '../../schemas/access.ts';
import { SCOPES_OF_BEFORE } from './scopes.ts';

/** 125 bits. */
const PASSWORD_GROUPS = 5;
const TOKEN_GROUPS = 8;
/** Tokens of one appliance; one more is refused until one is removed. */
const MAX_TOKENS = 32;
const DAY_MS = 86_400_000;
/** A script asks each second: when a token was used reaches the card so often at most. */
const KEEP_USES_MS = 3_600_000;
/** A clock is set back by a little now and then. */
const CLOCK_SLACK_MS = 60_000;
/** scrypt as RFC 7914 §2: N=2^14, r=8, p=1: 87 ms on a desktop, half a second on a Pi 3. */
const SCRYPT = { N: 16_384, r: 8, p: 1 } as const;
const KEY_BYTES = 32;

const derive = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt);

interface AccessFile {
  readonly schema: 'weir.access/1';
  readonly password: {
    readonly salt: string;
    readonly hash: string;
    readonly created: string;
    /** Chosen by a person: every character counts. Absent for one that was made. */
    readonly chosen?: boolean;
  };
  readonly tokens: readonly StoredToken[];
}

interface StoredToken {
  readonly name: string;
  readonly hash: string;
  readonly created: string;
  /** Absent in files of versions without scopes. */
  readonly scopes?: readonly TokenScope[];
  /** ISO 8601; null or absent: never. */
  readonly expires?: string | null;
  /** ISO 8601, an hour old at most; absent before the first use. */
  readonly last_use?: string;
}

/** What a request with a token proved. */
export interface KnownToken {
  readonly name: string;
  readonly hash: string;
  readonly scopes: readonly TokenScope[];
}

export class AccessStore {
  readonly #path: string;
  readonly #claimPath: string;
  /** Undefined while the appliance waits for its claim. */
  #file: AccessFile | undefined;
  readonly #wall: () => number;
  /** By hash of the token, milliseconds since 1970. */
  readonly #uses = new Map<string, number>();
  #usesKeptAt = Number.NEGATIVE_INFINITY;

  private constructor(dataDir: string, file: AccessFile | undefined, wall: () => number) {
    this.#wall = wall;
    this.#path = join(dataDir, ACCESS_FILE);
    this.#claimPath = join(dataDir, CLAIM_FILE);
    this.#file = file;
  }

  /**
   * Reads the folder. Without a password in it the store waits for the claim that first boot left there; without a claim
   * either, it makes a password, which `made` hears once.
   * @throws WeirError DATA_UNWRITABLE; FILE_UNREADABLE where the file is damaged: no new password is made then.
   */
  static async open(
    dataDir: string,
    made: (password: string) => void,
    wall: () => number = Date.now,
  ): Promise<AccessStore> {
    const store = new AccessStore(dataDir, readAccess(join(dataDir, ACCESS_FILE)), wall);
    if (store.#file !== undefined || store.#readClaim() !== undefined) return store;
    const password = makeSecret(PASSWORD_GROUPS);
    store.#keep(await freshAccess(password, false));
    made(password);
    return store;
  }

  get isClaimed(): boolean {
    return this.#file !== undefined;
  }

  /** Another one for each password; says nothing about it. Empty before the claim. */
  get passwordMark(): string {
    return this.#file === undefined ? '' : fingerprint(`weir ${this.#file.password.salt} ${this.#file.password.hash}`);
  }

  /**
   * Sets the password, once, by the holder of the token; the claim is gone then. False for a wrong token, and for anyone who
   * comes second. @throws WeirError DATA_UNWRITABLE: the claim is unchanged.
   */
  async claim(token: string, password: string): Promise<boolean> {
    if (this.isClaimed || !isClaimOf(this.#readClaim(), token)) return false;
    const file = await freshAccess(password, true);
    // Hashing took its time; another claim may have been the faster one.
    if (this.isClaimed) return false;
    this.#keep(file);
    rmSync(this.#claimPath, { force: true });
    return true;
  }

  /** Sets another password and takes all tokens back: a holder may have been the reason. @throws WeirError DATA_UNWRITABLE. */
  async changePassword(password: string): Promise<void> {
    this.#claimedFile();
    this.#keep(await freshAccess(password, true));
  }

  async isPassword(attempt: string): Promise<boolean> {
    if (this.#file === undefined) return false;
    const { salt, hash, chosen } = this.#file.password;
    const derived = await derive(normalise(attempt, chosen === true), Buffer.from(salt, 'hex'), KEY_BYTES, SCRYPT);
    return equalHex(derived.toString('hex'), hash);
  }

  /** Undefined for a token that is not known, was revoked or has ended. */
  findToken(token: string): KnownToken | undefined {
    return this.findTokenHash(fingerprint(token));
  }

  /** The same by its hash: whether a stream that it opened may go on. */
  findTokenHash(hash: string): KnownToken | undefined {
    const known = this.#file?.tokens.find((stored) => equalHex(stored.hash, hash));
    if (known === undefined || hasEnded(known, this.#wall())) return undefined;
    this.#noteUse(known.hash);
    return { name: known.name, hash: known.hash, scopes: known.scopes ?? SCOPES_OF_BEFORE };
  }

  get tokens(): TokenRow[] {
    return (this.#file?.tokens ?? []).map((token) => rowOf(this.#withUse(token)));
  }

  /** A card that takes nothing costs this word and nothing else. */
  #noteUse(hash: string): void {
    const now = this.#wall();
    this.#uses.set(hash, now);
    if (this.#file === undefined || Math.abs(now - this.#usesKeptAt) < KEEP_USES_MS) return;
    this.#usesKeptAt = now;
    try {
      this.#keep({ ...this.#file, tokens: this.#file.tokens.map((token) => this.#withUse(token)) });
    } catch (thrown) {
      expectOnly(thrown, 'keeping when tokens were used', ...CARD);
      // The next hour tries again.
    }
  }

  #withUse(token: StoredToken): StoredToken {
    const used = this.#uses.get(token.hash);
    return used === undefined ? token : { ...token, last_use: new Date(used).toISOString() };
  }

  /**
   * Makes a token and returns it, this once; one of the same name is replaced. `days`: until it ends; null for never.
   * @throws WeirError REQUEST_INVALID.
   */
  addToken(name: string, scopes: readonly TokenScope[], days: number | null): TokenResponse {
    const file = this.#claimedFile();
    const others = file.tokens.filter((token) => token.name !== name);
    if (others.length >= MAX_TOKENS) {
      throw new WeirError('REQUEST_INVALID', `There are ${MAX_TOKENS} tokens already. Remove one first.`);
    }
    const token = makeSecret(TOKEN_GROUPS);
    const now = this.#wall();
    const created = new Date(now).toISOString();
    const expires = days === null ? null : new Date(now + days * DAY_MS).toISOString();
    const stored: StoredToken = { name, hash: fingerprint(token), created, scopes, expires };
    this.#keep({ ...file, tokens: [...others, stored] });
    return { ...rowOf(stored), token };
  }

  removeToken(name: string): boolean {
    const file = this.#claimedFile();
    const tokens = file.tokens.filter((token) => token.name !== name);
    if (tokens.length === file.tokens.length) return false;
    this.#keep({ ...file, tokens });
    return true;
  }

  /** Only the local socket gets here before the claim. */
  #claimedFile(): AccessFile {
    if (this.#file !== undefined) return this.#file;
    throw new WeirError('REQUEST_INVALID', 'The page has no password yet. Claim it first.');
  }

  #readClaim(): string | undefined {
    try {
      return readFileSync(this.#claimPath, 'utf8');
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw unreadable(this.#claimPath, thrown, 'Start again: first boot makes a new claim.');
    }
  }

  /** Temporary file, synced, renamed; what cannot be stored is not taken. */
  #keep(file: AccessFile): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      const fd = openSync(`${this.#path}.new`, 'w', 0o600);
      writeSync(fd, `${JSON.stringify(file, null, 2)}\n`);
      fsyncSync(fd);
      closeSync(fd);
      renameSync(`${this.#path}.new`, this.#path);
      syncFolder(dirname(this.#path));
      this.#file = file;
    } catch (thrown) {
      throw new WeirError(
        'DATA_UNWRITABLE',
        `${this.#path}: the password's hash cannot be stored (${toError(thrown).message}); the page is not opened. Check owner and space.`,
        { cause: thrown },
      );
    }
  }
}

function rowOf({ name, created, scopes, expires, last_use }: StoredToken): TokenRow {
  const known = [...(scopes ?? SCOPES_OF_BEFORE)];
  return { name, created, scopes: known, expires: expires ?? null, last_use: last_use ?? null };
}

/** While the clock says a time before the token was made, it is not set yet, and nobody knows whether the token has ended: it waits. */
function hasEnded({ created, expires }: StoredToken, now: number): boolean {
  if (expires === undefined || expires === null) return false;
  return !(now >= Date.parse(created) - CLOCK_SLACK_MS && now < Date.parse(expires));
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

function readAccess(path: string): AccessFile | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isAccessFile(value)) return value;
    throw new TypeError('fields are missing');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw unreadable(path, thrown, 'Delete the file to have a new password made.');
  }
}

function unreadable(path: string, thrown: unknown, remedy: string): WeirError {
  const message = `${path}: damaged (${toError(thrown).message}); the page is not opened. ${remedy}`;
  return new WeirError('FILE_UNREADABLE', message, { cause: thrown });
}

function isAccessFile(value: unknown): value is AccessFile {
  const file = value as Partial<AccessFile> | null;
  return file?.schema === 'weir.access/1' && typeof file.password?.hash === 'string' && Array.isArray(file.tokens);
}

async function freshAccess(password: string, chosen: boolean): Promise<AccessFile> {
  const salt = randomBytes(16);
  const hash = await derive(normalise(password, chosen), salt, KEY_BYTES, SCRYPT);
  const created = new Date().toISOString();
  return {
    schema: 'weir.access/1',
    password: { salt: salt.toString('hex'), hash: hash.toString('hex'), created, ...(chosen ? { chosen } : {}) },
    tokens: [],
  };
}

/**
 * In a password that was made, dashes and letter case are for the reader; leaving them out costs no chance. One that was
 * chosen is taken as it is, but for the ways in which keyboards compose the same letter (NIST SP 800-63B §5.1.1.2).
 */
function normalise(password: string, chosen: boolean): string {
  return chosen ? password.normalize('NFKC') : password.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
