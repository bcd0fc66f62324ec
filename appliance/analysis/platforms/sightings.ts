// The unit that platform rules judge: a device and one far end, or what the device says of itself. Made from what a summary
// holds of a device: names that were asked for, hellos, heads of messages, first bytes. Pure.

import type { Table } from '../summary/summary.ts';
import { readSign, SIGN_TRAITS } from './sign.ts';

export type FactField =
  | 'dns'
  | 'sni'
  | 'host'
  | 'certificate'
  | 'path'
  | 'request'
  | 'answer'
  | 'request-json'
  | 'answer-json'
  | 'message-json'
  | 'alpn'
  | 'ja4'
  | 'port'
  | 'payload'
  | 'topic'
  | 'service'
  | 'ssdp'
  | 'named'
  | 'protocol';

export interface Fact {
  readonly field: FactField;
  /** In lower case but for JSON and payload. */
  readonly text: string;
  /** Header fields of one message, names of its JSON fields; port, sender and first bytes of a payload. */
  readonly words: readonly string[];
}

export interface Sighting {
  /** Name of the far end, or `203.0.113.5:443`; `tcp/2002` for bytes that nobody reads; empty: what it says of itself. */
  readonly peer: string;
  readonly facts: readonly Fact[];
}

export interface ShownFacts {
  /** By kind, by value: how often. */
  readonly traits: Table<Table<number>>;
  /** By table, by text: how often. */
  readonly counts: Table<Table<number>>;
}

/** Of one table; what is beyond was shown to fill memory. */
const MAX_TEXTS = 2000;

/** The far end of topics and messages, which are kept without their broker. */
export const MQTT_PEER = 'MQTT';

/** Tables whose texts are names of far ends. */
const NAME_TABLES = [
  ['dns.queries', 'dns'],
  ['tls.sni', 'sni'],
  ['quic.sni', 'sni'],
  ['http.hosts', 'host'],
] as const;

/** What a device says of itself: in tables, and in traits. */
const SELF_TABLES = [['mdns.services', 'service']] as const;
const SELF_TRAITS = [
  ['ssdp_device', 'ssdp'],
  ['ssdp_server', 'ssdp'],
  ['hostname', 'named'],
  ['fqdn', 'named'],
  ['mdns_name', 'named'],
  ['mdns_model', 'named'],
  ['upnp_model', 'named'],
  ['vendor_class', 'named'],
  ['user_agent', 'named'],
] as const;

/** Traits that only the speakers of a protocol show. */
const PROTOCOL_TRAITS = [
  ['kasa_model', 'kasa'],
  ['kasa_alias', 'kasa'],
  ['tuya_id', 'tuya'],
  ['tuya_product', 'tuya'],
  ['miio_id', 'miio'],
  ['lifx_label', 'lifx'],
] as const;

/** In the order of their peers' names; what the device says of itself first. */
export function sightingsOf({ traits, counts }: ShownFacts): Sighting[] {
  const found = new Sightings();
  for (const [name, field] of NAME_TABLES)
    for (const text of textsOf(counts[name])) found.add(hostOf(text), field, hostOf(text));
  for (const text of textsOf(counts['http.requests'])) addPath(found, text);
  for (const text of textsOf(counts['mqtt.topics'])) found.add(MQTT_PEER, 'topic', text.toLowerCase());
  for (const [name, field] of SELF_TABLES)
    for (const text of textsOf(counts[name])) found.add('', field, text.toLowerCase());
  for (const [kind, field] of SELF_TRAITS)
    for (const text of textsOf(traits[kind])) found.add('', field, text.toLowerCase());
  for (const [kind, protocol] of PROTOCOL_TRAITS) if (traits[kind] !== undefined) found.add('', 'protocol', protocol);
  for (const kind of SIGN_TRAITS) for (const text of textsOf(traits[kind])) addSign(found, text);
  return found.list();
}

class Sightings {
  readonly #byPeer = new Map<string, Fact[]>();

  add(peer: string, field: FactField, text: string, words: readonly string[] = []): void {
    const facts = this.#byPeer.get(peer);
    if (facts === undefined) this.#byPeer.set(peer, [{ field, text, words }]);
    else facts.push({ field, text, words });
  }

  list(): Sighting[] {
    return [...this.#byPeer.keys()].sort().map((peer) => ({ peer, facts: this.#byPeer.get(peer)! }));
  }
}

function textsOf(values: Table<number> | undefined): string[] {
  return values === undefined ? [] : Object.keys(values).sort().slice(0, MAX_TEXTS);
}

/** `api.example.com:8080` without its port. */
function hostOf(authority: string): string {
  const colon = authority.indexOf(':');
  return colon > 0 && colon === authority.lastIndexOf(':') ? authority.slice(0, colon) : authority;
}

/** `GET api.example.com/v1/devices`. */
function addPath(found: Sightings, request: string): void {
  const [, rest = ''] = request.split(' ', 2);
  const slash = rest.indexOf('/');
  if (slash > 0) found.add(hostOf(rest.slice(0, slash).toLowerCase()), 'path', rest.slice(slash).toLowerCase());
}

function addSign(found: Sightings, text: string): void {
  const { peer, word, parts } = readSign(text);
  switch (word) {
    case 'request':
    case 'answer':
    case 'request-json':
    case 'answer-json':
    case 'message-json':
      found.add(peer, word, '', parts);
      return;
    case 'hello':
    case 'certificate':
      for (const part of parts) addNamed(found, peer, word, part);
      return;
    case 'payload':
      found.add(parts[0] ?? '', 'port', parts[0] ?? '');
      found.add(parts[0] ?? '', 'payload', '', parts);
      return;
    default:
      return;
  }
}

/** `alpn h2`, `ja4 t13d…`, `port tcp/443` of a hello; a name of a certificate. */
function addNamed(found: Sightings, peer: string, word: 'hello' | 'certificate', part: string): void {
  if (word === 'certificate') {
    found.add(peer, 'certificate', part.toLowerCase());
    return;
  }
  const space = part.indexOf(' ');
  const field = part.slice(0, space);
  if (field === 'alpn' || field === 'ja4' || field === 'port')
    found.add(peer, field, part.slice(space + 1).toLowerCase());
}
