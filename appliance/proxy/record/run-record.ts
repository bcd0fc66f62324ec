// What one run of the proxy leaves: rows of connections, TLS secrets, and the content as a pcap. Readable by its owner alone. At its end
// run.json names each file's SHA-256, which goes into the ledger. Bounded: what no longer fits is counted.

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import type { Activity, Ends, Recorder } from '../engine/proxy.ts';
import type { Taps } from '../engine/sockets.ts';
import type { Attempt, Round } from './attempt.ts';
import { ClearStream, PCAP_HEADER } from './clear-stream.ts';

export const ATTEMPTS_FILE = 'connections.ndjson';
export const SECRETS_FILE = 'tls-secrets.txt';
export const CONTENT_FILE = 'decrypted.pcap';
const RUN_FILE = 'run.json';
const FILES = [ATTEMPTS_FILE, SECRETS_FILE, CONTENT_FILE] as const;

/** Of content; a phone that streams video fills a card otherwise. */
const MAX_CONTENT_BYTES = 512 * 1024 * 1024;
/** Connections of one run; those beyond are counted. */
const MAX_ATTEMPTS = 100_000;
/** TLS secrets of one run; beyond, they are counted as not kept. */
const MAX_SECRETS_BYTES = 64 * 1024 * 1024;

export interface RunFacts {
  readonly schema: 'weir.proxy-run/1';
  readonly started: string;
  readonly ended: string;
  readonly device: string | null;
  /** What the tester said was going on at the end. */
  readonly app: string;
  readonly round: Round;
  readonly attempts: number;
  readonly attempts_not_kept: number;
  readonly content_bytes: number;
  readonly content_bytes_not_kept: number;
  /** Of TLS secrets: connections whose content nobody can decrypt later. */
  readonly secret_bytes_not_kept: number;
  readonly sha256: Readonly<Record<string, string>>;
}

export class RunFolder implements Recorder {
  readonly folder: string;
  readonly #started = new Date();
  readonly #mac: string | null;
  readonly #files: readonly [number, number, number];
  readonly #counts = { attempts: 0, lost: 0, content: 0, contentLost: 0, secrets: 0, secretsLost: 0 };
  #isOpen = true;

  /** Begins a folder of its own below `base`. `mac`: of the chosen device. @throws WeirError DATA_UNWRITABLE */
  constructor(base: string, mac: string | null) {
    const name = stamp(this.#started.toISOString());
    this.folder = freeName(join(base, 'runs', `${name}-${process.pid}`));
    this.#mac = mac;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      this.#files = [this.#create(ATTEMPTS_FILE), this.#create(SECRETS_FILE), this.#create(CONTENT_FILE)];
      writeSync(this.#files[2], PCAP_HEADER);
    } catch (thrown) {
      throw new WeirError(
        'DATA_UNWRITABLE',
        `${this.folder}: the run cannot be recorded (${toError(thrown).message}); nothing was started. Name another folder with --dir, or correct its owner.`,
      );
    }
  }

  #create(name: string): number {
    return openSync(join(this.folder, name), 'wx', 0o600);
  }

