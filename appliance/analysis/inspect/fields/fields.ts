// Names and values out of the readable parts of a message: query strings, forms, lines; JSON in json-fields.ts, XML in
// xml-fields.ts, multipart. One pass over the text each and one step into a value that is a message itself, so neither depth
// nor length of hostile input costs more than its size. Read by cleartext.ts.
import { type Field, MAX_FIELDS, MAX_KEY, MAX_NESTED, MAX_VALUE } from './field.ts';
import { jsonFields } from './json-fields.ts';
import { xmlFields } from './xml-fields.ts';

/** `a=1&b=2`, percent-decoded (WHATWG URL §5.1); pairs without a value are left out. */
export function formFields(text: string): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < text.length && fields.length < MAX_FIELDS; ) {
    const end = indexOrEnd(text, '&', at);
    const equals = indexOrEnd(text, '=', at);
    if (equals < end && equals > at) {
      const key = percentDecode(text.slice(at, Math.min(equals, at + MAX_KEY)));
      fields.push({ key, value: percentDecode(text.slice(equals + 1, end)) });
    }
    at = end + 1;
  }
  return fields;
}

/** The part of a request target behind its question mark. */
export function queryFields(target: string): Field[] {
  const mark = target.indexOf('?');
  if (mark < 0) return [];
  const fields = formFields(target.slice(mark + 1));
  return [...fields, ...fields.flatMap(({ value }) => innerFields(value))].map(shortened);
}

function indexOrEnd(text: string, needle: string, from: number): number {
  const at = text.indexOf(needle, from);
  return at < 0 ? text.length : at;
}

/** Never throws: what is no valid escape stays as it is. */
export function percentDecode(text: string): string {
  const cut = text.slice(0, MAX_NESTED).replaceAll('+', ' ');
  if (!cut.includes('%')) return cut;
  const bytes: number[] = [];
  for (let i = 0; i < cut.length; i++) {
    const code = cut[i] === '%' ? hexPair(cut, i + 1) : -1;
    if (code >= 0) i += 2;
    bytes.push(...(code >= 0 ? [code] : Buffer.from(cut[i]!)));
  }
  return Buffer.from(bytes).toString('utf8');
}

function hexPair(text: string, at: number): number {
  const high = Number.parseInt(text[at] ?? '', 16);
  const low = Number.parseInt(text[at + 1] ?? '', 16);
  return Number.isNaN(high) || Number.isNaN(low) ? -1 : high * 16 + low;
}

/** `Content-Disposition: form-data; name="key"`, an empty line, the value up to the next boundary (RFC 7578 §4.2). */
export function multipartFields(text: string): Field[] {
  const fields: Field[] = [];
  const label = 'name=';
  for (let at = text.indexOf(label); at >= 0 && fields.length < MAX_FIELDS; at = text.indexOf(label, at + 1)) {
    const blank = text.indexOf('\r\n\r\n', at);
    if (blank < 0) break;
    const line = text.slice(at + label.length, Math.min(blank, at + label.length + MAX_KEY + 2));
    const key = line.startsWith('"') ? line.slice(1).split('"', 1)[0]! : (line.split(/[;\s]/, 1)[0] ?? '');
    const end = indexOrEnd(text, '\r\n--', blank + 4);
    const isFile = text.slice(at, blank).includes('filename=');
    if (!isFile && text[at - 1] !== 'e')
      fields.push({ key, value: text.slice(blank + 4, Math.min(end, blank + 4 + MAX_NESTED)) });
  }
  return fields;
}

/** Lines `key=value` and `key: value`, or the like between `;` and `,`: the sloppy forms of devices' own text. */
export function lineFields(text: string): Field[] {
  const parts = text.slice(0, 4096).split(/[\r\n;,&{}]/, MAX_FIELDS);
  return parts.flatMap((part) => {
    const [, key, value] = /^\s{0,8}["']?([\p{L}\p{Nd}_.-]{1,64})["']?\s?[:=]\s?(\S[^]*)$/u.exec(part) ?? [];
    return key === undefined || value === undefined
      ? []
      : [{ key, value: value.slice(0, MAX_VALUE).replace(/^["']|["']\s*$/g, '') }];
  });
}

/** Chooses by content type, else by the first character; a value that is a message itself is read as well. */
export function bodyFields(contentType: string, text: string): Field[] {
  const fields = outerFields(contentType.toLowerCase(), text);
  const inner = fields.flatMap(({ value }) => innerFields(value)).slice(0, MAX_FIELDS);
  if (inner.length === 0) return fields.map(shortened);
  return [...fields.map(shortened), ...inner.map(shortened)];
}

function outerFields(type: string, text: string): Field[] {
  if (type.includes('multipart/')) return multipartFields(text);
  const first = text[skipBlanks(text)];
  if (first === '{' || first === '[') {
    const fields = jsonFields(text);
    return fields.length > 0 ? fields : lineFields(text);
  }
  if (type.includes('json')) return jsonFields(text);
  if (type.includes('html')) return xmlFields(text, false);
  if (type.includes('xml') || first === '<') return xmlFields(text);
  if (type.includes('urlencoded')) return formFields(text);
  if (type !== '' && !type.includes('text/plain')) return [];
  return /[\s:;,]/.test(text.slice(0, 256).trim()) ? lineFields(text) : formFields(text);
}

/** JSON, XML or Base64 of JSON in the value of a field. */
function innerFields(value: string): Field[] {
  const first = value.length < 8 ? '' : value[0];
  if (first === '{' || first === '[') return jsonFields(value);
  if (first === '<') return xmlFields(value);
  const isPacked = value.startsWith('eyJ') || value.startsWith('ewog');
  return isPacked ? jsonFields(Buffer.from(value.slice(0, MAX_NESTED), 'base64').toString('utf8')) : [];
}

function shortened(field: Field): Field {
  const { key, value } = field;
  return value.length > MAX_VALUE ? { key, value: value.slice(0, MAX_VALUE) } : field;
}

function skipBlanks(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}
