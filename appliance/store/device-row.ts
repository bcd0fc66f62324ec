// A device in a list: the few figures of its document that fit on one line. Pure.

import type {
  AnalysisDocument,
  DocumentConversation,
  DocumentDevice,
  SourcedName,
} from '../model/analysis-document.ts';
import { type DeviceKey, deviceId, INFRA, OVERFLOW } from '../model/mac.ts';
import { isoOf } from './iso-time.ts';

export interface DeviceRow {
  readonly id: string;
  readonly mac: string | null;
  readonly name: string;
  readonly name_source: string;
  readonly vendor: string | null;
  readonly maker: string | null;
  readonly model: string | null;
  readonly randomised: boolean;
  readonly category: string | null;
  readonly ips: string[];
  readonly first_seen: string | null;
  readonly last_seen: string | null;
  readonly present: boolean;
  readonly packets: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  readonly destinations: number;
  readonly countries: string[];
  readonly findings: FindingCounts;
  readonly cleartext: boolean;
  readonly verdicts: Record<string, number>;
  readonly segments: number;
  readonly sparkline: number[];
}

export interface FindingCounts {
  readonly low: number;
  readonly medium: number;
  readonly high: number;
}

/** A device silent for longer is called absent. */
export const PRESENCE_SECONDS = 300;
const SPARKLINE_MINUTES = 60;
const MOST_IPS = 8;
/** In the clear by design, everywhere: not what the word warns of. */
const PLAIN_BY_DESIGN = new Set([
  'dns',
  'mdns',
  'llmnr',
  'nbns',
  'dhcp',
  'dhcp6',
  'dhcpv6',
  'ntp',
  'ssdp',
  'icmp',
  'stun',
]);

/** `nowSecond`: capture time in seconds since 1970, which may not be today's. */
export function deviceRow(
  device: DeviceKey,
  document: AnalysisDocument,
  segments: number,
  nowSecond: number,
): DeviceRow {
  const entry = document.devices.find((candidate) => candidate.mac === device);
  const pseudo = device === INFRA || device === OVERFLOW;
  const name = bestName(entry?.names ?? []);
  const last = document.input.last_ts;
  return {
    id: deviceId(device),
    mac: pseudo ? null : device,
    name: name?.name ?? '',
    name_source: name?.source ?? '',
    vendor: entry?.vendor ?? null,
    maker: entry?.maker ?? entry?.vendor ?? null,
    model: entry?.model ?? null,
    randomised: entry?.randomised ?? false,
    category: entry?.category ?? null,
    ips: (entry?.ips ?? []).slice(0, MOST_IPS),
    first_seen: isoOf(document.input.first_ts),
    last_seen: isoOf(last),
    present: isPresent(isoOf(last), nowSecond),
    packets: document.input.packets,
    ...directions(document, entry),
    destinations: document.destinations.length,
    countries: Object.keys(document.countries).sort(),
    findings: countFindings(document),
    cleartext: document.conversations.some(isCleartext),
    verdicts: bytesByVerdict(document),
    segments,
    sparkline: sparkline(document, nowSecond),
  };
}

/** `nowSecond`: capture time in seconds since 1970. */
export function isPresent(lastSeen: string | null, nowSecond: number): boolean {
  return lastSeen !== null && nowSecond - Date.parse(lastSeen) / 1000 <= PRESENCE_SECONDS;
}

/** Of a device what it sent and got; of a pseudo device everything as sent. */
function directions(document: AnalysisDocument, entry: DocumentDevice | undefined) {
  if (entry === undefined) return { bytes_up: document.input.frame_bytes, bytes_down: 0 };
  return { bytes_up: entry.bytes_sent, bytes_down: entry.bytes_received };
}

export function countFindings(document: AnalysisDocument): FindingCounts {
  const counts = { low: 0, medium: 0, high: 0 };
  for (const finding of document.findings) counts[finding.severity]++;
  return counts;
}

/** Compressed media in an open protocol is as readable as text. */
export function isCleartext({ verdict, service }: DocumentConversation): boolean {
  return (verdict === 'cleartext' || verdict === 'compressed-in-clear') && !PLAIN_BY_DESIGN.has(service ?? '');
}

/** Bytes both ways of what is not plain by design. */
function bytesByVerdict(document: AnalysisDocument): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { verdict, service, bytes_ab, bytes_ba } of document.conversations) {
    if (PLAIN_BY_DESIGN.has(service ?? '')) continue;
    sums[verdict] = (sums[verdict] ?? 0) + bytes_ab + bytes_ba;
  }
  return sums;
}

/** The user's word wins; the analysis puts the others best first (identity.ts). */
function bestName(names: readonly SourcedName[]): SourcedName | undefined {
  return names.find(({ source }) => source === 'user') ?? names[0];
}

/** Bytes per minute of the last hour, oldest first. */
function sparkline(document: AnalysisDocument, nowSecond: number): number[] {
  const line = Array.from({ length: SPARKLINE_MINUTES }, () => 0);
  const last = Math.floor(nowSecond / 60);
  for (const minute of document.traffic) {
    if (minute.minutes !== 1) continue;
    const age = last - minuteOf(minute.minute);
    if (age < 0 || age >= SPARKLINE_MINUTES) continue;
    line[SPARKLINE_MINUTES - 1 - age] = minute.out_udp + minute.out_tcp + minute.in_udp + minute.in_tcp;
  }
  return line;
}

/** Minutes since 1970, of an ISO time or of decimal seconds. */
function minuteOf(text: string): number {
  return Math.floor((text.includes('T') ? Date.parse(text) / 1000 : Number.parseInt(text, 10)) / 60);
}
