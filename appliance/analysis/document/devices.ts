// The devices of a document: every layer-2 address that is no group, with what it says about itself. Called by render-document.ts.

import type {
  DocumentDevice,
  DocumentRouter,
  EncryptedHello,
  LinkedMac,
  SourcedName,
} from '../../model/analysis-document.ts';
import { isGroupMac, isRandomisedMac, type Mac, parseMac } from '../../model/mac.ts';
import { type ConfirmedIdentities, type ConfirmedIdentity, factsOf } from '../../model/user-identity.ts';
import { ENCRYPTED_DNS, ENCRYPTED_HELLO } from '../inspect/encrypted-dns.ts';
import { type Judgement, judge, platformAnswers } from '../platforms/answers.ts';
import type { PlatformRule } from '../platforms/rule.ts';
import { sightingsOf } from '../platforms/sightings.ts';
import type { Part, Table } from '../summary/summary.ts';
import { HomeMap } from './home-map.ts';
import { identify, linkMacs, runsApps } from './identity.ts';
import { readName, uniqueNames } from './names.ts';
import type { DeviceFacts, DocumentTables } from './tables.ts';

export function renderDevices(
  part: Part,
  tables: DocumentTables,
  confirmed: ConfirmedIdentities,
  home: HomeMap,
): DocumentDevice[] {
  const linked = linksOf(part);
  return deviceMacs(part, home).map((text) => {
    const mac = parseMac(text);
    const randomised = mac !== undefined && isRandomisedMac(mac);
    return confirm(renderDevice(text, randomised, part, tables, linked), confirmed[text]);
  });
}

function deviceMacs(part: Part, home: HomeMap): string[] {
  const macs = Object.keys(part.macs).sort();
  return macs.filter((text) => isDevice(text, parseMac(text), part) && !home.isRouter(text));
}

/** One device's MAC; on a link without MACs the IP address of one that was heard: others may be broadcast addresses. */
function isDevice(text: string, mac: Mac | undefined, part: Part): boolean {
  return mac === undefined ? (part.macs[text]?.packets_sent ?? 0) > 0 : !isGroupMac(mac);
}

/** Those that were seen. */
export function renderRouters(part: Part, tables: DocumentTables, home: HomeMap): DocumentRouter[] {
  const findings = Object.values(part.findings);
  return [...home.routers].flatMap(([mac, known_by]) => {
    const record = part.macs[mac];
    const left = findings.filter(({ device }) => device === mac).length;
    const ips = Object.keys(record?.ips ?? {}).filter((ip) => home.isHome(ip));
    return record === undefined
      ? []
      : [{ mac, vendor: tables.vendor(mac), ips: ips.sort(), known_by, findings_left_out: left }];
  });
}

function renderDevice(
  mac: string,
  randomised: boolean,
  part: Part,
  tables: DocumentTables,
  linked: ReadonlyMap<string, readonly LinkedMac[]>,
): DocumentDevice {
  const record = part.macs[mac]!;
  const vendor = randomised || parseMac(mac) === undefined ? null : tables.vendor(mac);
  const traits = part.traits[mac] ?? {};
  const facts: DeviceFacts = { mac, vendor, traits, counts: countsOf(part, mac) };
  const identity = identify(facts);
  return {
    mac,
    vendor,
    randomised,
    names: namesOf(identity.names, Object.keys(record.ips), part),
    ips: Object.keys(record.ips).sort(),
    packets_sent: record.packets_sent,
    bytes_sent: record.bytes_sent,
    packets_received: record.packets_received,
    bytes_received: record.bytes_received,
    category: identity.category,
    ...renderPlatforms(facts, identity.category, tables),
    maker: identity.maker,
    model: identity.model,
    identity_evidence: identity.evidence,
    encrypted_dns: Object.keys(traits[ENCRYPTED_DNS] ?? {}).sort(),
    encrypted_hellos: encryptedHellos(traits[ENCRYPTED_HELLO] ?? {}, part),
    linked: linked.get(mac) ?? [],
  };
}

