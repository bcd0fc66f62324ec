// Reads what plain messages give away: credentials, keys, identifiers, pictures. Listeners of HTTP, RTSP and others call
// it with what they decoded; it reports findings with masked excerpts only (rules.ts, mask.ts).
import { printable } from '../../model/text.ts';
import type { Facts } from './facts.ts';
import { type Field, MAX_FIELDS } from './fields/field.ts';
import { bodyFields, percentDecode, queryFields } from './fields/fields.ts';
import { classifyField, classifyFields, holdsOwnMac, macIn, type Sighting } from './identifiers.ts';
import { looksLikeKey, maskMac, maskPath, maskValue } from './mask.ts';
import { ownSighting } from './own-keys.ts';
import { report } from './report.ts';
import { type RuleId } from './rules.ts';

/** Where something was seen, in words that are no secret. */
export interface Place {
  /** MAC of the device that it is about. */
  readonly device: string;
  /** `POST api.example.com/v1/body`: method, host and masked path. */
  readonly channel: string;
  /** Findings of one group, rule and field are one: the host, or the channel where there is none. */
  readonly group?: string;
}

const NO_SIGHTINGS: readonly Sighting[] = [];

function note(facts: Facts, place: Place, sighting: Sighting): void {
  const { rule, what, shown, confidence } = sighting;
  report(facts, rule, {
    device: place.device,
    subject: `${place.group ?? place.channel} ${what}`,
    excerpt: `${place.channel}: ${printable(shown, 80)}`,
    confidence,
  });
}

/** Keys, tokens and identifiers in the query and path of a request. */
export function inspectTarget(facts: Facts, place: Place, target: string): void {
  const sightings = fieldSightings(facts, queryFields(target));
  for (const sighting of sightings) {
    note(facts, place, sighting.rule === 'CRED-05' ? { ...sighting, rule: 'CRED-04' } : sighting);
  }
  const key = pathKey(target);
  if (key !== undefined) note(facts, place, { rule: 'CRED-04', what: 'path', shown: maskValue(key), confidence: 0.8 });
  tellOwnMac(facts, place, target, sightings);
}

/** `user:password@` in the target of a request: a login in the URL. */
export function inspectUserinfo(facts: Facts, place: Place, userinfo: string): void {
  const colon = userinfo.indexOf(':');
  const user = colon < 0 ? userinfo : userinfo.slice(0, colon);
  inspectLogin(
    facts,
    place,
    'CRED-04',
    percentDecode(user),
    colon < 0 ? undefined : percentDecode(userinfo.slice(colon + 1)),
  );
}

/** Philips Hue's local interface and its imitators: `/api/<key>/lights` (SEEDS A13). */
function pathKey(target: string): string | undefined {
  const parts = target.split('?', 1)[0]?.split('/') ?? [];
  const at = parts.indexOf('api');
  const key = at < 0 ? undefined : parts[at + 1];
  return key !== undefined && key.length >= 16 && looksLikeKey(key) ? key : undefined;
}

/** The sender's own address anywhere in a text, unless a field has already reported it. */
function tellOwnMac(facts: Facts, place: Place, text: string, reported: readonly Sighting[]): void {
  if (reported.some(({ rule }) => rule === 'PII-01') || !holdsOwnMac(text, place.device)) return;
  note(facts, place, { rule: 'PII-01', what: 'own address', shown: maskMac(place.device), confidence: 1 });
}

/** One sighting per field name, the user's own word first; at most 32 of one message. */
function fieldSightings(facts: Facts, fields: readonly Field[]): readonly Sighting[] {
  if (fields.length === 0) return NO_SIGHTINGS;
  if (fields.length >= MAX_FIELDS) facts.cut();
  const { ownKeys } = facts;
  let found: Map<string, Sighting> | undefined;
  const own = ownKeys === undefined ? NO_SIGHTINGS : fields.flatMap((field) => ownSighting(ownKeys, field) ?? []);
  for (const sighting of [...own, ...classifyFields(fields)]) {
    found ??= new Map();
    if (!found.has(sighting.what) && found.size < 32) found.set(sighting.what, sighting);
  }
  return found === undefined ? NO_SIGHTINGS : [...found.values()];
}

/** Fields of a readable body: forms, JSON, XML, multipart; `text` is at most what the listener waited for. */
export function inspectBody(facts: Facts, place: Place, contentType: string, text: string): readonly Field[] {
  const fields = bodyFields(contentType, text);
  const sightings = fieldSightings(facts, fields);
  for (const sighting of sightings) note(facts, place, sighting);
  tellOwnMac(facts, place, text, sightings);
  return fields;
}

