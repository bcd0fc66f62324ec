// Which words are secrets or concern a person or a device: by the name of a field, and by the form of a value.
// Plain comparisons and single passes only: the text is a device's.
import { parseMac } from '../../model/mac.ts';
import type { Field } from './fields/field.ts';
import { isEmail, VALUE_FORMS } from './fields/field-values.ts';
import {
  CONTEXT_WORDS,
  type FieldWords,
  OWNERS,
  PLAIN_WORDS,
  SECRET_ENDINGS,
  SHORT_WORDS,
  SIZE_WORDS,
  UNITS,
  type ValueForm,
} from './fields/field-words.ts';
import { maskEmail, maskMac, maskValue } from './mask.ts';
import type { RuleId } from './rules.ts';

export interface Sighting {
  readonly rule: RuleId;
  /** The field's name, or the kind of the value. */
  readonly what: string;
  /** Masked. */
  readonly shown: string;
  readonly confidence: number;
}

interface FieldRule {
  readonly rule: RuleId;
  readonly form: ValueForm;
}

function rulesByKey(list: readonly FieldWords[]): ReadonlyMap<string, readonly FieldRule[]> {
  const rules = new Map<string, readonly FieldRule[]>();
  for (const { rule, form, keys } of list) {
    for (const word of keys.split(' ')) {
      const key = lettersAndDigits(word);
      rules.set(key, [...(rules.get(key) ?? []), { rule, form }]);
    }
  }
  return rules;
}

const PLAIN = rulesByKey(PLAIN_WORDS);
const SHORT = rulesByKey(SHORT_WORDS);
const CONTEXT = rulesByKey(CONTEXT_WORDS);
const NO_RULES: readonly FieldRule[] = [];

/** Keys met before; forgotten when they are many, as a device may make them up. */
const normalKeys = new Map<string, string>();
/** Names seen before, kept to save work: emptied when full, which changes no answer. */
const MAX_NORMAL_KEYS = 4096;

/** Letters and digits in lower case: `X-Amz-Signature`, `x_amz_signature` and `xAmzSignature` are one key. */
export function normalKey(key: string): string {
  const known = normalKeys.get(key);
  if (known !== undefined) return known;
  if (normalKeys.size >= MAX_NORMAL_KEYS) normalKeys.clear();
  const normal = lettersAndDigits(key);
  normalKeys.set(key, normal);
  return normal;
}

/** Accents fall away (`Größe` and `groesse` are one key, as are `contraseña` and `contrasena`); other scripts stay. */
function lettersAndDigits(key: string): string {
  const spelled = key
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ä', 'ae')
    .replaceAll('ö', 'oe')
    .replaceAll('ü', 'ue')
    .replaceAll('ß', 'ss');
  return spelled
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{Nd}]/gu, '')
    .normalize('NFC');
}

/** What one field gives away; `undefined` where nothing. */
export function classifyField(field: Field): Sighting | undefined {
  const key = normalKey(field.key);
  if (isEmptyWord(field.value)) return undefined;
  const rule = ruleOf(key, field.value);
  if (rule === 'PII-03' || (rule !== 'CRED-05' && isEmail(field.value))) {
    return { rule: 'PII-03', what: key, shown: `${key}=${maskEmail(field.value)}`, confidence: 0.9 };
  }
  if (rule !== undefined) return sightingOf(rule, key, field.value, 0.9);
  const mac = macIn(field.value) ?? (key.includes('mac') ? parseMac(field.value.trim()) : undefined);
  return mac === undefined
    ? undefined
    : { rule: 'PII-01', what: key, shown: `${key}=${maskMac(mac)}`, confidence: 0.9 };
}

function sightingOf(rule: RuleId, key: string, value: string, confidence: number): Sighting {
  return { rule, what: key, shown: `${key}=${maskValue(value)}`, confidence };
}

function ruleOf(key: string, value: string): RuleId | undefined {
  const { rules, isSecret } = keyRules(key);
  for (const { rule, form } of rules) if (VALUE_FORMS[form](value)) return rule;
  return isSecret && value.length > 5 ? 'CRED-05' : undefined;
}

interface KeyRules {
  /** Of the key as it is, then of its core. */
  readonly rules: readonly FieldRule[];
  readonly isSecret: boolean;
}

/** As `normalKeys`. */
const knownRules = new Map<string, KeyRules>();

function keyRules(key: string): KeyRules {
  const known = knownRules.get(key);
  if (known !== undefined) return known;
  if (knownRules.size >= MAX_NORMAL_KEYS) knownRules.clear();
  const rules = [...(PLAIN.get(key) ?? []), ...(PLAIN.get(coreOf(key)) ?? [])];
  const found = { rules, isSecret: SECRET_ENDINGS.some((ending) => key.endsWith(ending)) };
  knownRules.set(key, found);
  return found;
}

