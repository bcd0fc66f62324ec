// Works out what a device is from what it shows of itself: best name, maker, kind, each with its evidence.
// Pure; called when a document is rendered, so that better rules hold for old captures as well. Rules: identity-rules.ts.
import type { SourcedName } from '../../model/analysis-document.ts';
import { isNoName } from '../../model/host-name.ts';
import { isRandomisedMac, parseMac } from '../../model/mac.ts';
import type { Table } from '../summary/summary.ts';
import { CATEGORY_HINTS, type EvidenceSource, type Hint, MAKER_HINTS, WEIGHTS } from './identity-rules.ts';
import type { DeviceFacts } from './tables.ts';

export interface Identity {
  /** Best first. */
  readonly names: readonly SourcedName[];
  readonly maker: string | null;
  readonly model: string | null;
  readonly category: string | null;
  /** For people: `category camera: model DCS-935L`. */
  readonly evidence: readonly string[];
}

interface Evidence {
  readonly source: EvidenceSource;
  /** As on the wire. */
  readonly shown: string;
  readonly text: string;
}

/** Traits that are names, the most informative first. */
const NAME_TRAITS = [
  'kasa_alias',
  'edimax_name',
  'lifx_label',
  'mdns_friendly_name',
  'upnp_name',
  'hostname',
  'mdns_instance',
  'fqdn',
  'mdns_name',
  'netbios_name',
  'upnp_model',
  'mdns_model',
  'kasa_model',
];

const MODEL_TRAITS = ['edimax_model', 'upnp_model', 'mdns_model', 'kasa_model', 'kasa_product', 'upnp_model_number'];

/** Which source each trait is evidence for. */
const TRAIT_SOURCES: Readonly<Record<string, EvidenceSource>> = {
  ...Object.fromEntries(NAME_TRAITS.map((kind) => [kind, 'name' as const])),
  ...Object.fromEntries(MODEL_TRAITS.map((kind) => [kind, 'model' as const])),
  upnp_manufacturer: 'model',
  ssdp_device: 'ssdp',
  ssdp_server: 'ssdp',
  user_agent: 'agent',
  vendor_class: 'dhcp',
  client_certificate: 'certificate',
  own_certificate: 'certificate',
  peer_certificate: 'certificate',
};

const COUNT_SOURCES: Readonly<Record<string, EvidenceSource>> = {
  'mdns.services': 'service',
  'dns.queries': 'domain',
  'tls.sni': 'domain',
  'quic.sni': 'domain',
  'http.hosts': 'domain',
};

/** Protocols that only their own devices answer; each leaves one of these traits. */
const PROTOCOL_TRAITS: Readonly<Record<string, string>> = {
  kasa_model: 'kasa',
  kasa_alias: 'kasa',
  tuya_id: 'tuya',
  tuya_product: 'tuya',
  miio_id: 'miio',
  lifx_label: 'lifx',
};

/** Numbers by which a standard names kinds; identity-standards.ts. */
const STANDARD_TRAITS: Readonly<Record<string, string>> = {
  homekit_category: 'HomeKit category',
  matter_type: 'Matter type',
};

/** Of one kind or table; a device that shows more shows it to fill memory. */
const MAX_TEXTS = 100;

/** @param facts what the summary holds of one address */
export function identify(facts: DeviceFacts): Identity {
  const evidence = gather(facts);
  const reasons: string[] = [];
  // A phone speaks to every maker's cloud: where its own words say phone, names it asks for say nothing of its kind.
  const kinds = decide(CATEGORY_HINTS, evidence.filter(isSelf), '', []);
  const isHandheld = runsApps(kinds);
  const category = decide(CATEGORY_HINTS, isHandheld ? evidence.filter(isSelf) : evidence, 'category', reasons);
  // Apps talk to every maker's cloud: of a phone only its own words count.
  const own = runsApps(category) ? evidence.filter(isOwnWord) : evidence;
  const maker = decide(MAKER_HINTS, own, 'maker', reasons);
  return {
    names: rankNames(facts.traits),
    category,
    // The owner of the address block may have made only the radio.
    maker: maker ?? firstOf(facts.traits, ['upnp_manufacturer']) ?? facts.vendor,
    model: firstOf(facts.traits, MODEL_TRAITS),
    evidence: reasons,
  };
}

