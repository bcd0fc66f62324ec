// The four kinds of condition against each other, and patterns.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, platformAnswers } from '../../../appliance/analysis/platforms/answers.ts';
import { type Condition, isLike } from '../../../appliance/analysis/platforms/condition.ts';
import { type Conditions, decide, type Word } from '../../../appliance/analysis/platforms/decide.ts';
import type { PlatformRule } from '../../../appliance/analysis/platforms/rule.ts';
import { BUILT_IN } from '../../../appliance/analysis/platforms/rule-folder.ts';
import type { Sighting } from '../../../appliance/analysis/platforms/sightings.ts';

const feature = (keys: string): Condition[] => [{ is: 'json', fields: ['answer-json'], keys: [keys] }];
const RULE: Conditions = {
  'necessary-positive': feature('np'),
  'necessary-negative': feature('nn'),
  'sufficient-positive': feature('sp'),
  'sufficient-negative': feature('sn'),
};

function showing(...words: string[]): Sighting {
  return { peer: 'cloud.example', facts: [{ field: 'answer-json', text: '', words }] };
}

/**
 * Written down from the paper (§III E), not from the program: its necessary conditions decide before the sufficient ones. Where it
 * names no order (the two of a pair contradict each other) "not" wins.
 */
const TABLE: readonly (readonly [string, Word])[] = [
  ['', 'not'],
  ['sp', 'not'],
  ['sn', 'not'],
  ['sn sp', 'not'],
  ['nn', 'not'],
  ['nn sp', 'not'],
  ['nn sn', 'not'],
  ['nn sn sp', 'not'],
  ['np', 'belongs'],
  ['np sp', 'belongs'],
  ['np sn', 'belongs'],
  ['np sn sp', 'belongs'],
  ['np nn', 'candidate'],
  ['np nn sp', 'belongs'],
  ['np nn sn', 'not'],
  ['np nn sn sp', 'not'],
];

test('all sixteen combinations of the four kinds are decided, the necessary ones first', () => {
  const found = TABLE.map(([shown]) => [shown, decide(RULE, showing(...shown.split(' '))).word]);
  assert.deepEqual(found, TABLE);
});

test('what decided is reported, and what says the opposite', () => {
  const kinds = ['', 'nn', 'np sn', 'np nn sn sp', 'np nn sp'].map((shown) => {
    const { by, against } = decide(RULE, showing(...shown.split(' ')));
    return [by, against];
  });
  assert.deepEqual(kinds, [
    ['necessary-positive', 'necessary-negative'],
    ['necessary-positive', undefined],
    ['necessary-negative', 'sufficient-negative'],
    ['sufficient-negative', 'sufficient-positive'],
    ['sufficient-positive', undefined],
  ]);
});

const KINDS = ['necessary-positive', 'necessary-negative', 'sufficient-positive', 'sufficient-negative'] as const;

/** A kind that a rule lacks says nothing: all sixteen sets of kinds, each with its features there and not there. */
test('a rule of any of the kinds decides as its kinds do alone', () => {
  for (let set = 0; set < 16; set++) {
    const kinds = KINDS.filter((_, bit) => (set >> bit) & 1);
    const rule: Conditions = Object.fromEntries(kinds.map((kind) => [kind, RULE[kind]]));
    const has = (kind: (typeof KINDS)[number]): boolean => rule[kind] !== undefined;
    const absent = decide(rule, showing('other')).word;
    const present = decide(rule, showing('np', 'nn', 'sp', 'sn')).word;
    const whenAbsent = has('necessary-positive') ? 'not' : has('necessary-negative') ? 'belongs' : 'open';
    const undecided = has('necessary-positive') ? 'candidate' : 'open';
    const whenPresent = has('sufficient-negative') ? 'not' : has('sufficient-positive') ? 'belongs' : undecided;
    assert.deepEqual([absent, present], [whenAbsent, whenPresent], kinds.join(' '));
  }
});

const about = (id: string, platform: string, conditions: Conditions) => ({
  id,
  platform,
  provider: 'x',
  source: 'x',
  candidate: true,
  ...conditions,
});

test('what is necessary for several and decided for none is ambiguous, with the candidates', () => {
  const rules = ['One', 'Two'].map((name) => about(name, name, { 'necessary-positive': feature('np') }));
  const [answer, ...more] = platformAnswers(rules, [showing('np')], () => false);
  assert.deepEqual([answer?.answer, answer?.platforms, more], ['ambiguous', ['One', 'Two'], []]);
});

test('a candidate that is known by another far end explains the ambiguous one', () => {
  const rules = [
    about('one', 'One', { 'necessary-positive': feature('np') }),
    about('two', 'Two', { 'sufficient-positive': feature('sp') }),
    about('two-shared', 'Two', { 'necessary-positive': feature('np') }),
  ];
  const other = { ...showing('sp'), peer: 'other.example' };
  const answers = platformAnswers(rules, [showing('np'), other], () => false);
  assert.deepEqual(
    answers.map(({ platforms }) => platforms),
    [['Two']],
  );
});

test('the rules that are weighed are all that can say yes', () => {
  const facts: readonly (readonly [string, string])[] = [
    ['sni', 'api.io.mi.com'],
    ['dns', 'x.iot.eu-west-1.amazonaws.com'],
    ['host', 'localhost'],
    ['service', '_hap._tcp.local'],
    ['named', 'tapo_p110'],
    ['topic', 'shellies/a/relay/0'],
    ['protocol', 'lifx'],
    ['ssdp', 'urn:belkin:device:x'],
  ];
  const shown = facts.map(
    ([field, text]): Sighting => ({ peer: text, facts: [{ field: field as 'sni', text, words: [] }] }),
  );
  const server: Sighting = { peer: 'a', facts: [{ field: 'answer', text: '', words: ['server: Tengine'] }] };
  const lacking = about('lacking', 'Lacking', { 'necessary-negative': feature('nn') });
  const rules: PlatformRule[] = [...BUILT_IN.rules, lacking];
  for (const sighting of [...shown, server]) {
    const all = judge(rules, [sighting]).filter(({ decision }) => decision.word === 'belongs');
    const found = platformAnswers(rules, [sighting], () => false).filter(({ answer }) => answer === 'belongs');
    const names = [...new Set(all.map(({ rule }) => rule.platform))].sort();
    assert.deepEqual(
      found.flatMap(({ platforms }) => platforms),
      names,
      sighting.peer,
    );
  }
});

test('a pattern fits the whole text, and stars match any characters', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['tengine', 'tengine', true],
    ['tengine/2.3', 'tengine', false],
    ['tengine/2.3', 'tengine*', true],
    ['my tengine', 'tengine*', false],
    ['aab', '*ab', true],
    ['abcabd', '*ab*d', true],
    ['abcabd', '*ab*e', false],
    ['', '*', true],
    ['', 'a*', false],
  ];
  for (const [text, pattern, fits] of cases) assert.equal(isLike(text, pattern), fits, `${text} ${pattern}`);
});
