// Names and values out of JSON, whole or cut. Called by fields.ts.
import { type Field, MAX_FIELDS, MAX_KEY, MAX_NESTED } from './field.ts';

/** `"key": "text"` and `"key": 12.5` anywhere in JSON, whole or cut; what is nested counts like what is not. */
export function jsonFields(text: string): Field[] {
  const fields: Field[] = [];
  for (let at = text.indexOf('"'); at >= 0 && fields.length < MAX_FIELDS; at = text.indexOf('"', at)) {
    const keyEnd = stringEnd(text, at + 1);
    const colon = skipBlanks(text, keyEnd + 1);
    if (text[colon] !== ':') {
      at = keyEnd + 1;
      continue;
    }
    const value = jsonValue(text, skipBlanks(text, colon + 1));
    if (value.text !== undefined)
      fields.push({ key: unescaped(text.slice(at + 1, Math.min(keyEnd, at + 1 + MAX_KEY))), value: value.text });
    at = value.end;
  }
  return withPairs(fields);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '', f: '' };

/** RFC 8259 §7; half a surrogate pair becomes U+FFFD. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const plain = text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_, unit: string | undefined, letter: string) =>
    unit === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(unit, 16)),
  );
  return Buffer.from(plain).toString();
}

const NAME_KEYS: ReadonlySet<string> = new Set(['name', 'key', 'code', 'attr', 'field', 'param', 'n', 'k']);
const VALUE_KEYS: ReadonlySet<string> = new Set(['value', 'val', 'v', 'data']);

/** `{"name":"weight","value":71.4}` is one field, named by the first of the two. */
function withPairs(fields: readonly Field[]): Field[] {
  const joined: Field[] = [];
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    const next = fields[i + 1];
    const isPair = next !== undefined && isOneOf(NAME_KEYS, field.key) && isOneOf(VALUE_KEYS, next.key);
    if (isPair && field.value.length <= MAX_KEY) {
      joined.push({ key: field.value, value: next.value });
      i++;
    } else joined.push(field);
  }
  return joined;
}

/** Of words of at most five letters, in any case. */
function isOneOf(words: ReadonlySet<string>, key: string): boolean {
  return key.length <= 5 && words.has(key.toLowerCase());
}

function stringEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at++;
  }
  return text.length;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

/** A string or a bare word (number, true); an array or object has no text of its own. */
function jsonValue(text: string, at: number): { text: string | undefined; end: number } {
  if (text[at] === '"') {
    const end = stringEnd(text, at + 1);
    return { text: unescaped(text.slice(at + 1, Math.min(end, at + 1 + MAX_NESTED))), end: end + 1 };
  }
  let end = at;
  while (end < text.length && end - at < 32 && isBareCharacter(text.charCodeAt(end))) end++;
  return { text: end > at ? text.slice(at, end) : undefined, end };
}

function isBareCharacter(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 97 && code <= 122) ||
    code === 43 ||
    code === 45 ||
    code === 46 ||
    code === 69
  );
}
