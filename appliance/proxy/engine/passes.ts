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

interface History {
  /** Refusals in a row. */
  alerts: number;
  silent: number;
  hasSpoken: boolean;
  /** Of the refusal that decided. */
  since: number;
}

export class Passes {
  readonly #histories = new Map<string, History>();

  isPassed(key: string, now: number): boolean {
    const history = this.#histories.get(key);
    if (history === undefined) return false;
    const enough = history.hasSpoken ? REFUSALS_BY_A_SPEAKER : REFUSALS;
    if (history.alerts < enough.alerts && history.silent < enough.silent) return false;
    if (now - history.since < RETEST_MS) return true;
    this.#histories.delete(key);
    return false;
  }

  learn(key: string, outcome: Outcome, now: number): void {
    if (!['accepted', 'refused', 'closed', 'no_common_tls', 'server'].includes(outcome)) return;
    const history = this.#histories.get(key) ?? { alerts: 0, silent: 0, hasSpoken: false, since: now };
    if (outcome === 'accepted') Object.assign(history, { alerts: 0, silent: 0, hasSpoken: true });
    else if (outcome === 'closed') history.silent += 1;
    else history.alerts += 1;
    history.since = now;
    this.#histories.delete(key);
    this.#histories.set(key, history);
    if (this.#histories.size > MAX_KEYS) this.#histories.delete(this.#histories.keys().next().value ?? '');
  }

  forget(): void {
    this.#histories.clear();
  }
}
