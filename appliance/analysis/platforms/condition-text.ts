// Conditions and examples out of the plain values of a rule file. Refusals are texts with the place in the file; rule-text.ts
// knows its line.

import {
  type Condition,
  HEADER_FIELDS,
  type HeaderField,
  JSON_FIELDS,
  NAME_FIELDS,
  type NameField,
  TEXT_FIELDS,
} from './condition.ts';
import type { Fact, FactField, Sighting } from './sightings.ts';
import { PAYLOAD_BYTES, VALUED_FIELDS } from './sign.ts';

export type Path = readonly (string | number)[];

/** Something that a rule file may not hold, and where. */
export class RuleMistake extends Error {
  readonly path: Path;

  constructor(path: Path, message: string) {
    super(message);
    this.path = path;
  }
}

export type Plain = Readonly<Record<string, unknown>>;

/** Characters of a text in a rule where no other limit is given; a longer one is reported as a mistake. */
const MAX_CHARACTERS = 256;
/** Entries of a list in a rule (conditions, examples, names) where no other limit is given; more are a mistake. */
const MAX_PARTS = 32;
/** Of a pattern: matching goes back to the last one. */
const MAX_STARS = 4;

const CONDITION_NAMES = ['domain', ...TEXT_FIELDS, ...HEADER_FIELDS, 'json', ...JSON_FIELDS, 'port', 'payload', 'all'];

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws RuleMistake */
export function readText(value: unknown, path: Path, most = MAX_CHARACTERS): string {
  if (typeof value === 'number' || typeof value === 'boolean')
    throw new RuleMistake(path, 'must be a text: put it in quotes');
  if (typeof value !== 'string' || value === '' || value.length > most)
    throw new RuleMistake(path, `must be a text of 1 to ${most} characters`);
  return value;
}

/** @throws RuleMistake */
export function readList(value: unknown, path: Path, most = MAX_PARTS): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > most)
    throw new RuleMistake(path, `must be a list of 1 to ${most}`);
  return value;
}

/** @throws RuleMistake */
export function refuseOthers(value: Plain, known: readonly string[], path: Path): void {
  const other = Object.keys(value).find((name) => !known.includes(name));
  if (other !== undefined) throw new RuleMistake([...path, other], `is not known here; known: ${known.join(', ')}`);
}

/** @throws RuleMistake */
export function readCondition(value: unknown, path: Path, isInner = false): Condition {
  if (!isPlain(value)) throw new RuleMistake(path, 'must be a condition, as `domain: example.com`');
  const names = Object.keys(value).filter((name) => CONDITION_NAMES.includes(name));
  const isPayload = names.includes('payload');
  const [name] = isPayload ? ['payload'] : names;
  if (name === undefined)
    throw new RuleMistake(
      path,
      `${Object.keys(value)[0] ?? 'nothing'} is no condition; known: ${CONDITION_NAMES.join(', ')}`,
    );
  const beside = isPayload ? ['port', 'at', 'from'] : name === 'domain' ? ['in'] : [];
  refuseOthers(value, [name, ...beside], path);
  const at = [...path, name];
  switch (name) {
    case 'domain':
      return {
        is: 'domain',
        domain: readDomain(value['domain'], at),
        in: readNameFields(value['in'], [...path, 'in']),
      };
    case 'request-header':
    case 'answer-header':
      return readHeader(name, value[name], at);
    case 'json':
      return { is: 'json', fields: JSON_FIELDS, keys: readKeys(value['json'], at) };
    case 'request-json':
    case 'answer-json':
    case 'message-json':
      return { is: 'json', fields: [name], keys: readKeys(value[name], at) };
    case 'port':
      return { is: 'port', port: readPort(value['port'], at) };
    case 'payload':
      return readPayload(value, path);
    case 'all':
      if (isInner) throw new RuleMistake(at, 'may not stand within another');
      return { is: 'all', of: readList(value['all'], at).map((one, i) => readCondition(one, [...at, i], true)) };
    default: {
      const field = TEXT_FIELDS.find((one) => one === name);
      if (field === undefined) throw new TypeError(`no text field: ${name}`);
      return { is: 'text', field, pattern: readPattern(value[name], at) };
    }
  }
}

function readPattern(value: unknown, path: Path): string {
  const text = readText(value, path).toLowerCase();
  if (text.split('*').length - 1 > MAX_STARS) throw new RuleMistake(path, `may hold at most ${MAX_STARS} stars`);
  if (text.replaceAll('*', '') === '') throw new RuleMistake(path, 'fits everything');
  return text;
}

/** Labels of a name; the last two hold no star. */
function readDomain(value: unknown, path: Path): string {
  const text = readText(value, path).toLowerCase();
  const labels = text.split('.');
  const isName = labels.every((label) => /^[a-z0-9_*-]{1,63}$/.test(label));
  if (!isName || labels.length < 2) throw new RuleMistake(path, 'must be a domain, as `iot.*.example.com`');
  if (text.split('*').length - 1 > MAX_STARS) throw new RuleMistake(path, `may hold at most ${MAX_STARS} stars`);
  if (labels.slice(-2).join('').includes('*')) throw new RuleMistake(path, 'may have no star in its last two labels');
  return text;
}