/** What its apps say of their makers' clouds is no platform of a phone. */
export function renderPlatforms(
  facts: DeviceFacts,
  category: string | null,
  { platformRules }: Pick<DocumentTables, 'platformRules'>,
): Pick<DocumentDevice, 'platforms' | 'platform_answers'> {
  const isPhone = runsApps(category);
  const answers = platformAnswers(platformRules, sightingsOf(facts), (peer) => isPhone && peer !== '');
  const certain = answers.filter(({ answer, by }) => answer === 'belongs' && by === 'device');
  return { platforms: certain.flatMap(({ platforms }) => platforms), platform_answers: answers };
}

export interface JudgedDevice {
  readonly mac: string;
  readonly judgements: readonly Judgement[];
}

/** What each rule has to say of each device, refusals included: what `platform_answers` are made from. */
export function judgeDevices(all: Part, rules: readonly PlatformRule[]): JudgedDevice[] {
  const home = new HomeMap(all);
  const part = home.withoutRouters(all);
  return deviceMacs(part, home).map((mac) => {
    const traits = part.traits[mac] ?? {};
    return { mac, judgements: judge(rules, sightingsOf({ traits, counts: countsOf(part, mac) })) };
  });
}

function encryptedHellos(names: Table<number>, part: Part): EncryptedHello[] {
  const tables = Object.values(part.counts['dns.ech'] ?? {});
  const announced = new Set(tables.flatMap((table) => Object.keys(table)).map((name) => name.toLowerCase()));
  return Object.keys(names)
    .sort()
    .map((outer_name) => ({ outer_name, announced: announced.has(outer_name.toLowerCase()) }));
}

/** A person's word wins; what was inferred is kept as a further name and in the evidence. */
function confirm(inferred: DocumentDevice, said: ConfirmedIdentity | undefined): DocumentDevice {
  if (said === undefined) return { ...inferred, confirmed: null };
  const { name, vendor, category, by } = said;
  const facts = Object.entries(factsOf({ ...said })).map(([fact, value]) => `${fact} ${value}`);
  const words = [name, vendor === '' ? '' : `maker ${vendor}`, category === '' ? '' : `category ${category}`, ...facts];
  const reported = `user (${by}): ${words.filter((word) => word !== '').join(', ')}`;
  return {
    ...inferred,
    names: name === '' ? inferred.names : [{ name, source: 'user' }, ...inferred.names],
    maker: vendor === '' ? (inferred.maker ?? null) : vendor,
    category: category === '' ? inferred.category : category,
    model: said.model ?? inferred.model ?? null,
    identity_evidence: [reported, ...(inferred.identity_evidence ?? [])],
    confirmed: said,
  };
}

function countsOf(part: Part, mac: string): Table<Table<number>> {
  const counts: Table<Table<number>> = Object.create(null);
  for (const [name, byMac] of Object.entries(part.counts)) {
    const own = byMac[mac];
    if (own !== undefined) counts[name] = own;
  }
  return counts;
}

/** For each address the others of the same device. */
function linksOf(part: Part): Map<string, LinkedMac[]> {
  const links = new Map<string, LinkedMac[]>();
  const devices = Object.keys(part.traits)
    .sort()
    .map((mac) => ({ mac, traits: part.traits[mac] ?? {} }));
  for (const { macs, evidence } of linkMacs(devices)) {
    for (const mac of macs) {
      links.set(
        mac,
        macs.filter((other) => other !== mac).map((other) => ({ mac: other, evidence })),
      );
    }
  }
  return links;
}

/** What the device calls itself, best first, then what its local addresses are called. */
function namesOf(own: readonly SourcedName[], ips: readonly string[], part: Part): SourcedName[] {
  const reported = ips.flatMap((ip) =>
    Object.keys(part.addresses[ip] ?? {})
      .sort()
      .map(readName),
  );
  const local = reported.filter(({ source }) => source === 'mdns' || source === 'dhcp' || source === 'nbns');
  return uniqueNames([...own, ...local]);
}
