// The forms in which a value crosses a wire; patterns for vault.ts. A form equal to an earlier one is left out.
import { createHash } from 'node:crypto';

export interface EncodedSecret {
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

/** All forms of one value (RFC 3986, RFC 4648, WHATWG URL §5.2, RFC 8259), `plain` first. */
export function encodingsOf(value: string): EncodedSecret[] {
  const plain = Buffer.from(value);
  const forms: EncodedSecret[] = [
    { encoding: 'plain', bytes: plain },
    ...caseForms(value),
    ...urlForms(value),
    ...jsonForms(value),
    ...base64Forms(plain),
    ...hexForms(plain, 'hex'),
    { encoding: 'utf-16', bytes: Buffer.from(value, 'utf16le') },
    { encoding: 'utf-16', bytes: Buffer.from(value, 'utf16le').swap16() },
    ...['md5', 'sha1', 'sha256'].flatMap((name) => digestForms(plain, name)),
  ];
  const seen = new Set<string>();
  return forms.filter(({ bytes }) => {
    const key = Buffer.from(bytes).toString('latin1');
    return seen.has(key) || bytes.length < 4 ? false : seen.add(key);
  });
}

function text(encoding: string, value: string): EncodedSecret {
  return { encoding, bytes: Buffer.from(value) };
}

function caseForms(value: string): EncodedSecret[] {
  return [text('plain', value.toLowerCase()), text('plain', value.toUpperCase())];
}

/** Percent-encoding with upper- and lower-case digits, strict and as in forms. */
function urlForms(value: string): EncodedSecret[] {
  // Through UTF-8 first: half a surrogate pair would make the next line throw.
  const percent = encodeURIComponent(Buffer.from(value).toString());
  const strict = percent.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [percent, strict, strict.replaceAll('%20', '+'), percent.replaceAll('%20', '+')];
  return forms.flatMap((form) => [text('url', form), text('url', lowerEscapes(form))]);
}

function lowerEscapes(form: string): string {
  return form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

/** As JSON writes it, also with every non-ASCII character and slash escaped. */
function jsonForms(value: string): EncodedSecret[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [json, ascii, json.replaceAll('/', '\\/')].map((form) => text('json', form));
}

/** The value at each of the three places it can have among other bytes: only the characters that depend on it alone. */
function base64Forms(plain: Uint8Array): EncodedSecret[] {
  const forms: EncodedSecret[] = [];
  for (let before = 0; before < 3; before++) {
    const whole = Buffer.concat([Buffer.alloc(before), plain]);
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor((whole.length * 8) / 6);
    for (const alphabet of ['base64', 'base64url'] as const) {
      forms.push(text('base64', whole.toString(alphabet).slice(first, last)));
    }
  }
  return forms;
}

/** Digits in both cases, also with a colon or blank between the bytes. */
function hexForms(bytes: Buffer, encoding: string): EncodedSecret[] {
  const lower = bytes.toString('hex');
  const spaced = (separator: string): string => lower.replace(/(..)(?=.)/g, `$1${separator}`);
  const forms = [lower, spaced(':'), spaced(' ')];
  return forms.flatMap((form) => [text(encoding, form), text(encoding, form.toUpperCase())]);
}

/** The hash of the value as hexadecimal and Base64. */
function digestForms(plain: Uint8Array, name: string): EncodedSecret[] {
  const digest = createHash(name).update(plain).digest();
  const hex = digest.toString('hex');
  return [hex, hex.toUpperCase(), digest.toString('base64').replace(/=+$/, '')].map((form) => text(name, form));
}