function readNameFields(value: unknown, path: Path): readonly NameField[] {
  if (value === undefined) return NAME_FIELDS;
  return readList(value, path).map((one, i) => {
    const field = NAME_FIELDS.find((name) => name === one);
    if (field === undefined) throw new RuleMistake([...path, i], `must be one of: ${NAME_FIELDS.join(', ')}`);
    return field;
  });
}

function readHeader(field: HeaderField, value: unknown, path: Path): Condition {
  const text = readText(value, path);
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase();
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw new RuleMistake(path, 'must be `name` or `name: value`');
  if (colon < 0) return { is: 'header', field, name };
  if (!VALUED_FIELDS.has(name))
    throw new RuleMistake(
      path,
      `values are kept of ${[...VALUED_FIELDS].join(', ')} alone; ask for the name \`${name}\``,
    );
  return { is: 'header', field, name, value: readPattern(text.slice(colon + 1).trim(), path) };
}

function readKeys(value: unknown, path: Path): readonly string[] {
  return readList(value, path).map((key, i) => readText(key, [...path, i], 32));
}

/** @throws RuleMistake */
function readPort(value: unknown, path: Path): string {
  const text = readText(value, path).toLowerCase();
  const [, number = ''] = /^(?:tcp|udp)\/(\d{1,5})$/.exec(text) ?? [];
  if (number === '' || Number(number) > 65_535) throw new RuleMistake(path, 'must be a port, as `tcp/2002`');
  return text;
}

function readPayload(value: Plain, path: Path): Condition {
  const hex = String(value['payload']).toLowerCase();
  if (typeof value['payload'] !== 'string' || !/^(?:[0-9a-f]{2})+$/.test(hex))
    throw new RuleMistake([...path, 'payload'], 'must be bytes in hexadecimal and in quotes, as `"55cc"`');
  const at = value['at'] ?? 0;
  const most = PAYLOAD_BYTES - hex.length / 2;
  if (typeof at !== 'number' || !Number.isInteger(at) || at < 0 || at > most)
    throw new RuleMistake(
      [...path, 'at' in value ? 'at' : 'payload'],
      `must lie within the first ${PAYLOAD_BYTES} bytes`,
    );
  const from = value['from'];
  if (from !== undefined && from !== 'client' && from !== 'server')
    throw new RuleMistake([...path, 'from'], 'must be client or server');
  const port = value['port'];
  return {
    is: 'payload',
    hex,
    at,
    ...(port === undefined ? {} : { port: readPort(port, [...path, 'port']) }),
    ...(from === undefined ? {} : { from }),
  };
}

const EXAMPLE_FIELDS: Readonly<Record<string, FactField>> = {
  dns: 'dns',
  sni: 'sni',
  host: 'host',
  certificate: 'certificate',
  path: 'path',
  alpn: 'alpn',
  ja4: 'ja4',
  port: 'port',
  topic: 'topic',
  service: 'service',
  ssdp: 'ssdp',
  named: 'named',
  protocol: 'protocol',
};
const EXAMPLE_LISTS: Readonly<Record<string, FactField>> = {
  'request-headers': 'request',
  'answer-headers': 'answer',
  'request-json': 'request-json',
  'answer-json': 'answer-json',
  'message-json': 'message-json',
};

/** What a far end shows, in the words of the conditions. @throws RuleMistake */
export function readExample(value: unknown, path: Path): Sighting {
  if (!isPlain(value) || Object.keys(value).length === 0)
    throw new RuleMistake(path, 'must be what a far end shows, as `sni: api.example.com`');
  refuseOthers(value, [...Object.keys(EXAMPLE_FIELDS), ...Object.keys(EXAMPLE_LISTS), 'payload'], path);
  const facts = Object.entries(value).map(([name, shown]) => readFact(name, shown, value, [...path, name]));
  return { peer: 'example', facts };
}

function readFact(name: string, shown: unknown, all: Plain, path: Path): Fact {
  const list = EXAMPLE_LISTS[name];
  if (list !== undefined) {
    const words = readList(shown, path, 64).map((word, i) => readText(word, [...path, i]));
    return { field: list, text: '', words: name.endsWith('headers') ? words.map(foldHeader) : words };
  }
  const text = readText(shown, path).toLowerCase();
  const port = typeof all['port'] === 'string' ? all['port'] : '';
  if (name === 'payload') return { field: 'payload', text: '', words: [port, 'client', text] };
  return { field: EXAMPLE_FIELDS[name]!, text, words: [] };
}

function foldHeader(line: string): string {
  const colon = line.indexOf(':');
  return colon < 0 ? line.toLowerCase() : `${line.slice(0, colon).toLowerCase()}: ${line.slice(colon + 1).trim()}`;
}
