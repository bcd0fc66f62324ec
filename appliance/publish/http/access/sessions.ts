// Who is logged in: 256-bit ids, kept by their hash in memory and, so that a restart logs nobody out, in the access folder with the
// times at which they end: twelve hours after their last use, and a week after the log-in whatever happens. The file belongs to one
// password: where another one is set, by whatever way, nobody is logged in any more.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ABSENT, CARD, expectOnly, MALFORMED } from '../../../model/expected-error.ts';
import { SESSIONS_FILE } from '../../../model/files/access-files.ts';
import { fingerprint } from '../../../model/secret.ts';
import { printable } from '../../../model/text.ts';

const IDLE_MS = 12 * 3_600_000;
const WHOLE_MS = 7 * 24 * 3_600_000;
/** The session unused for longest ends when one more begins. */
const MAX_SESSIONS = 32;
/** A page asks every few seconds; the card need not hear of each. A restart may so shorten a session by this much. */
const KEEP_EVERY_MS = 10 * 60_000;
const HASH = /^[0-9a-f]{64}$/;
/** Enough of the hash to name a session for ending it; it opens nothing. */
const REFERENCE_LETTERS = 16;
/** Characters of a browser's name in the list of sessions. */
const MAX_AGENT_LETTERS = 160;

/** Whence a log-in came: shown in the list of sessions. */
export interface SessionOrigin {
  readonly address: string;
  readonly agent: string;
}

export interface SessionRow extends SessionOrigin {
  readonly id: string;
  /** ISO 8601; null for one that a version without this list opened. */
  readonly opened: string | null;
  readonly last_use: string;
  readonly current: boolean;
}

interface Session extends SessionOrigin {
  readonly opened: string | null;
  /** Monotonic milliseconds. */
  lastUse: number;
  readonly until: number;
}

interface StoredSession extends Partial<SessionOrigin> {
  readonly hash: string;
  readonly ends: string;
  readonly until?: string;
  readonly opened?: string | null;
}

interface SessionsFile {
  readonly schema: 'weir.sessions/1';
  /** Mark of the password they belong to; absent in files of versions that did not write it. */
  readonly password?: string;
  readonly sessions: readonly StoredSession[];
}

export interface SessionsInput {
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Changes with the password (`AccessStore.passwordMark`). */
  readonly passwordMark: () => string;
  /** Milliseconds since 1970. */
  readonly wall?: () => number;
}

export class Sessions {
  readonly #path: string;
  readonly #wall: () => number;
  readonly #passwordMark: () => string;
  /** By hash, the least recent first. */
  readonly #sessions: Map<string, Session>;
  #keptAt = -Infinity;

  /** A damaged file logs everybody out, no more. */
  constructor(dataDir: string, { now, passwordMark, wall = Date.now }: SessionsInput) {
    this.#path = join(dataDir, SESSIONS_FILE);
    this.#wall = wall;
    this.#passwordMark = passwordMark;
    this.#sessions = readSessions(this.#path, passwordMark(), now, wall());
  }

  /** A new id; the session used least recently makes room. `now`: monotonic milliseconds, here and below. */
  open(now: number, { address, agent }: SessionOrigin): string {
    const id = randomBytes(32).toString('base64url');
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= MAX_SESSIONS && oldest.done !== true) this.#sessions.delete(oldest.value);
    const opened = new Date(this.#wall()).toISOString();
    const origin = { address, agent: printable(agent, MAX_AGENT_LETTERS) };
    this.#sessions.set(fingerprint(id), { ...origin, opened, lastUse: now, until: now + WHOLE_MS });
    this.#keep(now);
    return id;
  }

  /** Whether the id is one of ours; using it keeps it, but never beyond its week. */
  use(id: string, now: number): boolean {
    const key = fingerprint(id);
    const session = this.#sessions.get(key);
    if (session === undefined) return false;
    this.#sessions.delete(key);
    if (hasEnded(session, now)) return false;
    session.lastUse = now;
    this.#sessions.set(key, session);
    if (now - this.#keptAt > KEEP_EVERY_MS) this.#keep(now);
    return true;
  }

  close(id: string, now: number): void {
    if (this.#sessions.delete(fingerprint(id))) this.#keep(now);
  }

  /** Ends the session that a row names; false where there is none. */
  closeRow(reference: string, now: number): boolean {
    const key = [...this.#sessions.keys()].find((hash) => hash.startsWith(reference));
    if (reference.length !== REFERENCE_LETTERS || key === undefined) return false;
    this.#sessions.delete(key);
    this.#keep(now);
    return true;
  }

  /** Ends all, as a new password does. */
  closeAll(now: number): void {
    this.#sessions.clear();
    this.#keep(now);
  }

  /** The most recent first. `current`: the id of the caller. */
  rows(now: number, current: string | undefined): SessionRow[] {
    const own = current === undefined ? '' : fingerprint(current);
    const open = [...this.#sessions].filter(([, session]) => !hasEnded(session, now));
    return open.reverse().map(([hash, { address, agent, opened, lastUse }]) => ({
      id: hash.slice(0, REFERENCE_LETTERS),
      address,
      agent,
      opened,
      last_use: new Date(this.#wall() - (now - lastUse)).toISOString(),
      current: hash === own,
    }));
  }

  /** Where the card does not take it, sessions end with this process, as if they were not kept. */
  #keep(now: number): void {
    this.#keptAt = now;
    const instant = (monotonic: number) => new Date(this.#wall() + monotonic - now).toISOString();
    const sessions = [...this.#sessions].map(([hash, { lastUse, until, opened, address, agent }]) => {
      return { hash, ends: instant(lastUse + IDLE_MS), until: instant(until), opened, address, agent };
    });
    const file: SessionsFile = { schema: 'weir.sessions/1', password: this.#passwordMark(), sessions };
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (thrown) {
      expectOnly(thrown, 'keeping sessions', ...CARD, 'EEXIST');
      // A log-in must not fail for a full card.
    }
  }
}

function hasEnded({ lastUse, until }: Session, now: number): boolean {
  return now - lastUse > IDLE_MS || now > until;
}

/** What has not ended; a clock that was set back gives nobody more than the full times. */
function readSessions(path: string, passwordMark: string, now: number, wall: number): Map<string, Session> {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as SessionsFile;
    if (file.password !== undefined && file.password !== passwordMark) return new Map();
    const known = file.sessions.slice(-MAX_SESSIONS).filter(({ hash }) => HASH.test(hash));
    const read = known.map((stored) => [stored.hash, readSession(stored, now, wall)] as const);
    // Times that are none compare as false: such a session has ended.
    return new Map(read.filter(([, { lastUse, until }]) => now - lastUse < IDLE_MS && now < until));
  } catch (thrown) {
    expectOnly(thrown, 'reading sessions', ...ABSENT, ...MALFORMED);
    return new Map();
  }
}

function readSession({ ends, until, opened, address, agent }: StoredSession, now: number, wall: number): Session {
  const idleLeft = Math.min(IDLE_MS, Date.parse(ends) - wall);
  const wholeLeft = until === undefined ? WHOLE_MS : Math.min(WHOLE_MS, Date.parse(until) - wall);
  return {
    lastUse: now + idleLeft - IDLE_MS,
    until: now + wholeLeft,
    opened: opened ?? null,
    address: address ?? '',
    agent: agent ?? '',
  };
}
