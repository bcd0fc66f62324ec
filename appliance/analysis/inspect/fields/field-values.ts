// Whether a value looks like what its key says. Plain comparisons and single passes: the text is a device's. Used by
// identifiers.ts.

import { looksLikeKey } from '../mask.ts';
import type { ValueForm } from './field-words.ts';

/** One @ with a name before it and a dotted host behind it. */
export function isEmail(value: string): boolean {
  const at = value.indexOf('@');
  const dot = value.lastIndexOf('.');
  if (at < 1 || at > 64 || value.length > 254 || value.includes('@', at + 1)) return false;
  return dot > at + 1 && dot < value.length - 2 && Array.from(value).every(isEmailCharacter);
}

function isEmailCharacter(character: string): boolean {
  return isAlphanumeric(character.charCodeAt(0)) || '.@_%+-'.includes(character);
}

function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Seven to fifteen digits (ITU-T E.164) with the usual signs between them; a decimal number is none. */
export function isPhone(value: string): boolean {
  let digits = 0;
  for (const character of value) {
    if (character >= '0' && character <= '9') digits++;
    else if (!'+-() ./'.includes(character)) return false;
  }
  return digits >= 7 && digits <= 15 && !/^[+-]?\d*\.\d*$/.test(value);
}

/** A decimal number within 180 degrees that has at least two decimals: whole numbers are anything. */
export function isCoordinate(value: string): boolean {
  const number = Number(value.split(',', 1)[0]);
  const dot = value.indexOf('.');
  return dot >= 0 && value.length - dot > 2 && Number.isFinite(number) && Math.abs(number) <= 180 && number !== 0;
}

/** Two of them: `52.516,13.377`. */
function isPlace(value: string): boolean {
  const parts = value.split(/[,;] ?/, 3);
  return parts.length === 2 && parts.every(isCoordinate);
}

/** A number, perhaps with its unit: `71.4 kg`, `71,4`. */
function numberOf(value: string): number {
  return value.length > 16
    ? Number.NaN
    : Number(/^(\d{1,6}(?:[.,]\d{1,6})?) ?[a-z]{0,5}$/i.exec(value.trim())?.[1]?.replace(',', '.'));
}

const within =
  (...ranges: readonly (readonly [number, number])[]) =>
  (value: string): boolean => {
    const number = numberOf(value);
    return ranges.some(([least, most]) => number >= least && number <= most);
  };

const SEXES = new Set(
  'm f w h d 0 1 2 male female man woman boy girl weiblich maennlich homme femme hombre mujer masculino feminino femenino uomo donna maschio femmina homem mulher nan nv 男 女'.split(
    ' ',
  ),
);

/** A date or a year in which somebody living was born. */
function isBirth(value: string): boolean {
  return (
    /^(?:19|20)\d{2}(?:[-/.]?\d{1,2}[-/.]?\d{1,2}(?:[T ].*)?)?$/.test(value) ||
    /^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}$/.test(value)
  );
}

const longerThan =
  (length: number) =>
  (value: string): boolean =>
    value.length > length;

/** By form; weights in kilograms, pounds or grams, heights in metres, centimetres, inches or millimetres. */
export const VALUE_FORMS: Readonly<Record<ValueForm, (value: string) => boolean>> = {
  any: longerThan(0),
  word: longerThan(1),
  token: longerThan(5),
  key: looksLikeKey,
  email: isEmail,
  phone: isPhone,
  coordinate: isCoordinate,
  place: isPlace,
  postal: (value) => value.length > 2 && value.length <= 12 && /\d/.test(value),
  // `Via` of SIP and HTTP names a protocol (RFC 3261 §20.42, RFC 9110 §7.6.3).
  street: (value) => value.length > 5 && value.trim().includes(' ') && !/^\s*(?:[a-z]+\/)?\d\.\d[\s/]/i.test(value),
  serial: (value) => value.length > 3 || (value.length === 3 && /[a-z]/i.test(value)),
  weight: within([2, 660], [2000, 300_000]),
  height: within([0.3, 2.6], [20, 272], [400, 2600]),
  age: within([1, 125]),
  sex: (value) => SEXES.has(value.trim().toLowerCase()),
  pulse: within([25, 240]),
  birth: isBirth,
  measure: (value) => /\d/.test(value),
  person: longerThan(1),
};
