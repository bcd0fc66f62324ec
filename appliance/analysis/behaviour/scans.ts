// Which of the targets that were tried in vain (packet/scans.ts) make a scan: many ports of one host, or one port of many hosts,
// within an hour. Addresses that the device knows by name are none: it went where it was sent, and found nobody.

import { isLocalAddress } from '../../geo/scope.ts';
import type { DocumentFinding, DocumentFirstSeen, FindingEvidence } from '../../model/analysis-document.ts';
import { compareSeverities } from '../../model/severity.ts';
import { RULES, type RuleId } from '../inspect/rules.ts';
import { MAX_TARGETS } from '../packet/scans.ts';
import { serviceName } from '../ports/services.ts';
import { compareTimes, type Part, type ScanRecord } from '../summary/summary.ts';

/**
 * What makes a scan, within an hour. Eight ports are what a program tries of one camera (HTTP, RTSP, ONVIF and their second
 * choices), and thirty hosts more than a home has of one kind; a scan of the well-known ports has a hundred, Mirai thousands.
 */
export const SCAN_LIMITS = { portsOfHost: 20, hostsOfPort: 30 } as const;
/** Scan findings in one document; of more the gravest and then the busiest stay, and the rest is counted as not kept. */
const MAX_FINDINGS = 50;
/** Packets that a scan finding names: those to the first targets by time; those to further targets are not named. */
const MAX_EVIDENCE = 5;

interface Target {
  readonly peer: string;
  readonly proto: string;
  readonly port: number;
  readonly evidence: FindingEvidence;
}

/** One finding for each device and host, or device and port, however many hours it goes on; and how many were not kept. */
export function scanFindings(part: Part): { readonly kept: readonly DocumentFinding[]; readonly dropped: number } {
  const findings = new Map<string, DocumentFinding>();
  for (const key of Object.keys(part.scans ?? {}).sort()) {
    const [mac = '', way = ''] = key.split(' ');
    for (const found of scansOf(mac, way === 'from', part.scans![key]!, part)) {
      const known = findings.get(found.id);
      findings.set(found.id, known === undefined ? found : addFinding(known, found));
    }
  }
  const all = [...findings.values()];
  if (all.length <= MAX_FINDINGS) return { kept: all, dropped: 0 };
  return { kept: all.toSorted(compareWeights).slice(0, MAX_FINDINGS), dropped: all.length - MAX_FINDINGS };
}

/** A MAC address is what a device chooses: it decides last. */
function compareWeights(x: DocumentFinding, y: DocumentFinding): number {
  return compareSeverities(x, y) || y.count - x.count || (x.id < y.id ? -1 : 1);
}

/** Whether what a device met first it only tried in a scan: there it met nobody, and the scan is already reported. */
export function isScanned(part: Part): (first: DocumentFirstSeen) => boolean {
  const keys = new Set<string>();
  for (const [key, record] of Object.entries(part.scans ?? {})) {
    const [mac = '', way = ''] = key.split(' ');
    if (way !== 'to') continue;
    const { hosts, ports } = groupsOf(record, false, part);
    for (const [peer] of hosts) keys.add(`${mac} ${peer}`);
    for (const [service] of ports) keys.add(`${mac} ${service}`);
  }
  return ({ device, ip, proto, port }) =>
    keys.has(`${device} ${ip}`) || (keys.has(`${device} ${proto} ${port}`) && !isKnownByName(ip, part));
}

type Groups = readonly (readonly [string, readonly Target[]])[];

/** Those that are large enough, by host and by port. */
function groupsOf(
  record: ScanRecord,
  isVictim: boolean,
  part: Part,
): { readonly hosts: Groups; readonly ports: Groups } {
  const targets = readTargets(record).filter(({ peer }) => isVictim || !isKnownByName(peer, part));
  const hosts = grouped(targets, ({ peer }) => peer).filter(([, list]) => list.length >= SCAN_LIMITS.portsOfHost);
  const ports = grouped(targets, ({ proto, port }) => `${proto} ${port}`).filter(
    ([, list]) => !isVictim && list.length >= SCAN_LIMITS.hostsOfPort,
  );
  return { hosts, ports };
}

function scansOf(mac: string, isVictim: boolean, record: ScanRecord, part: Part): DocumentFinding[] {
  const { hosts, ports } = groupsOf(record, isVictim, part);
  const { probes } = record;
  const ofHosts = hosts.map(([peer, list]) => {
    const what = `${atLeast(list)} ports, ${portsText(list)}`;
    const excerpt = isVictim ? `${peer} tried ${what}; none answered` : `tried ${what} of ${peer}; none answered`;
    return finding(isVictim ? 'SCAN-02' : 'SCAN-01', mac, peer, excerpt, probes, list);
  });
  const ofPorts = ports.map(([service, list]) => {
    const [proto = '', port = ''] = service.split(' ');
    const name = serviceName(proto === 'udp' ? 'udp' : 'tcp', Number(port));
    const place = list.every(({ peer }) => isLocalAddress(peer)) ? 'of the home' : 'of the Internet';
    const excerpt = `tried ${proto} port ${port}${name === null ? '' : ` (${name})`} of ${atLeast(list)} hosts ${place}; none answered`;
    return finding('SCAN-01', mac, service, excerpt, probes, list);
  });
  return [...ofHosts, ...ofPorts];
}

function isKnownByName(ip: string, { addresses }: Part): boolean {
  return Object.keys(addresses[ip] ?? {}).some((key) => key.startsWith('dns ') || key.startsWith('cname '));
}

function readTargets({ targets }: ScanRecord): Target[] {
  const list = Object.keys(targets).map((key) => {
    const [peer = '', proto = '', port] = key.split(' ');
    return { peer, proto, port: Number(port), evidence: targets[key]! };
  });
  return list.sort((x, y) => compareTimes(x.evidence.ts, y.evidence.ts) || (x.peer < y.peer ? -1 : 1));
}

function grouped(targets: readonly Target[], keyOf: (target: Target) => string): [string, Target[]][] {
  const groups = new Map<string, Target[]>();
  for (const target of targets) {
    const key = keyOf(target);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [target]);
    else list.push(target);
  }
  return [...groups];
}

function atLeast(list: readonly Target[]): string {
  return `${list.length >= MAX_TARGETS ? 'at least ' : ''}${list.length}`;
}

/** The first of them. */
function portsText(list: readonly Target[]): string {
  return `first ${list
    .slice(0, 3)
    .map(({ proto, port }) => `${proto} ${port}`)
    .join(', ')}`;
}

function finding(
  rule: RuleId,
  mac: string,
  subject: string,
  excerpt: string,
  count: number,
  list: readonly Target[],
): DocumentFinding {
  const { severity, confidence, explanation, remedy } = RULES[rule];
  const evidence = list.map((target) => target.evidence);
  return {
    id: `${rule} ${mac} ${subject}`,
    rule,
    severity,
    confidence,
    device: mac,
    first_ts: evidence[0]?.ts ?? '',
    last_ts: evidence.at(-1)?.ts ?? '',
    count,
    excerpt_masked: excerpt,
    explanation,
    remedy,
    evidence: evidence.slice(0, MAX_EVIDENCE),
  };
}

/** Of an earlier and a later hour, in whichever order; the earlier one's words stay. */
function addFinding(known: DocumentFinding, more: DocumentFinding): DocumentFinding {
  const [first, second] = compareTimes(more.first_ts, known.first_ts) < 0 ? [more, known] : [known, more];
  return { ...first, last_ts: second.last_ts, count: first.count + second.count };
}
