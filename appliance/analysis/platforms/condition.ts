// One condition of a platform rule: what it asks of a sighting, and how it reads. Patterns are compared without regard to case,
// `*` represents any characters; they are matched without regular expressions, for the texts come from the wire.

import type { Fact, FactField, Sighting } from './sightings.ts';

/** Where a `domain` is looked for; by default everywhere. */
export const NAME_FIELDS = ['dns', 'sni', 'host', 'certificate'] as const;
export type NameField = (typeof NAME_FIELDS)[number];

/** Fields that are one text each and are compared as a whole with a pattern. */
export const TEXT_FIELDS = [
  'path',
  'certificate',
  'alpn',
  'ja4',
  'topic',
  'service',
  'ssdp',
  'named',
  'protocol',
] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

export const HEADER_FIELDS = ['request-header', 'answer-header'] as const;
export type HeaderField = (typeof HEADER_FIELDS)[number];
/** Of HTTP the bodies, of MQTT the messages, whoever publishes them. */
export const JSON_FIELDS = ['request-json', 'answer-json', 'message-json'] as const;
export type JsonField = (typeof JSON_FIELDS)[number];

export type Condition =
  /** The name, or one below it; `*` is any characters within a label. */
  | { readonly is: 'domain'; readonly domain: string; readonly in: readonly NameField[] }
  | { readonly is: 'text'; readonly field: TextField; readonly pattern: string }
  /** In one message; without a value the name alone is asked for. */
  | { readonly is: 'header'; readonly field: HeaderField; readonly name: string; readonly value?: string }
  /** All of them in one message. */
  | { readonly is: 'json'; readonly fields: readonly JsonField[]; readonly keys: readonly string[] }
  | { readonly is: 'port'; readonly port: string }
  /** First bytes of what no inspector reads; `hex` in lower case, `at` bytes behind the first. */
  | {
      readonly is: 'payload';
      readonly hex: string;
      readonly at: number;
      readonly port?: string;
      readonly from?: 'client' | 'server';
    }
  /** All of them in one sighting. */
  | { readonly is: 'all'; readonly of: readonly Condition[] };

/** Whether the sighting has what the condition asks for. */
export function holds(condition: Condition, sighting: Sighting): boolean {
  if (condition.is === 'all') return condition.of.every((one) => holds(one, sighting));
  return sighting.facts.some((fact) => fits(condition, fact));
}

function fits(condition: Exclude<Condition, { is: 'all' }>, { field, text, words }: Fact): boolean {
  switch (condition.is) {
    case 'domain':
      return condition.in.some((one) => one === field) && isInDomain(text, condition.domain);
    case 'text':
      return field === condition.field && isLike(text, condition.pattern);
    case 'header':
      return field === HEADS[condition.field] && words.some((word) => isHeader(word, condition.name, condition.value));
    case 'json':
      return condition.fields.some((one) => one === field) && condition.keys.every((key) => words.includes(key));
    case 'port':
      return field === 'port' && text === condition.port;
    case 'payload':
      return field === 'payload' && isPayload(words, condition);
  }
}

const HEADS: Readonly<Record<HeaderField, FactField>> = { 'request-header': 'request', 'answer-header': 'answer' };

function isHeader(word: string, name: string, value: string | undefined): boolean {
  const colon = word.indexOf(': ');
  if ((colon < 0 ? word : word.slice(0, colon)) !== name) return false;
  return value === undefined || (colon >= 0 && isLike(word.slice(colon + 2).toLowerCase(), value));
}

function isPayload(
  [port = '', sender = '', head = '']: readonly string[],
  { hex, at, port: wanted, from }: Extract<Condition, { is: 'payload' }>,
): boolean {
  if ((wanted !== undefined && wanted !== port) || (from !== undefined && from !== sender)) return false;
  return head.startsWith(hex, 2 * at);
}

/** `iot.*.amazonaws.com` is the end of `a1b2-ats.iot.eu-west-1.amazonaws.com`. */
function isInDomain(name: string, domain: string): boolean {
  if (!domain.includes('*')) return name === domain || (name.endsWith(domain) && name.at(-domain.length - 1) === '.');
  const labels = name.split('.');
  const wanted = domain.split('.');
  const ahead = labels.length - wanted.length;
  return ahead >= 0 && wanted.every((label, i) => isLike(labels[ahead + i]!, label));
}

/** Both in lower case. Linear but for the way back to the last `*`: at most length times length of short texts. */
export function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let p = 0;
  while (at < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = at;
    } else if (p < pattern.length && pattern[p] === text[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** As a person reads it: `answer header server: Tengine`. */
export function describeCondition(condition: Condition): string {
  switch (condition.is) {
    case 'domain':
      return `${condition.in.length === NAME_FIELDS.length ? 'name' : condition.in.join(' or ')} ${condition.domain}`;
    case 'text':
      return `${condition.field} ${condition.pattern}`;
    case 'header':
      return `${condition.field.replace('-', ' ')} ${condition.name}${condition.value === undefined ? '' : `: ${condition.value}`}`;
    case 'json':
      return `${condition.fields.length === 1 ? condition.fields[0]!.replace('-json', '') : 'any'} JSON with ${condition.keys.join(', ')}`;
    case 'port':
      return `port ${condition.port}`;
    case 'payload':
      return `payload ${condition.hex}${condition.at === 0 ? '' : ` at byte ${condition.at}`}${condition.port === undefined ? '' : ` at port ${condition.port}`}`;
    case 'all':
      return condition.of.map(describeCondition).join(' and ');
  }
}
