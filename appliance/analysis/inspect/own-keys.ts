// Field names of the user's word list: believed whatever their value looks like. Made by collector.ts for cleartext.ts.
import type { WordKind, WordList } from '../secrets/word-list.ts';
import type { Field } from './fields/field.ts';
import { normalKey, type Sighting } from './identifiers.ts';
import { maskValue } from './mask.ts';
import type { RuleId } from './rules.ts';

const RULE_OF: Readonly<Record<WordKind, RuleId>> = {
  password: 'CRED-05',
  'hardware-address': 'PII-01',
  device: 'PII-02',
  email: 'PII-03',
  phone: 'PII-04',
  location: 'PII-05',
  health: 'PII-06',
  person: 'PII-07',
  address: 'PII-08',
  network: 'PII-10',
  word: 'PII-11',
};

/** Rules by `normalKey`. */
export type OwnKeys = ReadonlyMap<string, RuleId>;

export function ownKeysOf(words: WordList): OwnKeys {
  return new Map([...words.keys].map(([key, kind]) => [normalKey(key), RULE_OF[kind]]));
}

/** What a field gives away by the user's own word; undefined where its name is none or it has no value. */
export function ownSighting(keys: OwnKeys | undefined, { key, value }: Field): Sighting | undefined {
  const normal = normalKey(key);
  const rule = keys?.get(normal);
  if (rule === undefined || value.trim() === '') return undefined;
  return { rule, what: normal, shown: `${normal}=${maskValue(value)} (your word list)`, confidence: 1 };
}
