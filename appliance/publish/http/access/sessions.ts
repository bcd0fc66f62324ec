// Who is logged in: 256-bit ids, kept in memory by their hash, gone after twelve idle hours or a restart.

import { randomBytes } from 'node:crypto';
import { fingerprint } from '../../../model/secret.ts';

const IDLE_MS = 12 * 3_600_000;
const MOST_SESSIONS = 32;

export class Sessions {
  readonly #lastUse = new Map<string, number>();

  /** A new id; the session used least recently makes room. `now`: monotonic milliseconds. */
  open(now: number): string {
    const id = randomBytes(32).toString('base64url');
    const oldest = this.#lastUse.keys().next();
    if (this.#lastUse.size >= MOST_SESSIONS && oldest.done !== true) this.#lastUse.delete(oldest.value);
    this.#lastUse.set(fingerprint(id), now);
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
    return true;
  }

  close(id: string): void {
    this.#lastUse.delete(fingerprint(id));
  }
}
