// The four kinds of condition (IoTPF, §III E), weighed for one rule and one sighting. Necessary ones come first, as the paper has
// it. It does not say which of two that contradict each other wins: here the negative one, for "belongs" is what gets cited, and
// the contradiction is reported.

import { type Condition, holds } from './condition.ts';
import type { Sighting } from './sightings.ts';

export const CONDITION_KINDS = [
  'necessary-positive',
  'necessary-negative',
  'sufficient-negative',
  'sufficient-positive',
] as const;
export type ConditionKind = (typeof CONDITION_KINDS)[number];

/** Any condition of a kind makes its feature present. */
export type Conditions = { readonly [kind in ConditionKind]?: readonly Condition[] };

/**
 * `belongs` and `not`: a condition decided. `candidate`: what is necessary is there, and nothing decides. `open`: the rule has
 * nothing to say.
 */
export type Word = 'belongs' | 'not' | 'candidate' | 'open';

export interface Decision {
  readonly word: Word;
  /** Which kind decided; of a candidate what made it one. */
  readonly by?: ConditionKind;
  /** The condition that was found; those of which none was found, where absence decides. */
  readonly conditions: readonly Condition[];
  /** A kind that would have said the opposite. */
  readonly against?: ConditionKind;
}

interface Vote {
  readonly kind: ConditionKind;
  readonly word: 'belongs' | 'not';
  readonly conditions: readonly Condition[];
}

const OPEN: Decision = { word: 'open', conditions: [] };

export function decide(rule: Conditions, sighting: Sighting): Decision {
  const votes = CONDITION_KINDS.flatMap((kind) => voteOf(kind, rule[kind] ?? [], sighting));
  const [first] = votes;
  if (first === undefined) return candidate(rule['necessary-positive'] ?? [], sighting);
  const against = votes.find(({ word }) => word !== first.word)?.kind;
  const { kind: by, word, conditions } = first;
  return { word, by, conditions, ...(against === undefined ? {} : { against }) };
}

function voteOf(kind: ConditionKind, conditions: readonly Condition[], sighting: Sighting): Vote[] {
  if (conditions.length === 0) return [];
  const found = conditions.filter((condition) => holds(condition, sighting));
  const isPresent = found.length > 0;
  switch (kind) {
    case 'necessary-positive':
      return isPresent ? [] : [{ kind, word: 'not', conditions }];
    case 'necessary-negative':
      return isPresent ? [] : [{ kind, word: 'belongs', conditions }];
    case 'sufficient-negative':
      return isPresent ? [{ kind, word: 'not', conditions: found.slice(0, 1) }] : [];
    case 'sufficient-positive':
      return isPresent ? [{ kind, word: 'belongs', conditions: found.slice(0, 1) }] : [];
  }
}

function candidate(necessary: readonly Condition[], sighting: Sighting): Decision {
  if (necessary.length === 0) return OPEN;
  const conditions = necessary.filter((condition) => holds(condition, sighting)).slice(0, 1);
  return { word: 'candidate', by: 'necessary-positive', conditions };
}
