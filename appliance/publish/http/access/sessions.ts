// Who is logged in: 256-bit ids, kept by their hash in memory and, so that a restart logs nobody out, in the access folder with the
// time at which they end: twelve hours after their last use.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SESSIONS_FILE } from '../../../model/access-files.ts';
import { fingerprint } from '../../../model/secret.ts';

const IDLE_MS = 12 * 3_600_000;
const MOST_SESSIONS = 32;
/** A page asks every few seconds; the card need not hear of each. A restart may so shorten a session by this much. */
const KEEP_EVERY_MS = 10 * 60_000;
const HASH = /^[0-9a-f]{64}$/;

interface SessionsFile {
  readonly schema: 'weir.sessions/1';
  readonly sessions: readonly { readonly hash: string; readonly ends: string }[];
}

export class Sessions {
  readonly #path: string;
  readonly #wall: () => number;
  /** Monotonic milliseconds, the least recent first. */
  readonly #lastUse = new Map<string, number>();
  #keptAt = -Infinity;

  /** `now`: monotonic milliseconds; `wall`: milliseconds since 1970. A damaged file logs everybody out, no more. */
  constructor(dataDir: string, now: number, wall: () => number = Date.now) {
    this.#path = join(dataDir, SESSIONS_FILE);
    this.#wall = wall;
    for (const [hash, endsIn] of readSessions(this.#path, wall())) this.#lastUse.set(hash, now + endsIn - IDLE_MS);
  }

  /** A new id; the session used least recently makes room. `now`: monotonic milliseconds. */
  open(now: number): string {
    const id = randomBytes(32).toString('base64url');
    const oldest = this.#lastUse.keys().next();
    if (this.#lastUse.size >= MOST_SESSIONS && oldest.done !== true) this.#lastUse.delete(oldest.value);
    this.#lastUse.set(fingerprint(id), now);
    this.#keep(now);
    return id;
  }

  /** Whether the id is one of ours; using it keeps it. */
  use(id: string, now: number): boolean {
    const key = fingerprint(id);
    const last = this.#lastUse.get(key);
    if (last === undefined) return false;
    this.#lastUse.delete(key);
    if (now - last > IDLE_MS) return false;
    this.#lastUse.set(key, now);
    if (now - this.#keptAt > KEEP_EVERY_MS) this.#keep(now);
    return true;
  }

  close(id: string, now: number): void {
    if (this.#lastUse.delete(fingerprint(id))) this.#keep(now);
  }

  /** Where the card does not take it, sessions end with this process, as if they were not kept. */
  #keep(now: number): void {
    this.#keptAt = now;
    const sessions = [...this.#lastUse].map(([hash, last]) => {
      const ends = new Date(this.#wall() + IDLE_MS - (now - last)).toISOString();
      return { hash, ends };
    });
    const file: SessionsFile = { schema: 'weir.sessions/1', sessions };
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // A log-in must not fail for a full card.
    }
  }
}

/** Hash and milliseconds left of each session that has not ended; a clock that was set back gives nobody more than the full time. */
function readSessions(path: string, wall: number): (readonly [hash: string, endsIn: number])[] {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as SessionsFile;
    return file.sessions
      .slice(-MOST_SESSIONS)
      .map(({ hash, ends }) => [hash, Math.min(IDLE_MS, Date.parse(ends) - wall)] as const)
      .filter(([hash, endsIn]) => HASH.test(hash) && endsIn > 0);
  } catch {
    return [];
  }
}
