// Which hosts of which app are no longer looked into, because they refused: the app keeps working, and the result says so. Each is tried
// again after a while, and when the tester asks.

import type { Outcome } from '../record/attempt.ts';

/** An alert is an answer; going away in silence can be chance once. */
const REFUSALS = { alerts: 1, silent: 2 } as const;
/** Where the same program spoke before: browsers open connections in advance, and two apps may look alike. */
const REFUSALS_BY_A_SPEAKER = { alerts: 2, silent: 4 } as const;
export const RETEST_MS = 10 * 60 * 1000;
/** One device, app, round, host, port and TLS client each; the one least recently learned of is forgotten. */
const MAX_KEYS = 4096;

interface Standing {
  /** Refusals in a row. */
  alerts: number;
  silent: number;
  hasSpoken: boolean;
  /** Of the refusal that decided. */
  since: number;
}

export class Passes {
  readonly #standings = new Map<string, Standing>();

  isPassed(key: string, now: number): boolean {
    const standing = this.#standings.get(key);
    if (standing === undefined) return false;
    const enough = standing.hasSpoken ? REFUSALS_BY_A_SPEAKER : REFUSALS;
    if (standing.alerts < enough.alerts && standing.silent < enough.silent) return false;
    if (now - standing.since < RETEST_MS) return true;
    this.#standings.delete(key);
    return false;
  }

  learn(key: string, outcome: Outcome, now: number): void {
    if (!['accepted', 'refused', 'closed', 'no_common_tls', 'server'].includes(outcome)) return;
    const standing = this.#standings.get(key) ?? { alerts: 0, silent: 0, hasSpoken: false, since: now };
    if (outcome === 'accepted') Object.assign(standing, { alerts: 0, silent: 0, hasSpoken: true });
    else if (outcome === 'closed') standing.silent += 1;
    else standing.alerts += 1;
    standing.since = now;
    this.#standings.delete(key);
    this.#standings.set(key, standing);
    if (this.#standings.size > MAX_KEYS) this.#standings.delete(this.#standings.keys().next().value ?? '');
  }

  forget(): void {
    this.#standings.clear();
  }
}