/** Whether a device of this kind runs apps, which speak to the clouds of many makers. */
export function runsApps(category: string | null): boolean {
  return category === 'phone' || category === 'computer';
}

/** What a device says of itself, not what it asks for and not who registered its address. */
function isSelf({ source }: Evidence): boolean {
  return source !== 'domain' && source !== 'vendor' && source !== 'certificate';
}

function isOwnWord({ source }: Evidence): boolean {
  return source !== 'domain' && source !== 'protocol' && source !== 'ssdp' && source !== 'certificate';
}

function gather({ vendor, traits, counts }: DeviceFacts): Evidence[] {
  const list: Evidence[] = [];
  const add = (source: EvidenceSource, shown: string): number =>
    list.push({ source, shown, text: shown.toLowerCase() });
  for (const [kind, source] of Object.entries(TRAIT_SOURCES))
    for (const value of textsOf(traits[kind])) add(source, value);
  for (const [name, source] of Object.entries(COUNT_SOURCES)) for (const key of textsOf(counts[name])) add(source, key);
  for (const [kind, protocol] of Object.entries(PROTOCOL_TRAITS))
    if (traits[kind] !== undefined) add('protocol', protocol);
  for (const [kind, standard] of Object.entries(STANDARD_TRAITS))
    for (const number of textsOf(traits[kind])) add('service', `${standard} ${number}.`);
  for (const url of textsOf(traits['mud_url'])) {
    add('model', url);
    add('domain', /^https:\/\/([^/:?#]+)/i.exec(url)?.[1] ?? '');
  }
  if (vendor !== null) add('vendor', vendor);
  return list;
}

/** Sorted, so that the answer does not depend on the order in which texts were seen. */
function textsOf(values: Table<number> | undefined): string[] {
  return values === undefined ? [] : Object.keys(values).sort().slice(0, MAX_TEXTS);
}

function matches(hint: Hint, { source, text }: Evidence): boolean {
  if (!hint.sources.includes(source)) return false;
  return hint.words.some((word) => (source === 'domain' ? inDomain(text, word) : beginsWord(text, word)));
}

/** A dotted word is a domain or its parent; others may be anywhere. */
function inDomain(name: string, word: string): boolean {
  if (!word.includes('.') || word.startsWith('.')) return name.includes(word);
  const host = name.split(':', 1)[0] ?? '';
  return host === word || host.endsWith(`.${word}`);
}

/** Anywhere, but not behind a letter: `aria` is not in `maria`. */
function beginsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = at === 0 ? 32 : text.charCodeAt(at - 1);
    if (before < 97 || before > 122) return true;
  }
  return false;
}

/** The meaning with the most weight; each kind of source counts once per meaning. Of equal ones the earlier, but see `contradict`. */
function decide(hints: readonly Hint[], evidence: readonly Evidence[], what: string, reasons: string[]): string | null {
  const found = new Map<string, Map<EvidenceSource, string>>();
  for (const hint of hints) {
    for (const item of evidence) {
      if (!matches(hint, item)) continue;
      const sources = found.get(hint.means) ?? new Map<EvidenceSource, string>();
      if (!sources.has(item.source)) sources.set(item.source, item.shown);
      found.set(hint.means, sources);
    }
  }
  const [best, next] = [...found].toSorted(([, a], [, b]) => weightOf(b) - weightOf(a));
  if (best === undefined) return null;
  if (hints === CATEGORY_HINTS && next !== undefined && contradict(best[1], next[1])) return null;
  for (const [source, shown] of best[1]) reasons.push(`${what} ${best[0]}: ${source} ${shown}`);
  return best[0];
}

/** Two kinds of evidence that weigh the same and say different things; of one kind the earlier rule is the narrower one. */
function contradict(one: ReadonlyMap<EvidenceSource, string>, other: ReadonlyMap<EvidenceSource, string>): boolean {
  return weightOf(one) === weightOf(other) && ![...one.keys()].some((source) => other.has(source));
}

function weightOf(sources: ReadonlyMap<EvidenceSource, string>): number {
  return [...sources.keys()].reduce((sum, source) => sum + WEIGHTS[source], 0);
}

function firstOf(traits: DeviceFacts['traits'], kinds: readonly string[]): string | null {
  for (const kind of kinds) {
    const [value] = textsOf(traits[kind]);
    if (value !== undefined) return value;
  }
  return null;
}

/** Every name that a device gives itself; informative ones before those of chips or operating systems. */
export function rankNames(traits: DeviceFacts['traits']): SourcedName[] {
  const names = NAME_TRAITS.flatMap((source) => textsOf(traits[source]).map((name) => ({ name: name.trim(), source })));
  const kept = names.filter(({ name }) => !isNoName(name));
  return [...kept.filter(({ name }) => !isGenericName(name)), ...kept.filter(({ name }) => isGenericName(name))];
}

const GENERIC_NAMES = [
  'android',
  'espressif',
  'lwip',
  'unknown',
  'openwrt',
  'linux',
  'hf-lpb',
  'esp_',
  'esp-',
  'gainspan',
  'dhcpcd',
  'udhcp',
];

/** Whether many devices have this name, or it is none. */
export function isGenericName(name: string): boolean {
  const lower = name.toLowerCase();
  if (GENERIC_NAMES.some((word) => lower.startsWith(word))) return true;
  return isNoName(name);
}

/** Traits that stay with a device when it changes its address; a shared value of one links two addresses. */
const LINKING_TRAITS = [
  'mqtt_client_id',
  'tuya_id',
  'miio_id',
  'fqdn',
  'hostname',
  'mdns_name',
  'mdns_instance',
  'mdns_friendly_name',
  'netbios_name',
  'kasa_alias',
];

export interface LinkedMacs {
  /** Sorted. */
  readonly macs: readonly string[];
  /** `hostname iPad-of-Jo`. */
  readonly evidence: readonly string[];
}

/**
 * Addresses that belong to one device by their own words (Amar et al.: one iPad under eight addresses). A name links only
 * where at least one of the two addresses is randomised: registered ones with one name are two devices of one product.
 */
export function linkMacs(
  devices: readonly { readonly mac: string; readonly traits: DeviceFacts['traits'] }[],
): LinkedMacs[] {
  const group = new Map<string, string>(devices.map(({ mac }) => [mac, mac]));
  const evidence = new Map<string, Set<string>>();
  for (const [text, macs] of holdersOf(devices)) {
    const randomised = macs.filter(isRandomised);
    const linked =
      randomised.length === macs.length
        ? macs
        : [...randomised, ...macs.filter((mac) => !isRandomised(mac)).slice(0, 1)];
    if (randomised.length === 0 || linked.length < 2) continue;
    for (const mac of linked) join(group, linked[0]!, mac);
    for (const mac of linked) evidence.set(mac, (evidence.get(mac) ?? new Set()).add(text));
  }
  return collectGroups(group, evidence);
}

/** Macs by the trait and value they share. */
function holdersOf(
  devices: readonly { readonly mac: string; readonly traits: DeviceFacts['traits'] }[],
): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const { mac, traits } of devices) {
    for (const kind of LINKING_TRAITS) {
      for (const value of textsOf(traits[kind])) {
        if (isGenericName(value)) continue;
        const key = `${kind} ${value.toLowerCase()}`;
        pushTo(holders, key, mac);
      }
    }
  }
  return holders;
}

function pushTo(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function isRandomised(mac: string): boolean {
  const parsed = parseMac(mac);
  return parsed !== undefined && isRandomisedMac(parsed);
}

function rootOf(group: Map<string, string>, mac: string): string {
  let root = mac;
  while (group.get(root) !== root) root = group.get(root) ?? root;
  return root;
}

function join(group: Map<string, string>, a: string, b: string): void {
  const [first, second] = [rootOf(group, a), rootOf(group, b)].toSorted();
  group.set(second!, first!);
}

function collectGroups(group: Map<string, string>, evidence: ReadonlyMap<string, ReadonlySet<string>>): LinkedMacs[] {
  const members = new Map<string, string[]>();
  for (const mac of group.keys()) pushTo(members, rootOf(group, mac), mac);
  return [...members.values()]
    .filter((macs) => macs.length > 1)
    .map((macs) => ({
      macs: macs.toSorted(),
      evidence: [...new Set(macs.flatMap((mac) => [...(evidence.get(mac) ?? [])]))].toSorted(),
    }));
}
