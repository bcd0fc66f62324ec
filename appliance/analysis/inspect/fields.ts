// Names and values out of the readable parts of a message: query strings, forms, JSON, XML, multipart. One pass over the
// text each, no recursion, so neither depth nor length of hostile input costs more than its size. Read by cleartext.ts.

export interface Field {
  readonly key: string;
  readonly value: string;
}

const MAX_FIELDS = 200;
const MAX_KEY = 64;
const MAX_VALUE = 512;

/** `a=1&b=2`, percent-decoded (WHATWG URL §5.1); pairs without a value are left out. */
export function formFields(text: string): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < text.length && fields.length < MAX_FIELDS; ) {
    const end = indexOrEnd(text, '&', at);
    const equals = indexOrEnd(text, '=', at);
    if (equals < end && equals > at && equals - at <= MAX_KEY) {
      fields.push({ key: percentDecode(text.slice(at, equals)), value: percentDecode(text.slice(equals + 1, end)) });
    }
    at = end + 1;
  }
  return fields;
}

/** The part of a request target behind its question mark. */
export function queryFields(target: string): Field[] {
  const mark = target.indexOf('?');
  return mark < 0 ? [] : formFields(target.slice(mark + 1));
}

function indexOrEnd(text: string, needle: string, from: number): number {
  const at = text.indexOf(needle, from);
  return at < 0 ? text.length : at;
}

/** Never throws: what is no valid escape stays as it is. */
export function percentDecode(text: string): string {
  const cut = text.slice(0, MAX_VALUE).replaceAll('+', ' ');
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
      fields.push({ key: text.slice(at + 1, Math.min(keyEnd, at + 1 + MAX_KEY)), value: value.text });
    at = value.end;
  }
  return fields;
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
    return { text: text.slice(at + 1, Math.min(end, at + 1 + MAX_VALUE)), end: end + 1 };
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

/** `<key>text</key>` without children, as SOAP and UPnP write it; name-space prefixes are dropped. */
export function xmlFields(text: string): Field[] {
  const fields: Field[] = [];
  for (let at = text.indexOf('<'); at >= 0 && fields.length < MAX_FIELDS; at = text.indexOf('<', at + 1)) {
    const open = text.indexOf('>', at);
    if (open < 0) break;
    const next = text.indexOf('<', open);
    if (text[at + 1] === '/' || next <= open + 1 || text[next + 1] !== '/') continue;
    const value = text.slice(open + 1, Math.min(next, open + 1 + MAX_VALUE)).trim();
    if (value !== '') fields.push({ key: tagName(text, at + 1, open), value });
  }
  return fields;
}

function tagName(text: string, start: number, end: number): string {
  const name = text.slice(start, Math.min(end, start + MAX_KEY)).split(' ', 1)[0] ?? '';
  return name.slice(name.indexOf(':') + 1);
}

/** `Content-Disposition: form-data; name="key"`, an empty line, the value up to the next line (RFC 7578 §4.2). */
export function multipartFields(text: string): Field[] {
  const fields: Field[] = [];
  const label = 'name="';
  for (let at = text.indexOf(label); at >= 0 && fields.length < MAX_FIELDS; at = text.indexOf(label, at + 1)) {
    const keyEnd = text.indexOf('"', at + label.length);
    const blank = text.indexOf('\r\n\r\n', at);
    if (keyEnd < 0 || blank < 0) break;
    const end = indexOrEnd(text, '\r\n', blank + 4);
    const isFile = text.slice(keyEnd, blank).includes('filename=');
    const key = text.slice(at + label.length, Math.min(keyEnd, at + label.length + MAX_KEY));
    if (!isFile && text[at - 1] !== 'e')
      fields.push({ key, value: text.slice(blank + 4, Math.min(end, blank + 4 + MAX_VALUE)) });
  }
  return fields;
}

/** Chooses by content type, else by the first character. */
export function bodyFields(contentType: string, text: string): Field[] {
  const type = contentType.toLowerCase();
  if (type.includes('multipart/form-data')) return multipartFields(text);
  const first = text[skipBlanks(text, 0)];
  if (type.includes('json') || first === '{' || first === '[') return jsonFields(text);
  if (type.includes('xml') || first === '<') return xmlFields(text);
  if (type.includes('urlencoded') || type === '') return formFields(text);
  return [];
}