function firstFitting(
  rules: ReadonlyMap<string, readonly FieldRule[]>,
  key: string,
  value: string,
): FieldRule | undefined {
  return (rules.get(key) ?? NO_RULES).find(({ form }) => VALUE_FORMS[form](value));
}

/** `user_weight_kg` is a weight: whose it is and in what falls away, where something of three letters stays. */
function coreOf(key: string): string {
  const owner = OWNERS.find((word) => key.startsWith(word) && key.length > word.length + 2) ?? '';
  const unit = UNITS.find((word) => key.endsWith(word) && key.length > owner.length + word.length + 2) ?? '';
  return key.slice(owner.length, key.length - unit.length);
}

/**
 * What the fields of one message give away together: short forms where two of them measure different things or a plain
 * word is next to them, `id` and `name` where the message is about a person. Sizes of pictures are no bodies.
 */
export function classifyFields(fields: readonly Field[]): Sighting[] {
  const hasSizes = fields.some(({ key, value }) => SIZE_WORDS.has(normalKey(key)) && /^\d/.test(value));
  const plain = fields.flatMap((field) => classifyField(field) ?? []);
  const kept = hasSizes ? plain.filter(({ rule }) => rule !== 'PII-06') : plain;
  const short = hasSizes
    ? []
    : shortSightings(
        fields,
        kept.some(({ rule }) => rule === 'PII-06'),
      );
  const isPersonal = [...kept, ...short].some(({ rule }) => PERSONAL.has(rule));
  return [...kept, ...short, ...(isPersonal ? contextSightings(fields) : [])];
}

/** Rules by which a message is about a person. */
const PERSONAL: ReadonlySet<RuleId> = new Set<RuleId>(['PII-03', 'PII-04', 'PII-06']);

function shortSightings(fields: readonly Field[], hasCompany: boolean): Sighting[] {
  const found = fields.flatMap(({ key, value }) => {
    const normal = normalKey(key);
    const rule = isEmptyWord(value) ? undefined : firstFitting(SHORT, normal, value);
    return rule === undefined ? [] : [{ form: rule.form, sighting: sightingOf(rule.rule, normal, value, 0.7) }];
  });
  const forms = new Set(found.map(({ form }) => form));
  return hasCompany || forms.size >= 2 ? found.map(({ sighting }) => sighting) : [];
}

function contextSightings(fields: readonly Field[]): Sighting[] {
  return fields.flatMap(({ key, value }) => {
    const normal = normalKey(key);
    const rule = isEmptyWord(value) ? undefined : firstFitting(CONTEXT, normal, value);
    return rule === undefined ? [] : [sightingOf(rule.rule, normal, value, 0.6)];
  });
}

const EMPTY_WORDS = new Set(['', 'null', 'none', 'undefined', 'true', 'false', 'unknown', '(null)']);

/** Longer texts are no such word, regardless of surrounding blanks. */
const LONGEST_EMPTY = 64;

function isEmptyWord(value: string): boolean {
  if (value.length > LONGEST_EMPTY) return value.trim() === '';
  return EMPTY_WORDS.has(value) || EMPTY_WORDS.has(value.trim().toLowerCase());
}

const COLON = 0x3a;
const DASH = 0x2d;

/** The first `aa:bb:cc:dd:ee:ff` or `aa-bb-…` in a text, in lower case with colons; all-zero and broadcast do not count. */
export function macIn(text: string): string | undefined {
  const limit = Math.min(text.length, 4096) - 17;
  for (let at = 0; at <= limit; at++) {
    const separator = text.charCodeAt(at + 2);
    if ((separator !== COLON && separator !== DASH) || !isMacAt(text, at)) continue;
    const mac = text
      .slice(at, at + 17)
      .toLowerCase()
      .replaceAll('-', ':');
    if (mac !== '00:00:00:00:00:00' && mac !== 'ff:ff:ff:ff:ff:ff') return mac;
  }
  return undefined;
}

function isMacAt(text: string, at: number): boolean {
  const separator = text[at + 2];
  if (separator !== ':' && separator !== '-') return false;
  if (at > 0 && isHexOrSeparator(text.charCodeAt(at - 1), separator)) return false;
  if (at + 17 < text.length && isHexOrSeparator(text.charCodeAt(at + 17), separator)) return false;
  for (let i = 0; i < 17; i++) {
    const isSeparator = i % 3 === 2;
    if (isSeparator ? text[at + i] !== separator : !isHex(text.charCodeAt(at + i))) return false;
  }
  return true;
}

function isHexOrSeparator(code: number, separator: string): boolean {
  return isHex(code) || code === separator.charCodeAt(0);
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

/** Whether a text holds the hardware address of its sender, with separators or as twelve digits. */
export function holdsOwnMac(text: string, mac: string): boolean {
  const digits = mac.replaceAll(':', '');
  if (digits.length !== 12) return false;
  const lower = text.slice(0, 16384).toLowerCase();
  return lower.includes(digits) || lower.includes(mac) || lower.includes(mac.replaceAll(':', '-'));
}
