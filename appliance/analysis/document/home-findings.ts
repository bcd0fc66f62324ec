// What devices say on the link that is not theirs to say: findings of announcements and claims, once it is known who the
// router is. Called by derived-findings.ts.

import { parseAddress } from '../../geo/address.ts';
import { isLocalAddress, scopeOf } from '../../geo/scope.ts';
import type { DocumentFinding } from '../../model/analysis-document.ts';
import { RULES, type RuleId } from '../inspect/rules.ts';
import { NO_ROUTER, ROUTE } from '../packet/home.ts';
import { Prefix } from '../packet/prefix.ts';
import { compareTimes, type Sighting, type Table } from '../summary/summary.ts';
import type { HomeMap } from './home-map.ts';

/** Of each rule; further ones are counted as not kept. */
const MAX_OF_RULE = 50;

export interface KeptFindings {
  readonly kept: readonly DocumentFinding[];
  /** Had no room. */
  readonly dropped: number;
}

export function homeFindings(home: HomeMap): KeptFindings {
  const lists = [announcements(home), claims(home), turns(home)];
  const kept = lists.flatMap((list) => list.slice(0, MAX_OF_RULE));
  return { kept, dropped: lists.flat().length - kept.length };
}

function finding(rule: RuleId, device: string, subject: string, excerpt: string, seen: Sighting): DocumentFinding {
  const { severity, confidence, explanation, remedy } = RULES[rule];
  return {
    id: `${rule} ${device} ${subject}`,
    rule,
    severity,
    confidence,
    device,
    first_ts: seen.first,
    last_ts: seen.last,
    count: seen.count,
    excerpt_masked: excerpt,
    explanation,
    remedy,
    evidence: seen.evidence,
  };
}

/** In the order of their keys, cut in two at the space. */
function pairs(sightings: Table<Sighting>): (readonly [string, string, Sighting])[] {
  return Object.keys(sightings)
    .sort()
    .map((key) => {
      const space = key.indexOf(' ');
      return [key.slice(0, space), key.slice(space + 1), sightings[key]!] as const;
    });
}

/** What a border router of Thread (RFC 4191 §2.3, RFC 4193) or another mesh announces takes nobody's traffic to the Internet. */
const MESH = {
  severity: 'low',
  explanation:
    'A device announced a way to local addresses (RFC 4193) in addition to the router, and is not a default router: so does the border router of a mesh such as Thread (a hub, a speaker). What is for the mesh goes through it, and nothing else.',
  remedy: 'Nothing, where the device is a hub or speaker that has a mesh of its own; else see what it is.',
} as const;

/** Where no router is known an announcement says who is one, and is none. */
function announcements(home: HomeMap): DocumentFinding[] {
  const all = pairs(home.record.announced);
  const takers = new Set(all.filter(([mac, what]) => takesTraffic(what, mac, home)).map(([mac]) => mac));
  return all.flatMap(([mac, what, seen]) => {
    const isForeign = home.routers.size > 0 && !home.isRouter(mac);
    if (!isForeign && !isTooWide(what)) return [];
    const isMesh = !takers.has(mac);
    // The advertisement itself says nothing that its prefixes and routes do not.
    if (isMesh && what.startsWith(NO_ROUTER) && all.some(([other, reported]) => other === mac && reported !== what))
      return [];
    const excerpt = `router advertisement of ${announced(what)}${isForeign ? ', not from the router' : ''}`;
    return [{ ...finding('AP-03', mac, what, excerpt, seen), ...(isMesh ? MESH : {}) }];
  });
}

function announced(what: string): string {
  if (what === '-') return 'a router';
  const [word, rest = ''] = what.split(' ');
  if (word === NO_ROUTER) return `no default router, from ${rest}`;
  return word === ROUTE ? `a route to ${rest}` : `the prefix ${what}`;
}

/** A default route, a public prefix or route; or, in the router's own name, that it is one no more. */
function takesTraffic(what: string, mac: string, home: HomeMap): boolean {
  if (what === '-') return true;
  const [word, rest = ''] = what.split(' ');
  if (word !== NO_ROUTER) return !isMeshPrefix(word === ROUTE ? rest : what);
  return pairs(home.record.claims).some(([ip, claimant]) => ip === rest && claimant !== mac && home.isRouter(claimant));
}

/** Unique local addresses (RFC 4193), at most those of one site. */
function isMeshPrefix(text: string): boolean {
  const [ip = '', bits] = text.split('/');
  const address = parseAddress(ip);
  return address !== undefined && scopeOf(address) === 'private' && Number(bits) >= SITE_BITS;
}

/** RFC 4193 §3.1. */
const SITE_BITS = 48;

function isTooWide(what: string): boolean {
  return what !== '-' && !what.includes(' ') && Prefix.read(what) === undefined;
}

/**
 * Public addresses that the router did not ask for on the link. Of IPv6 only where a prefix was announced: before that a home's
 * own addresses look like any.
 */
function claims(home: HomeMap): DocumentFinding[] {
  return pairs(home.record.claims).flatMap(([ip, mac, seen]) => {
    if (home.routers.size === 0 || home.isRouter(mac) || home.isHome(ip)) return [];
    if (ip.includes(':') && !home.hasPrefixes) return [];
    return [finding('AP-04', mac, ip, `${ip}: claimed by NDP or ARP`, seen)];
  });
}

/** A claim that begins and goes on between two of another MAC; one after the other is how addresses are given out. */
function turns(home: HomeMap): DocumentFinding[] {
  const byAddress = new Map<string, (readonly [string, Sighting])[]>();
  for (const [ip, mac, seen] of pairs(home.record.claims)) {
    if (isLocalAddress(ip) || home.isHome(ip)) byAddress.set(ip, [...(byAddress.get(ip) ?? []), [mac, seen]]);
  }
  return [...byAddress].flatMap(([ip, claimants]) => {
    const sorted = claimants.toSorted(([, x], [, y]) => compareTimes(x.first, y.first));
    return sorted.flatMap(([mac, seen], i) => {
      const before = sorted.slice(0, i).find(([, earlier]) => compareTimes(seen.first, earlier.last) < 0);
      return before === undefined ? [] : [finding('AP-05', mac, ip, `${ip}: also claimed by ${before[0]}`, seen)];
    });
  });
}
