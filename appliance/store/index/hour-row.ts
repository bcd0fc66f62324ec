// One line for an hour of a device: counted from the rendered summary of that hour's slices. A segment that lasts longer is
// sliced at the hour (device-fold.ts), so every slice belongs to exactly one.

import { createHash } from 'node:crypto';
import type { AnalysisDocument, DocumentConversation, DocumentTool } from '../../model/analysis-document.ts';
import type { Phase } from '../../model/phase.ts';
import { parseSegmentFile } from '../../model/segment.ts';

/** SHA-256 of what the figures depend on in addition to the packets: equal hashes and equal packets give equal figures. */
export interface MadeWith {
  /** Of version, schema and the list of secure ports. */
  readonly analysis: string;
  /** Of the table of addresses; null without one. */
  readonly geo: string | null;
  readonly rules: string | null;
}

export interface HourRow {
  /** Start of the hour, ISO 8601 UTC. */
  readonly hour: string;
  readonly phase: Phase;
  /** False while packets of this hour may still come. */
  readonly complete: boolean;
  readonly packets: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  readonly payload_bytes: number;
  readonly conversations: number;
  readonly destinations: number;
  readonly countries: string[];
  readonly dns_queries: number;
  readonly findings: number;
  /** Rises with each packet that the hour gains, and never falls (revision-floors.ts). Another row of the same revision differs in `made_with`: it corrects this one. */
  readonly revision: number;
  readonly made_with: MadeWith;
}

/** As the index keeps it, and no message carries it: with the names that were asked for in DNS. */
export interface StoredHourRow extends HourRow {
  /** Questions by name, the most frequent ones; what `dns_queries` counts in addition has no name here. Missing in rows of older versions. */
  readonly queried?: Readonly<Record<string, number>>;
}

/** Names asked for in one hour, device and phase. */
export interface HourNames extends Pick<HourRow, 'hour' | 'phase' | 'dns_queries'> {
  readonly queried: Readonly<Record<string, number>>;
}

/** A device asks for a dozen names an hour; more than these are a scan, a tunnel or a flood. */
export const MAX_NAMES = 100;

export function withoutNames({ queried: _names, ...row }: StoredHourRow): HourRow {
  return row;
}

export function namesOf({ hour, phase, dns_queries, queried = {} }: StoredHourRow): HourNames {
  return { hour, phase, dns_queries, queried };
}

/** The most frequent, by name where alike. */
function boundNames(all: Readonly<Record<string, number>>): Record<string, number> {
  const sorted = Object.entries(all).sort(([k, x], [l, y]) => y - x || (k < l ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, MAX_NAMES));
}

/** `20261120T12` of a segment's path: the hour of its first packet by its file name. */
export function hourOfSegment(path: string): string {
  return parseSegmentFile(path.slice(path.lastIndexOf('/') + 1))?.utc.slice(0, 11) ?? '';
}

/** `20261120T12` → `2026-11-20T12:00:00Z`. */
export function hourIso(hour: string): string {
  return `${hour.slice(0, 4)}-${hour.slice(4, 6)}-${hour.slice(6, 8)}T${hour.slice(9, 11)}:00:00Z`;
}

/** `20261120T12` of seconds since 1970. */
export function hourOfSecond(second: number): string {
  return new Date(second * 1000).toISOString().slice(0, 13).replaceAll('-', '');
}

/** The row as it is at a second of capture time: complete once its hour is over. */
export function asOf<R extends HourRow>(row: R, nowSecond: number): R {
  return { ...row, complete: row.complete || isHourOver(row, nowSecond) };
}

/** Whether the hour is over at a second since 1970. */
function isHourOver({ hour }: Pick<HourRow, 'hour'>, nowSecond: number): boolean {
  return Date.parse(hour) / 1000 + 3600 <= nowSecond;
}

export function hourRow(document: AnalysisDocument, hour: string, phase: Phase, complete: boolean): StoredHourRow {
  const { destinations, conversations } = document;
  return {
    hour: hourIso(hour),
    phase,
    complete,
    packets: document.input.packets,
    bytes_up: sum(destinations, (destination) => destination.bytes_up),
    bytes_down: sum(destinations, (destination) => destination.bytes_down),
    payload_bytes: sum(conversations, (conversation) => conversation.payload_ab + conversation.payload_ba),
    conversations: countConversations(document),
    destinations: destinations.length,
    countries: Object.keys(document.countries).sort(),
    dns_queries: sum(Object.values(document.dns.queries), (count) => count),
    findings: document.findings.length,
    revision: document.input.packets,
    made_with: madeWith(document.tool),
    queried: boundNames(document.dns.queries),
  };
}

export function madeWith({ version, ports_sha256, geo, rules_sha256 }: DocumentTool): MadeWith {
  const analysis = createHash('sha256')
    .update(JSON.stringify([version, 'weir.analysis/1', ports_sha256]))
    .digest('hex');
  return { analysis, geo: geo?.sha256 ?? null, rules: rules_sha256 };
}

/** Of an hour that came twice, because the clock was set back: what was seen in both pieces counts in both. */
export function addHourRows(before: StoredHourRow | undefined, row: StoredHourRow): StoredHourRow {
  if (before === undefined) return row;
  return {
    ...row,
    packets: before.packets + row.packets,
    bytes_up: before.bytes_up + row.bytes_up,
    bytes_down: before.bytes_down + row.bytes_down,
    payload_bytes: before.payload_bytes + row.payload_bytes,
    conversations: before.conversations + row.conversations,
    destinations: before.destinations + row.destinations,
    countries: [...new Set([...before.countries, ...row.countries])].sort(),
    dns_queries: before.dns_queries + row.dns_queries,
    findings: before.findings + row.findings,
    revision: before.revision + row.revision,
    queried: boundNames(addCounts(before.queried ?? {}, row.queried ?? {})),
  };
}

function addCounts(x: Readonly<Record<string, number>>, y: Readonly<Record<string, number>>): Record<string, number> {
  const sums = new Map(Object.entries(x));
  for (const [name, count] of Object.entries(y)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

/** Those that have no row of their own as well: joined with others, or evicted. */
function countConversations({ conversations, limits }: AnalysisDocument): number {
  const joinedRows = limits.conversations_joined === 0 ? 0 : conversations.filter(isJoined).length;
  return conversations.length - joinedRows + limits.conversations_joined + limits.conversations_evicted;
}

function isJoined({ a_port, b_port }: DocumentConversation): boolean {
  return a_port === 0 || b_port === 0;
}

function sum<T>(entries: readonly T[], value: (entry: T) => number): number {
  return entries.reduce((total, entry) => total + value(entry), 0);
}
