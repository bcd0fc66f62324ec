// What the list of devices shows of a part of a device's history, so that it can be added: that of the closed slices is made
// when one of them is new and somebody looks, that of the open slice each time, and their sum is the row. Packets, bytes,
// destinations, countries and findings of packets are those of the device's document. Two things follow it a little later,
// with the end of the hour: what only the whole history shows (a name, a category, a habit that was broken), and bytes by
// verdict of a conversation that goes on over the hour, which are judged in both pieces for themselves. Pure.

import type {
  AnalysisDocument,
  DocumentConversation,
  DocumentDevice,
  DocumentFinding,
  SourcedName,
} from '../../model/analysis-document.ts';
import { type DeviceKey, deviceId, INFRA, OVERFLOW } from '../../model/mac.ts';
import { type BytesByVerdict, isPlainByDesign, isReadableContent } from '../../model/protection.ts';
import { compareSeverities } from '../../model/severity.ts';
import { isoOf } from '../../model/time/iso-time.ts';
import { type DeviceRow, type FindingCounts, isPresent } from './device-row.ts';

export interface DeviceHead {
  readonly name: SourcedName | null;
  readonly vendor: string | null;
  readonly maker: string | null;
  readonly model: string | null;
  readonly randomised: boolean;
  readonly category: string | null;
  readonly platforms: readonly string[];
  readonly ips: readonly string[];
  /** ISO 8601. */
  readonly first_seen: string | null;
  readonly last_seen: string | null;
  readonly packets: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  /** Of frames that count in totals over devices. */
  readonly own: { readonly packets: number; readonly bytes: number };
  readonly destinations: readonly string[];
  readonly countries: readonly string[];
  /** The gravest. */
  readonly findings: readonly DocumentFinding[];
  /** Those that have no room among them. */
  readonly more_findings: FindingCounts;
  readonly cleartext: boolean;
  /** Conversations without a row of their own in the device's document: in one with others of their service, or in none. */
  readonly joined: number;
  readonly evicted: number;
  readonly verdicts: BytesByVerdict;
  readonly protection: { readonly internet: BytesByVerdict; readonly home: BytesByVerdict };
  /** It has a severe finding of readable content. */
  readonly readable: boolean;
  /** Minute since 1970 and bytes, the last hour that was heard. */
  readonly minutes: readonly (readonly [minute: number, bytes: number])[];
}

const SPARKLINE_MINUTES = 60;
/** Addresses in the list of devices; the device's own document lists more. */
const MAX_IPS = 8;
/** Findings of one device that page, broker and notifications receive, the most severe; `more_findings` counts the others. */
const MAX_FINDINGS = 200;
/** Pieces of evidence of a finding that closed and open slices share; the earliest stay. */
const MAX_EVIDENCE = 5;
const NONE: FindingCounts = { low: 0, medium: 0, high: 0 };
/** `own`: packets and bytes of the document that are in no other device's file. */
export function headOf(device: DeviceKey, document: AnalysisDocument, own: DeviceHead['own']): DeviceHead {
  const entry = document.devices.find((candidate) => candidate.mac === device);
  return {
    name: bestName(entry?.names ?? []) ?? null,
    vendor: entry?.vendor ?? null,
    maker: entry?.maker ?? entry?.vendor ?? null,
    model: entry?.model ?? null,
    randomised: entry?.randomised ?? false,
    category: entry?.category ?? null,
    platforms: entry?.platforms ?? [],
    ips: (entry?.ips ?? []).slice(0, MAX_IPS),
    first_seen: isoOf(document.input.first_ts),
    last_seen: isoOf(document.input.last_ts),
    packets: document.input.packets,
    ...directions(document, entry),
    own,
    destinations: document.destinations.map(({ ip }) => ip),
    countries: Object.keys(document.countries),
    ...gravest(document.findings, NONE),
    cleartext: document.conversations.some(isCleartext),
    joined: document.limits.conversations_joined,
    evicted: document.limits.conversations_evicted,
    verdicts: bytesByVerdict(document, () => true),
    protection: protectionOf(document),
    readable: document.findings.some((finding) => isOf(device, finding) && isReadableContent(finding)),
    minutes: lastMinutes(document),
  };
}