/** Text of an unknown protocol: only what is unmistakable, such as the header fields that SIP took from HTTP. */
export function inspectText(facts: Facts, place: Place, whole: string): void {
  const authorization = /^(?:Proxy-)?Authorization: *([A-Za-z][^\r\n]*)\r?$/im.exec(whole);
  if (authorization !== null) inspectAuthorization(facts, place, authorization[1] ?? '');
  const text = authorization === null ? whole : whole.replace(authorization[0], '');
  if (/[{<=:]/.test(text)) inspectBody(facts, place, '', text);
  else tellOwnMac(facts, place, text, NO_SIGHTINGS);
  const mac = macIn(text);
  if (mac !== undefined && mac !== place.device) {
    note(facts, place, { rule: 'PII-01', what: 'address', shown: maskMac(mac), confidence: 0.8 });
  }
}

/** User names and passwords as devices ship with them. */
const DEFAULT_PASSWORDS = new Set([
  '',
  'admin',
  '1234',
  '12345',
  '123456',
  '12345678',
  'password',
  '888888',
  'root',
  'guest',
  'default',
  'user',
  'pass',
]);

/** Rules by scheme of the Authorization field; RTSP passes its own for Basic. */
export function inspectAuthorization(facts: Facts, place: Place, value: string, basicRule: RuleId = 'CRED-01'): void {
  const space = value.indexOf(' ');
  const scheme = (space < 0 ? value : value.slice(0, space)).toLowerCase();
  const rest = space < 0 ? '' : value.slice(space + 1).trim();
  if (scheme === 'basic') return inspectBasic(facts, place, rest, basicRule);
  if (scheme === 'digest') return inspectDigest(facts, place, rest);
  if (rest !== '' || looksLikeKey(value)) {
    const shown = `${printable(scheme, 24)} ${maskValue(rest === '' ? value : rest)}`;
    note(facts, place, { rule: 'CRED-02', what: 'authorization', shown, confidence: 1 });
  }
}

/** RFC 7617: Base64 of `user:password`, the password may hold colons. */
export function basicCredentials(encoded: string): { user: string; password: string } | undefined {
  const text = Buffer.from(encoded.slice(0, 1024), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function inspectBasic(facts: Facts, place: Place, encoded: string, rule: RuleId): void {
  const credentials = basicCredentials(encoded);
  if (credentials !== undefined) inspectLogin(facts, place, rule, credentials.user, credentials.password);
}

/** A login of any protocol: the credentials under `rule`, and whether the password is one that devices ship with. */
export function inspectLogin(
  facts: Facts,
  place: Place,
  rule: RuleId,
  user: string,
  password: string | undefined,
): void {
  const shown = `user ${maskValue(user)}, password ${password === undefined ? 'not seen' : maskValue(password)}`;
  note(facts, place, { rule, what: 'login', shown, confidence: password === undefined ? 0.6 : 1 });
  if (password !== undefined && user !== '' && DEFAULT_PASSWORDS.has(password.toLowerCase())) {
    note(facts, place, {
      rule: 'CRED-12',
      what: 'login',
      shown: `user ${maskValue(user)}, a default password`,
      confidence: 0.9,
    });
  }
}

/** RFC 7616 §3.4: the user name is in the clear. */
function inspectDigest(facts: Facts, place: Place, parameters: string): void {
  const start = parameters.indexOf('username="');
  const end = start < 0 ? -1 : parameters.indexOf('"', start + 10);
  const user = end < 0 ? '' : parameters.slice(start + 10, end);
  inspectHashedLogin(facts, place, 'Digest', user);
}

/** A login whose password can only be guessed, from a hash by `method`. */
export function inspectHashedLogin(facts: Facts, place: Place, method: string, user: string): void {
  note(facts, place, { rule: 'CRED-03', what: 'login', shown: `${method}, user ${maskValue(user)}`, confidence: 1 });
}

/** What SNMP before version 3 has for a password; agents ship with the first two. */
const DEFAULT_COMMUNITIES: ReadonlySet<string> = new Set(['public', 'private']);

export function inspectCommunity(facts: Facts, place: Place, community: string): void {
  if (community === '') return;
  note(facts, place, { rule: 'CRED-16', what: 'community', shown: maskValue(community), confidence: 1 });
  if (!DEFAULT_COMMUNITIES.has(community)) return;
  note(facts, place, { rule: 'CRED-12', what: 'community', shown: 'a default community', confidence: 1 });
}

/** A cookie whose name or value is that of a session. */
export function inspectCookie(facts: Facts, place: Place, value: string): void {
  for (const pair of value.split(';', 32)) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const content = pair.slice(equals + 1);
    if (equals <= 0 || content.length < 8 || !isSessionCookie(name.toLowerCase(), content)) continue;
    note(facts, place, {
      rule: 'CRED-11',
      what: 'cookie',
      shown: `${printable(name, 24)}=${maskValue(content)}`,
      confidence: 0.8,
    });
    return;
  }
}

const SESSION_WORDS = ['sess', 'token', 'auth', 'login', 'sid'];
/** Cookies of audience measurement and of proxies: they identify a browser, not a session. */
const COMMON_COOKIES = ['__utm', '_ga', '_gid', '__cf', '_fbp', 'ak_bmsc', 'aws'];

function isSessionCookie(name: string, content: string): boolean {
  if (COMMON_COOKIES.some((start) => name.startsWith(start))) return false;
  return SESSION_WORDS.some((word) => name.includes(word)) || looksLikeKey(content);
}

/** Header fields beyond the standard ones that carry keys, such as `X-Api-Key`. */
export function inspectField(facts: Facts, place: Place, name: string, value: string): void {
  const field = { key: name, value };
  const sighting = ownSighting(facts.ownKeys, field) ?? classifyField(field);
  if (sighting !== undefined) note(facts, place, sighting);
}

/** Method, host and masked path of a request. */
export function requestChannel(method: string, host: string, target: string): string {
  return `${method} ${printable(host, 80)}${maskPath(target)}`;
}

const UPDATE_WORDS = [
  'firmware',
  'fwupdate',
  'fw_update',
  '/ota/',
  '/ota.',
  'otaupdate',
  '/update',
  'upgrade',
  '.ota',
  '.fw',
];

/** Whether a path asks for a software update (SEEDS P15, the speaker). */
export function isUpdatePath(target: string): boolean {
  const path = (target.split('?', 1)[0] ?? '').toLowerCase();
  return UPDATE_WORDS.some((word) => path.includes(word));
}
