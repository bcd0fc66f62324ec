// All rules over all sightings of a device: which platforms it belongs to, where that stays ambiguous, and what decided.

import type { PlatformAnswer } from '../../model/analysis-document.ts';
import { describeCondition } from './condition.ts';
import { type Decision, decide } from './decide.ts';
import { LikelyRules } from './likely-rules.ts';
import type { PlatformRule } from './rule.ts';
import type { Sighting } from './sightings.ts';

export interface Judgement {
  readonly rule: PlatformRule;
  readonly peer: string;
  readonly decision: Decision;
}

/** Of one device; the rest is as likely the work of somebody who wants it to be full. */
const MAX_ANSWERS = 32;

/** Every rule that has a word to say of a sighting, in the order of sightings and rules. */
export function judge(rules: readonly PlatformRule[], sightings: readonly Sighting[]): Judgement[] {
  return sightings.flatMap((sighting) => rules.flatMap((rule) => judgeOne(rule, sighting)));
}

const indexed = new WeakMap<readonly PlatformRule[], LikelyRules>();

function likelyRules(rules: readonly PlatformRule[]): LikelyRules {
  const known = indexed.get(rules);
  if (known !== undefined) return known;
  const made = new LikelyRules(rules);
  indexed.set(rules, made);
  return made;
}

function judgeOne(rule: PlatformRule, sighting: Sighting): Judgement[] {
  const decision = decide(rule, sighting);
  if (decision.word === 'open') return [];
  if (decision.word === 'candidate' && !rule.candidate) return [];
  return [{ rule, peer: sighting.peer, decision }];
}

/**
 * One answer for each platform and for each set of candidates, of the first far end in the order of names. A set of candidates is
 * no answer once one of them is known: that explains it.
 * @param isApp whether what is said to this far end is an app's: a phone speaks to the clouds of all makers
 */
export function platformAnswers(
  rules: readonly PlatformRule[],
  sightings: readonly Sighting[],
  isApp: (peer: string) => boolean,
): PlatformAnswer[] {
  const likely = likelyRules(rules);
  const judgements = sightings.flatMap((sighting) => likely.of(sighting).flatMap((rule) => judgeOne(rule, sighting)));
  const certain = firstOfEach(judgements.filter(({ decision }) => decision.word === 'belongs').map(toAnswer(isApp)));
  const known = new Set(certain.flatMap(({ platforms }) => platforms));
  const open = firstOfEach(candidates(judgements, isApp));
  const unexplained = open.filter(({ platforms }) => !platforms.some((platform) => known.has(platform)));
  return [...certain, ...unexplained].slice(0, MAX_ANSWERS);
}

function toAnswer(isApp: (peer: string) => boolean): (judgement: Judgement) => PlatformAnswer {
  return ({ rule, peer, decision }) => ({
    answer: 'belongs',
    platforms: [rule.platform],
    by: isApp(peer) ? 'app' : 'device',
    peer: peer === '' ? null : peer,
    rule: rule.id,
    decided: describeDecision(decision),
  });
}

/** Of each far end of which nothing is certain those platforms that it may be. */
function candidates(judgements: readonly Judgement[], isApp: (peer: string) => boolean): PlatformAnswer[] {
  const certain = new Set(judgements.filter(({ decision }) => decision.word === 'belongs').map(({ peer }) => peer));
  const byPeer = new Map<string, Judgement[]>();
  for (const judgement of judgements) {
    if (judgement.decision.word !== 'candidate' || certain.has(judgement.peer)) continue;
    byPeer.set(judgement.peer, [...(byPeer.get(judgement.peer) ?? []), judgement]);
  }
  return [...byPeer.values()].map((of) => ({
    ...toAnswer(isApp)(of[0]!),
    answer: 'ambiguous',
    platforms: [...new Set(of.map(({ rule }) => rule.platform))].sort(),
    rule: of.map(({ rule }) => rule.id).join(', '),
  }));
}

/** In the order of platforms; what the device itself does before what an app does. */
function firstOfEach(answers: readonly PlatformAnswer[]): PlatformAnswer[] {
  const first = new Map<string, PlatformAnswer>();
  for (const answer of answers) {
    const key = answer.platforms.join();
    const known = first.get(key);
    if (known === undefined || (known.by === 'app' && answer.by === 'device')) first.set(key, answer);
  }
  return [...first.keys()].sort().map((key) => first.get(key)!);
}

/** `sufficient-positive: answer JSON with did, pd_id`. */
export function describeDecision({ word, by, conditions, against }: Decision): string {
  const isAbsent = (by === 'necessary-positive' && word === 'not') || by === 'necessary-negative';
  const reported = conditions.map(describeCondition).join(' or ');
  const contradiction = against === undefined ? '' : `; ${against} says the opposite`;
  return `${by}: ${isAbsent ? 'no ' : ''}${reported}${word === 'candidate' ? ', and nothing decides' : ''}${contradiction}`;
}