/** `b` came after `a`. */
export function addHeads(a: DeviceHead, b: DeviceHead): DeviceHead {
  return {
    name: a.name ?? b.name,
    vendor: a.vendor ?? b.vendor,
    maker: a.maker ?? b.maker,
    model: a.model ?? b.model,
    randomised: a.randomised || b.randomised,
    category: a.category ?? b.category,
    platforms: [...new Set([...a.platforms, ...b.platforms])],
    ips: [...new Set([...a.ips, ...b.ips])].slice(0, MAX_IPS),
    first_seen: a.first_seen ?? b.first_seen,
    last_seen: b.last_seen ?? a.last_seen,
    packets: a.packets + b.packets,
    bytes_up: a.bytes_up + b.bytes_up,
    bytes_down: a.bytes_down + b.bytes_down,
    own: { packets: a.own.packets + b.own.packets, bytes: a.own.bytes + b.own.bytes },
    destinations: [...new Set([...a.destinations, ...b.destinations])],
    countries: [...new Set([...a.countries, ...b.countries])],
    ...gravest(addFindings(a.findings, b.findings), addCounts(a.more_findings, b.more_findings)),
    cleartext: a.cleartext || b.cleartext,
    joined: a.joined + b.joined,
    evicted: a.evicted + b.evicted,
    verdicts: addVerdicts(a.verdicts, b.verdicts),
    protection: {
      internet: addVerdicts(a.protection.internet, b.protection.internet),
      home: addVerdicts(a.protection.home, b.protection.home),
    },
    readable: a.readable || b.readable,
    minutes: [...a.minutes, ...b.minutes].slice(-2 * SPARKLINE_MINUTES),
  };
}

/** `nowSecond`: capture time in seconds since 1970, which may not be today's. */
export function rowOf(device: DeviceKey, head: DeviceHead, segments: number, nowSecond: number): DeviceRow {
  const {
    name,
    ips,
    platforms,
    countries,
    destinations,
    verdicts,
    own: _own,
    minutes,
    findings: _findings,
    ...same
  } = head;
  const { more_findings: _more, joined: _joined, evicted: _evicted, ...figures } = same;
  const pseudo = device === INFRA || device === OVERFLOW;
  return {
    ...figures,
    id: deviceId(device),
    mac: pseudo ? null : device,
    name: name?.name ?? '',
    name_source: name?.source ?? '',
    ips: [...ips],
    platforms: [...platforms].sort(),
    present: isPresent(head.last_seen, nowSecond),
    destinations: destinations.length,
    countries: [...countries].sort(),
    findings: countHead(head),
    verdicts: { ...verdicts },
    protection: { internet: { ...head.protection.internet }, home: { ...head.protection.home } },
    segments,
    sparkline: sparkline(minutes, nowSecond),
    sparkline_minute: Math.max(0, Math.floor(nowSecond / 60) * 60),
  };
}

export function countFindings(findings: readonly Pick<DocumentFinding, 'severity'>[]): FindingCounts {
  const counts = { ...NONE };
  for (const { severity } of findings) counts[severity as keyof FindingCounts]++;
  return counts;
}

function countHead({ findings, more_findings }: DeviceHead): FindingCounts {
  return addCounts(countFindings(findings), more_findings);
}

export function addCounts(a: FindingCounts, b: FindingCounts): FindingCounts {
  return { low: a.low + b.low, medium: a.medium + b.medium, high: a.high + b.high };
}

function directions(document: AnalysisDocument, entry: DocumentDevice | undefined) {
  if (entry === undefined) return { bytes_up: document.input.frame_bytes, bytes_down: 0 };
  return { bytes_up: entry.bytes_sent, bytes_down: entry.bytes_received };
}

/** Compressed media in an open protocol is as readable as text. */
function isCleartext({ verdict, service }: DocumentConversation): boolean {
  return (verdict === 'cleartext' || verdict === 'compressed-in-clear') && !isPlainByDesign(service);
}

