// What DHCP shows of devices that have no address: whether one asked in vain, and whether others were answered meanwhile. Once all
// messages are known, since offers and answers may be in other files than the questions. Called by render-document.ts.

import type { DocumentFinding } from '../../model/analysis-document.ts';
import { RULES } from '../inspect/rules.ts';
import { compareTimes, type FindingRecord, type Part, type Sighting } from '../summary/summary.ts';
import type { HomeMap } from './home-map.ts';

/** Refusals (DHCPNAK) without an address after them: one is how a client learns that it came to another network. */
const MANY_REFUSALS = 3;
/** MACs named in one finding, the others are counted in its sentence; also the most packets it names as evidence. */
const MAX_NAMED = 5;

/** Whether a device that asked again and again has an address, or was offered one: then it did not ask in vain. */
export function wasServed(part: Part, home: HomeMap, mac: string): boolean {
  const reported = (message: string): boolean => home.record.leases?.[`${mac} ${message}`] !== undefined;
  return hasAddress(part, mac) || reported('offer') || reported('ack');
}

/** Whether a device sends from an IPv4 address that it did not make up: then it got one, whatever it had to ask. */
function hasAddress(part: Part, mac: string): boolean {
  const ips = Object.keys(part.macs[mac]?.ips ?? {});
  return ips.some((ip) => !ip.includes(':') && ip !== '0.0.0.0' && !ip.startsWith('169.254.'));
}

/** Devices that asked in vain after others were answered, or while they were: the server is there and gives them nothing. */
export function poolFindings(part: Part, home: HomeMap): DocumentFinding[] {
  const leases = Object.entries(home.record.leases ?? {}).map(([key, seen]) => ({ ...readKey(key), seen }));
  const given = leases.filter(({ message }) => message === 'offer' || message === 'ack');
  const unserved = Object.values(part.findings).filter(
    ({ rule, device }) => rule === 'AP-02' && !wasServed(part, home, device),
  );
  const asked = unserved.filter(({ first_ts }) => given.some(({ seen }) => compareTimes(seen.last, first_ts) >= 0));
  const refused = leases.filter(
    ({ mac, message, seen }) => message === 'nak' && seen.count >= MANY_REFUSALS && !wasServed(part, home, mac),
  );
  const all = [...asked.map(ofFinding), ...refused.map(({ mac, seen }) => ({ mac, seen }))];
  if (all.length === 0) return [];
  return [poolFinding(all)];
}

interface Unserved {
  readonly mac: string;
  readonly seen: Sighting;
}

function readKey(key: string): { mac: string; message: string } {
  const [mac = '', message = ''] = key.split(' ');
  return { mac, message };
}

function ofFinding({ device, count, first_ts, last_ts, evidence }: FindingRecord): Unserved {
  return { mac: device, seen: { count, first: first_ts, last: last_ts, evidence } };
}

function poolFinding(all: readonly Unserved[]): DocumentFinding {
  const inOrder = all.toSorted((x, y) => compareTimes(x.seen.first, y.seen.first) || (x.mac < y.mac ? -1 : 1));
  const macs = [...new Set(inOrder.map(({ mac }) => mac))];
  const more = macs.length - MAX_NAMED;
  const named = `${macs.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const { severity, confidence, explanation, remedy } = RULES['AP-06'];
  const last = inOrder.map(({ seen }) => seen.last).sort(compareTimes);
  return {
    id: 'AP-06 dhcp',
    rule: 'AP-06',
    severity,
    confidence,
    device: null,
    first_ts: inOrder[0]?.seen.first ?? '',
    last_ts: last.at(-1) ?? '',
    count: inOrder.reduce((sum, { seen }) => sum + seen.count, 0),
    excerpt_masked: `got no address from a DHCP server that answers: ${named}`,
    explanation,
    remedy,
    evidence: inOrder.flatMap(({ seen }) => seen.evidence).slice(0, MAX_NAMED),
  };
}
