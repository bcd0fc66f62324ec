// Names and values out of XML: elements, attributes, property lists and XML-RPC. Called by fields.ts.
import { type Field, MAX_FIELDS, MAX_KEY, MAX_VALUE } from './field.ts';

const CDATA = '<![CDATA[';
/** Elements whose text names the next one's: Apple's property lists, XML-RPC. */
const NAMING: ReadonlySet<string> = new Set(['key', 'name']);

/** `<key>text</key>` without children and `<tag key="text">`; name-space prefixes are dropped. */
export function xmlFields(text: string, withAttributes = true): Field[] {
  const fields: Field[] = [];
  let named: string | undefined;
  for (let at = text.indexOf('<'); at >= 0 && fields.length < MAX_FIELDS; at = text.indexOf('<', at + 1)) {
    const open = text.indexOf('>', at);
    if (open < 0) break;
    if (text[at + 1] === '/' || text[at + 1] === '!' || text[at + 1] === '?') continue;
    if (withAttributes) fields.push(...attributes(text, at, open));
    const value = leafText(text, open + 1);
    if (value === '') continue;
    const key = tagName(text, at + 1, open);
    fields.push({ key, value });
    if (named !== undefined && !NAMING.has(key)) fields.push({ key: named, value });
    named = NAMING.has(key) && value.length <= MAX_KEY ? value : undefined;
  }
  return fields;
}

/** The text of an element that has no children, verbatim or in a CDATA section; empty where it has some. */
function leafText(text: string, start: number): string {
  if (text.startsWith(CDATA, start)) {
    const end = text.indexOf(']]>', start);
    return end < 0 ? '' : text.slice(start + CDATA.length, Math.min(end, start + CDATA.length + MAX_VALUE)).trim();
  }
  const next = text.indexOf('<', start);
  if (next <= start || text[next + 1] !== '/') return '';
  return text.slice(start, Math.min(next, start + MAX_VALUE)).trim();
}

/** Attributes of one tag, quoted either way, at most sixteen. */
function attributes(text: string, start: number, end: number): Field[] {
  const tag = text.slice(start, Math.min(end, start + 2048));
  if (!tag.includes('=')) return [];
  const found = tag.matchAll(/\s([\w.:-]{1,64})\s{0,4}=\s{0,4}(?:"([^"]{0,512})"|'([^']{0,512})')/g);
  return [...found].slice(0, 16).flatMap(([, key = '', double, single]) => {
    const value = double ?? single ?? '';
    return value === '' || key.startsWith('xmlns') ? [] : [{ key: key.slice(key.indexOf(':') + 1), value }];
  });
}

function tagName(text: string, start: number, end: number): string {
  const name = text.slice(start, Math.min(end, start + MAX_KEY)).split(' ', 1)[0] ?? '';
  return name.slice(name.indexOf(':') + 1);
}
