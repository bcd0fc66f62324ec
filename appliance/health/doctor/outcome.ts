// What a check is, and the words in which it answers. A check is pure: facts in, verdict out.

import type { Area, Verdict } from '../../model/check-up.ts';
import type { Facts } from './facts.ts';
import type { Look } from './look.ts';

export interface Outcome {
  readonly verdict: Verdict;
  readonly seen: string;
  /** Where it says more than the check's own text. */
  readonly means?: string;
  readonly fix?: string;
}

export interface Check {
  /** Kebab-case; stable, for scripts. */
  readonly id: string;
  readonly area: Area;
  /** True when all is well. */
  readonly title: string;
  /** What follows when it is not. */
  readonly means: string;
  /** One line that mends it. */
  readonly fix: string;
  readonly look: (facts: Facts) => Outcome;
}

type Words = Pick<Outcome, 'means' | 'fix'>;

export const ok = (what: string): Outcome => ({ verdict: 'ok', seen: what });
export const warn = (what: string, words: Words = {}): Outcome => ({ verdict: 'warn', seen: what, ...words });
export const fail = (what: string, words: Words = {}): Outcome => ({ verdict: 'fail', seen: what, ...words });
export const unknown = (why: string): Outcome => ({ verdict: 'unknown', seen: why });
export const notApplicable = (why: string): Outcome => ({ verdict: 'not applicable', seen: why });

/** Goes on where the fact is known. */
export function known<T>(look: Look<T>, judge: (value: T) => Outcome): Outcome {
  return 'value' in look ? judge(look.value) : unknown(look.unknown);
}

/** For checks of the access point: a machine that only captures an existing bridge has none. */
export function ofAccessPoint(judge: (facts: Facts) => Outcome): (facts: Facts) => Outcome {
  return (facts) =>
    facts.settings.config.ap.enabled ? judge(facts) : notApplicable('the access point is switched off (ap.enabled)');
}
