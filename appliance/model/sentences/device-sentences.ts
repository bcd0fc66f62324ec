// The rules: what a device says, readable or not, to whom and where, gravest first. Each sentence is about one scope and one form
// of what was exchanged, and its numbers are sums of the facts. Pure.

import { bytesText } from '../quantity.ts';
import { printable } from '../text.ts';
import type { Grade, Sentence, SentencePart } from './sentence.ts';
import type { Form, Talk } from './talk.ts';
import * as texts from './texts.ts';

export interface DeviceFacts {
  /** The device's id, or its MAC in a document. */
  readonly id: string;
  /** MAC or address, for a device without a name. */
  readonly address: string;
  /** Empty where none is known; text from the device. */
  readonly name: string;
  readonly maker: string | null;
  readonly category: string | null;
  readonly talks: readonly Talk[];
  /** Whether it was seen to pass on what others say. */
  readonly passesOn?: boolean;
  /** Findings of severity high about the device. */
  readonly graveFindings: number;
}

/** Scope and form of a sentence, gravest first. */
const ORDER: readonly (readonly [Talk['scope'], Exclude<Form, 'design' | 'empty'>, Grade])[] = [
  ['internet', 'readable', 'bad'],
  ['internet', 'scrambled', 'bad'],
  ['home', 'readable', 'bad'],
  ['home', 'scrambled', 'bad'],
  ['internet', 'encoded', 'warn'],
  ['internet', 'keyed', 'warn'],
  ['home', 'encoded', 'warn'],
  ['home', 'keyed', 'warn'],
  ['internet', 'opaque', 'odd'],
  ['internet', 'unjudged', 'odd'],
  ['home', 'opaque', 'odd'],
  ['home', 'unjudged', 'odd'],
  ['internet', 'protected', 'good'],
  ['home', 'protected', 'good'],
];

const LONGEST_NAME = 64;
/** Of a sentence, and of a country; the others are counted. */
const COUNTRIES_NAMED = 2;
const OWNERS_NAMED = 2;
/** One direction with so many times the bytes of the other is what the device does; else it does both. */
const CLEARLY_MORE = 2;

/**
 * At least one sentence. `period` ends each: `today (UTC)`, `in this capture`; it is the time that the facts are of.
 * Sentences of talks come most severe first; one about severe findings is first where none is `bad` without it.
 */
export function deviceSentences(facts: DeviceFacts, period: string): Sentence[] {
  const subject = subjectOf(facts);
  const said = ORDER.flatMap(([scope, form, grade]): Sentence[] => {
    const talks = facts.talks.filter((talk) => talk.scope === scope && talk.form === form && talk.up + talk.down > 0);
    if (talks.length === 0) return [];
    return [{ grade, scope, parts: [subject, ...talkParts(scope, form, talks, period)] }];
  });
  const reported = said.length > 0 ? said : [quietSentence(subject, facts, period)];
  return facts.graveFindings > 0 ? withFindings(reported, subject, facts.graveFindings) : reported;
}

/** Where a device is in a list: the gravest is the smallest, then most bytes of that kind. */
export function gravity(facts: Pick<DeviceFacts, 'talks' | 'graveFindings'>): { rank: number; bytes: number } {
  const at = ORDER.findIndex(([scope, form]) => bytesOf(facts.talks, scope, form) > 0);
  const found = ORDER[at];
  const rank = found === undefined ? ORDER.length : at;
  return {
    // Findings of what can be read weigh as much as what is readable on its way through the home.
    rank: facts.graveFindings > 0 ? Math.min(rank, 1.5) : rank,
    bytes: found === undefined ? 0 : bytesOf(facts.talks, found[0], found[1]),
  };
}

function bytesOf(talks: readonly Talk[], scope: Talk['scope'], form: Form): number {
  let sum = 0;
  for (const talk of talks) if (talk.scope === scope && talk.form === form) sum += talk.up + talk.down;
  return sum;
}

function subjectOf({ id, address, name, maker, category }: DeviceFacts): SentencePart {
  const text = name === '' ? texts.nameless(maker, category, address) : name;
  return { text: printable(text, LONGEST_NAME), noun: 'device', value: id };
}

/** ` sends pictures, readable by anyone on the way, to China (Alibaba), 5.7 MB today.` */
function talkParts(
  scope: Talk['scope'],
  form: Exclude<Form, 'design' | 'empty'>,
  talks: readonly Talk[],
  period: string,
): SentencePart[] {
  const up = talks.reduce((sum, talk) => sum + talk.up, 0);
  const down = talks.reduce((sum, talk) => sum + talk.down, 0);
  const way = up >= CLEARLY_MORE * down ? 'sends' : down >= CLEARLY_MORE * up ? 'receives' : 'exchanges';
  const { verb, towards } = texts.WAY[way];
  const bytes = way === 'sends' ? up : way === 'receives' ? down : up + down;
  return [
    { text: ` ${verb} ` },
    ...contentParts(talks),
    ...(scope === 'home' ? [{ text: texts.AT_HOME }] : []),
    { text: ', ' },
    { text: texts.FORM[form], noun: 'form', value: form },
    ...(scope === 'home' ? [] : placeParts(talks, way, towards)),
    { text: ', ' },
    { text: bytesText(bytes), noun: 'bytes', value: String(bytes) },
    { text: ` ${period}.` },
  ];
}

