// What devices say on the link that is not theirs to say: findings of announcements and claims, once it is known who the
// router is. Called by derived-findings.ts.

import { isLocalAddress } from '../../geo/scope.ts';
import type { DocumentFinding } from '../../model/analysis-document.ts';
import { RULES, type RuleId } from '../inspect/rules.ts';
import { Prefix } from '../packet/prefix.ts';
import { compareTimes, type Sighting, type Table } from '../summary/summary.ts';
import type { HomeMap } from './home-map.ts';

/** Of each rule. */
const MOST_OF_RULE = 50;

export function homeFindings(home: HomeMap): DocumentFinding[] {
  const lists = [announcements(home), claims(home), turns(home)];
  return lists.flatMap((list) => list.slice(0, MOST_OF_RULE));
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

/** Where no router is known an announcement says who is one, and is none. */
function announcements(home: HomeMap): DocumentFinding[] {
  return pairs(home.record.announced).flatMap(([mac, what, seen]) => {
    const isForeign = home.routers.size > 0 && !home.isRouter(mac);
    const isTooWide = what !== '-' && Prefix.read(what) === undefined;
    if (!isForeign && !isTooWide) return [];
    const shown = what === '-' ? 'a router' : `the prefix ${what}`;
    return [
      finding('AP-03', mac, what, `router advertisement of ${shown}${isForeign ? ', not from the router' : ''}`, seen),
    ];
  });
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