/** What concerns no particular device is attributed to the document's device. */
function isOf(device: DeviceKey, finding: DocumentFinding): boolean {
  return finding.device === null || finding.device === device;
}

/** On the Internet is a conversation of which one end is a destination. */
function protectionOf(document: AnalysisDocument): DeviceHead['protection'] {
  const abroad = new Set(document.destinations.map(({ ip }) => ip));
  const isAbroad = ({ a_ip, b_ip }: DocumentConversation) => abroad.has(a_ip) || abroad.has(b_ip);
  return {
    internet: bytesByVerdict(document, isAbroad),
    home: bytesByVerdict(document, (conversation) => !isAbroad(conversation)),
  };
}

/** Bytes both ways of what is not plain by design. */
function bytesByVerdict(
  document: AnalysisDocument,
  isMeant: (conversation: DocumentConversation) => boolean,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const conversation of document.conversations) {
    const { verdict, service, bytes_ab, bytes_ba } = conversation;
    if (isPlainByDesign(service) || !isMeant(conversation)) continue;
    sums[verdict] = (sums[verdict] ?? 0) + bytes_ab + bytes_ba;
  }
  return sums;
}

function addVerdicts(a: BytesByVerdict, b: BytesByVerdict): Record<string, number> {
  const sums: Record<string, number> = { ...a };
  for (const [verdict, bytes] of Object.entries(b)) sums[verdict] = (sums[verdict] ?? 0) + bytes;
  return sums;
}

/** The user's word wins; the analysis puts the others best first (identity.ts). */
function bestName(names: readonly SourcedName[]): SourcedName | undefined {
  return names.find(({ source }) => source === 'user') ?? names[0];
}

function gravest(
  findings: readonly DocumentFinding[],
  more: FindingCounts,
): Pick<DeviceHead, 'findings' | 'more_findings'> {
  if (findings.length <= MAX_FINDINGS) return { findings, more_findings: more };
  const sorted = findings.toSorted(compareSeverities);
  return {
    findings: sorted.slice(0, MAX_FINDINGS),
    more_findings: addCounts(more, countFindings(sorted.slice(MAX_FINDINGS))),
  };
}

/** The same finding of both is one, as in a sum (analysis/summary/merge.ts). */
function addFindings(a: readonly DocumentFinding[], b: readonly DocumentFinding[]): DocumentFinding[] {
  const sums = new Map(a.map((finding) => [finding.id, finding]));
  for (const finding of b) {
    const known = sums.get(finding.id);
    sums.set(finding.id, known === undefined ? finding : addFinding(known, finding));
  }
  return [...sums.values()];
}

function addFinding(known: DocumentFinding, finding: DocumentFinding): DocumentFinding {
  return {
    ...known,
    confidence: Math.max(known.confidence, finding.confidence),
    count: known.count + finding.count,
    last_ts: finding.last_ts,
    evidence: [...known.evidence, ...finding.evidence].slice(0, MAX_EVIDENCE),
  };
}

function lastMinutes(document: AnalysisDocument): [number, number][] {
  return document.traffic
    .filter(({ minutes }) => minutes === 1)
    .map((minute): [number, number] => [
      minuteOf(minute.minute),
      minute.out_udp + minute.out_tcp + minute.in_udp + minute.in_tcp,
    ])
    .sort(([x], [y]) => x - y)
    .slice(-SPARKLINE_MINUTES);
}

/** Bytes per minute of the last hour, oldest first. */
function sparkline(minutes: DeviceHead['minutes'], nowSecond: number): number[] {
  const line = Array.from({ length: SPARKLINE_MINUTES }, () => 0);
  const last = Math.floor(nowSecond / 60);
  for (const [minute, bytes] of minutes) {
    const at = SPARKLINE_MINUTES - 1 - (last - minute);
    if (at >= 0 && at < SPARKLINE_MINUTES) line[at] = (line[at] ?? 0) + bytes;
  }
  return line;
}

/** Minutes since 1970, of an ISO time or of decimal seconds. */
function minuteOf(text: string): number {
  return Math.floor((text.includes('T') ? Date.parse(text) / 1000 : Number.parseInt(text, 10)) / 60);
}