  get counts(): { readonly attempts: number; readonly not_kept: number } {
    return { attempts: this.#counts.attempts, not_kept: this.#counts.lost };
  }

  attempt(attempt: Attempt): void {
    if (this.#counts.attempts >= MAX_ATTEMPTS || !this.#write(0, Buffer.from(`${JSON.stringify(attempt)}\n`)))
      this.#counts.lost += 1;
    else this.#counts.attempts += 1;
  }

  missed(): void {
    this.#counts.lost += 1;
  }

  secret(line: string): void {
    const fits = this.#counts.secrets + line.length <= MAX_SECRETS_BYTES;
    if (fits && this.#write(1, Buffer.from(line, 'latin1'))) this.#counts.secrets += line.length;
    else this.#counts.secretsLost += line.length;
  }

  taps(ends: Ends): Taps {
    const stream = new ClearStream(ends, this.#mac);
    let [isBegun, isCut] = [false, false];
    const take = (from: 'app' | 'server') => (bytes: Buffer) => {
      // What follows a hole would read as if there were none.
      if (isCut) {
        this.#counts.contentLost += bytes.length;
        return;
      }
      const opening = isBegun ? Buffer.alloc(0) : stream.open(micros());
      const fits = this.#counts.content + bytes.length <= MAX_CONTENT_BYTES;
      if (!fits || !this.#write(2, Buffer.concat([opening, stream.data(micros(), from, bytes)]))) {
        this.#counts.contentLost += bytes.length;
        isCut = true;
        return;
      }
      isBegun = true;
      this.#counts.content += bytes.length;
    };
    return { up: take('app'), down: take('server') };
  }

  /** A card that is full costs the record and not the app's connection; what is missing is counted. */
  #write(file: 0 | 1 | 2, bytes: Buffer): boolean {
    if (!this.#isOpen) return false;
    try {
      writeSync(this.#files[file], bytes);
      return true;
    } catch (thrown) {
      expectOnly(thrown, 'recording what the proxy saw', 'ENOSPC', 'EDQUOT', 'EIO');
      return false;
    }
  }

  /** Closes the files and says what is in them. */
  finish({ app, round }: Activity = { app: '', round: 'after' }): RunFacts {
    this.#isOpen = false;
    for (const file of this.#files) closeSync(file);
    const { attempts, lost, content, contentLost, secretsLost } = this.#counts;
    const facts: RunFacts = {
      schema: 'weir.proxy-run/1',
      started: this.#started.toISOString(),
      ended: new Date().toISOString(),
      device: this.#mac,
      app,
      round,
      attempts,
      attempts_not_kept: lost,
      content_bytes: content,
      content_bytes_not_kept: contentLost,
      secret_bytes_not_kept: secretsLost,
      sha256: hashes(this.folder),
    };
    writeFileSync(join(this.folder, RUN_FILE), `${JSON.stringify(facts, null, 1)}\n`, { mode: 0o600 });
    return facts;
  }
}

/** Of the files of a run, by their names. */
export function hashes(folder: string): Readonly<Record<string, string>> {
  const sha256 = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(FILES.map((name) => [name, sha256(name)]));
}

/** What was going on when a run ended, or with its last connection where it was cut off. */
export function lastActivity(folder: string): Activity {
  try {
    const { app, round } = JSON.parse(readFileSync(join(folder, RUN_FILE), 'utf8')) as RunFacts;
    return { app, round };
  } catch (thrown) {
    expectOnly(thrown, 'reading how a run ended', SyntaxError, ...UNREADABLE);
    const last = readAttempts(folder).at(-1);
    return { app: last?.app ?? '', round: last?.round ?? 'before' };
  }
}

/** Seconds of an ISO 8601 time, as folders of runs are named. */
function stamp(iso: string): string {
  return iso.replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
}

/** Whether a folder is of a run that was begun at `since` (ISO 8601, UTC) or later; by its name, which no copy changes. */
export function wasBegunSince(folder: string, since: string): boolean {
  return basename(folder) >= stamp(since);
}

/** When the files of a run were last written, ISO 8601; undefined without a run or without files. */
export function lastSign(folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  const times = FILES.flatMap((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? []);
  return times.length === 0 ? undefined : new Date(Math.max(...times)).toISOString();
}

/** System time: what captures have too. */
function micros(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
}

/** Folders of the runs below `base`, oldest first; none where there was no run. @throws WeirError FILE_UNREADABLE */
export function runFolders(base: string): readonly string[] {
  try {
    return readdirSync(join(base, 'runs'))
      .sort()
      .map((name) => join(base, 'runs', name));
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    expectOnly(thrown, 'listing the runs of the proxy', ...UNREADABLE);
    throw new WeirError('FILE_UNREADABLE', `${base}/runs cannot be read (${toError(thrown).message}); use sudo.`);
  }
}

/** Whole rows of a run; a line that a crash tore is left out. @throws WeirError FILE_UNREADABLE */
export function readAttempts(folder: string): readonly Attempt[] {
  return readRows(folder)
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Attempt];
      } catch (thrown) {
        expectOnly(thrown, `reading ${folder}`, SyntaxError);
        return [];
      }
    });
}

function readRows(folder: string): string {
  const path = join(folder, ATTEMPTS_FILE);
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    expectOnly(thrown, 'reading a run of the proxy', ...UNREADABLE);
    throw new WeirError(
      'FILE_UNREADABLE',
      `${path} cannot be read (${toError(thrown).message}); no table was made. Name other runs with --run, or use sudo.`,
    );
  }
}

/** Several runs of one process may begin within a second. */
function freeName(path: string): string {
  for (let n = 2, name = path; ; n++) {
    if (!existsSync(name)) return name;
    name = `${path}-${n}`;
  }
}
