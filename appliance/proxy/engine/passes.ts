// Which hosts of which app are no longer looked into, because they refused: the app keeps working, and the result says so. Each is tried
// again after a while, and when the tester asks.

import type { Outcome } from '../record/attempt.ts';

/** An alert is an answer; going away in silence can be chance once. */
const SILENT_REFUSALS = 2;
export const RETEST_MS = 10 * 60 * 1000;
const MOST_KEYS = 4096;

interface Standing {
  alerts: number;
  silent: number;
  accepted: number;
  /** Of the refusal that decided. */
  since: number;
}

export class Passes {
  readonly #standings = new Map<string, Standing>();

  isPassed(key: string, now: number): boolean {
    const standing = this.#standings.get(key);
    if (standing === undefined || standing.accepted > 0) return false;
    if (standing.alerts === 0 && standing.silent < SILENT_REFUSALS) return false;
    if (now - standing.since < RETEST_MS) return true;
    this.#standings.delete(key);
    return false;
  }

  learn(key: string, outcome: Outcome, now: number): void {
    if (!['accepted', 'refused', 'closed', 'no_common_tls', 'server'].includes(outcome)) return;
    const standing = this.#standings.get(key) ?? { alerts: 0, silent: 0, accepted: 0, since: now };
    if (outcome === 'accepted') standing.accepted += 1;
    else if (outcome === 'closed') standing.silent += 1;
    else standing.alerts += 1;
    standing.since = now;
    this.#standings.delete(key);
    this.#standings.set(key, standing);
    if (this.#standings.size > MOST_KEYS) this.#standings.delete(this.#standings.keys().next().value ?? '');
  }

  forget(): void {
    this.#standings.clear();
  }
}