/** What was seen of it, `other data` for the rest, `data` where nothing was. */
function contentParts(talks: readonly Talk[]): SentencePart[] {
  const seen = [...new Set(talks.flatMap(({ contents }) => contents))].sort();
  if (seen.length === 0) return [{ text: texts.DATA }];
  const nouns = seen.map(
    (content): SentencePart => ({ text: texts.CONTENT[content], noun: 'content', value: content }),
  );
  const rest = talks.some(({ contents }) => contents.length === 0) ? [{ text: texts.OTHER_DATA }] : [];
  return joined([...nouns, ...rest]);
}

/** `a`, `a and b`, `a, b and c`. */
function joined(parts: readonly SentencePart[]): SentencePart[] {
  return parts.flatMap((part, at) => {
    if (at === 0) return [part];
    return [{ text: at === parts.length - 1 ? ' and ' : ', ' }, part];
  });
}

interface Place {
  readonly country: string;
  readonly bytes: number;
  /** Most bytes first. */
  readonly owners: readonly string[];
}

/** `, to China (Alibaba, Tencent and 2 others), Germany and 3 further countries`. */
function placeParts(talks: readonly Talk[], way: keyof typeof texts.WAY, towards: string): SentencePart[] {
  const places = placesOf(talks, way);
  if (places.every(({ country, owners }) => isUnknown(country) && owners.length === 0))
    return [{ text: `, ${towards}${texts.INTERNET}` }];
  const rest = places.length - COUNTRIES_NAMED;
  const named = places.slice(0, COUNTRIES_NAMED).map(placeText);
  return [
    { text: `, ${towards} ` },
    ...named.flatMap((parts, at) => (at === 0 ? parts : [{ text: rest > 0 ? ', ' : ' and ' }, ...parts])),
    ...(rest > 0 ? [{ text: texts.furtherCountries(rest), noun: 'countries' as const, value: String(rest) }] : []),
  ];
}

const isUnknown = (country: string): boolean => country === '' || country === 'XX' || country === 'XA';

/** By country, the one with most bytes first. */
function placesOf(talks: readonly Talk[], way: keyof typeof texts.WAY): Place[] {
  const countries = new Map<string, Map<string, number>>();
  for (const { country, organisation, up, down } of talks) {
    const code = isUnknown(country) ? 'XX' : country;
    const owners = countries.get(code) ?? new Map<string, number>();
    const bytes = way === 'sends' ? up : way === 'receives' ? down : up + down;
    countries.set(code, owners.set(organisation, (owners.get(organisation) ?? 0) + bytes));
  }
  const byBytes = (a: readonly [string, number], b: readonly [string, number]) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
  return [...countries]
    .map(([country, owners]): [string, number, readonly string[]] => {
      const sorted = [...owners].sort(byBytes);
      const sum = sorted.reduce((all, [, bytes]) => all + bytes, 0);
      return [country, sum, sorted.map(([owner]) => owner).filter((owner) => owner !== '')];
    })
    .sort(([a, x], [b, y]) => byBytes([a, x], [b, y]))
    .map(([country, bytes, owners]) => ({ country, bytes, owners }));
}

function placeText({ country, owners }: Place): SentencePart[] {
  const where: SentencePart = { text: texts.countryText(country), noun: 'country', value: country };
  if (owners.length === 0) return [where];
  const rest = owners.length - OWNERS_NAMED;
  const named = owners.slice(0, OWNERS_NAMED).map((owner): SentencePart => {
    return { text: printable(texts.shortOwner(owner), LONGEST_NAME), noun: 'organisation', value: owner };
  });
  return [
    where,
    { text: ' (' },
    ...named.flatMap((owner, at) => (at === 0 ? [owner] : [{ text: ', ' }, owner])),
    ...(rest > 0 ? [{ text: texts.otherOwners(rest), noun: 'owners' as const, value: String(rest) }] : []),
    { text: ')' },
  ];
}

function quietSentence(subject: SentencePart, { talks, passesOn }: DeviceFacts, period: string): Sentence {
  const sum = (form: Form) => bytesOf(talks, 'internet', form) + bytesOf(talks, 'home', form);
  const design = sum('design');
  const words: SentencePart[] =
    design > 0
      ? [{ text: texts.ONLY_BY_DESIGN }, { text: bytesText(design), noun: 'bytes', value: String(design) }]
      : [{ text: sum('empty') > 0 ? texts.NO_CONTENT : passesOn === true ? texts.FORWARDS : texts.SILENT }];
  return { grade: 'none', scope: 'all', parts: [subject, ...words, { text: ` ${period}.` }] };
}

/** They may be older than the period, and so are a sentence of their own. */
function withFindings(said: readonly Sentence[], subject: SentencePart, number: number): Sentence[] {
  const findings: SentencePart = { text: texts.graveFindings(number), noun: 'findings', value: String(number) };
  const sentence: Sentence = {
    grade: 'bad',
    scope: 'all',
    parts: [subject, { text: texts.HAS }, findings, { text: '.' }],
  };
  const bad = said.filter(({ grade }) => grade === 'bad');
  return [...bad, sentence, ...said.filter(({ grade }) => grade !== 'bad')];
}
