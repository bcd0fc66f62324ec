// Adds summaries: of segments in the order of capture, or of devices over the same time. Associative, and the sum over any
// split of a capture equals the summary of the whole.

import type { Proof } from '../inspect/facts.ts';
import { widerRemedy } from '../inspect/rules.ts';
import { earlierContact } from '../packet/contacts.ts';
import { mergeRoundTrips } from '../packet/handshake-times.ts';
import { mergeSightings } from '../packet/home.ts';
import { mergeScans } from '../packet/scans.ts';
import { HEAD_BYTES, mergeWindows, NO_WINDOWS, type WindowStats } from './conversation-stats.ts';
import { mergeShares } from './mac-shares.ts';
import { mergeMinutes } from './minutes.ts';
import { packBytes, packHistogram, unpackBytes, unpackHistogram } from './packing.ts';
import { addPorts } from './port-tally.ts';
import {
  type ConversationRecord,
  compareTimes,
  type DirectionRecord,
  type EvictedRecord,
  earlier,
  emptyHome,
  emptyPart,
  emptySummary,
  type FindingRecord,
  type HomeRecord,
  later,
  type MacRecord,
  type Part,
  type Seen,
  type Summary,
  type Table,
  type Traffic,
  table,
} from './summary.ts';

export const MAX_EVIDENCE = 5;
export const MAX_MARKS = 32;

/** Of one device: `a` before `b` in capture order. */
export function mergeSummaries(a: Summary, b: Summary): Summary {
  return { schema: a.schema, own: mergeParts(a.own, b.own), shared: mergeParts(a.shared, b.shared) };
}

/** Of several devices of one appliance over the same time: a frame between two of them counts once. */
export function combineDevices(summaries: readonly Summary[]): Summary {
  return { ...emptySummary(), own: summaries.map(countedParts).reduce(combineParts, emptyPart()) };
}

/** Habits are kept of the file's owner alone: what others sent it belongs to them and is in no other file. */
function countedParts({ own, shared }: Summary): Part {
  return {
    ...own,
    hours: mergeTables(own.hours, shared.hours, addArrays),
    contacts: mergeTables(own.contacts, shared.contacts, earlierContact),
  };
}

/** Everything in a device's file, its own and what others sent it. */
export function wholePart(summary: Summary): Part {
  return combineParts(summary.own, summary.shared);
}

/** Parts of the same time: who sent first is decided by the time of the conversation's first packet. */
function combineParts(a: Part, b: Part): Part {
  return mergePart(a, b, (x, y) => compareTimes(y.first_ts, x.first_ts) < 0);
}

function mergeParts(a: Part, b: Part): Part {
  return mergePart(a, b, () => false);
}

/** `later` says whether `y` holds the first packet, given two records of one conversation. */
type YieldsFirst = (x: ConversationRecord, y: ConversationRecord) => boolean;

function mergePart(a: Part, b: Part, yFirst: YieldsFirst): Part {
  return {
    packets: a.packets + b.packets,
    captured_bytes: a.captured_bytes + b.captured_bytes,
    frame_bytes: a.frame_bytes + b.frame_bytes,
    first_ts: pick(a.first_ts, b.first_ts, earlier),
    last_ts: pick(a.last_ts, b.last_ts, later),
    time_steps_back: a.time_steps_back + b.time_steps_back,
    link_types: mergeTables(a.link_types, b.link_types, add),
    macs: mergeTables(a.macs, b.macs, mergeMacs),
    protocols: mergeTables(a.protocols, b.protocols, add),
    networks: mergeTables(a.networks, b.networks, addTraffic),
    conversations: mergeTables(a.conversations, b.conversations, (x, y) =>
      yFirst(x, y) ? mergeConversations(y, x) : mergeConversations(x, y),
    ),
    evicted: mergeEvicted(a.evicted, b.evicted),
    minutes: mergeMinutes(a.minutes, b.minutes),
    counts: mergeTables(a.counts, b.counts, (x, y) => mergeTables(x, y, addTables)),
    addresses: mergeTables(a.addresses, b.addresses, (x, y) => mergeTables(x, y, mergeSeen)),
    traits: mergeTables(a.traits, b.traits, (x, y) => mergeTables(x, y, addTables)),
    rhythms: mergeTables(a.rhythms, b.rhythms, addTables),
    hours: mergeTables(a.hours, b.hours, addArrays),
    contacts: mergeTables(a.contacts, b.contacts, earlierContact),
    round_trips: mergeTables(a.round_trips, b.round_trips, mergeRoundTrips),
    findings: mergeTables(a.findings, b.findings, mergeFindings),
    home: mergeHomes(a.home, b.home),
    ...mergeOptional('fragments', a.fragments, b.fragments, addTraffic),
    ...mergeOptional('unseen', a.unseen, b.unseen, add),
    ...mergeOptional('scans', a.scans, b.scans, mergeScans),
    dropped: {
      names: a.dropped.names + b.dropped.names,
      macs: a.dropped.macs + b.dropped.macs,
      findings: a.dropped.findings + b.dropped.findings,
      stream_gaps: a.dropped.stream_gaps + b.dropped.stream_gaps,
      joined: (a.dropped.joined ?? 0) + (b.dropped.joined ?? 0),
      messages_cut: (a.dropped.messages_cut ?? 0) + (b.dropped.messages_cut ?? 0),
    },
  };
}

function mergeHomes(a: HomeRecord | undefined, b: HomeRecord | undefined): HomeRecord {
  if (a === undefined || b === undefined) return a ?? b ?? emptyHome();
  return {
    said: mergeTables(a.said, b.said, () => 1),
    routes: mergeTables(a.routes, b.routes, add),
    announced: mergeTables(a.announced, b.announced, mergeSightings),
    claims: mergeTables(a.claims, b.claims, mergeSightings),
    asked: mergeTables(a.asked, b.asked, mergeSightings),
    ...mergeOptional('leases', a.leases, b.leases, mergeSightings),
  };
}

function mergeTables<T>(a: Table<T>, b: Table<T>, merge: (x: T, y: T) => T): Table<T> {
  const merged: Table<T> = Object.assign(table<T>(), a);
  for (const key of Object.keys(b)) {
    const x = merged[key];
    merged[key] = x === undefined ? b[key]! : merge(x, b[key]!);
  }
  return merged;
}

/** A table that is absent where there is nothing in it. */
function mergeOptional<K extends string, T>(
  name: K,
  a: Table<T> | undefined,
  b: Table<T> | undefined,
  merge: (x: T, y: T) => T,
): { readonly [name in K]?: Table<T> } {
  if (a === undefined && b === undefined) return {};
  return { [name]: mergeTables(a ?? table<T>(), b ?? table<T>(), merge) } as { readonly [name in K]: Table<T> };
}

function pick(a: string | null, b: string | null, choose: (a: string, b: string) => string): string | null {
  if (a === null || b === null) return a ?? b;
  return choose(a, b);
}

function add(a: number, b: number): number {
  return a + b;
}

function addTables(a: Table<number>, b: Table<number>): Table<number> {
  return mergeTables(a, b, add);
}

function addTraffic(a: Traffic, b: Traffic): Traffic {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

/** Missing entries count as zero; no zeros are left at the end. */
function addArrays(a: readonly number[], b: readonly number[]): number[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  return long.map((value, i) => value + (short[i] ?? 0));
}

function mergeMacs(a: MacRecord, b: MacRecord): MacRecord {
  return {
    packets_sent: a.packets_sent + b.packets_sent,
    bytes_sent: a.bytes_sent + b.bytes_sent,
    packets_received: a.packets_received + b.packets_received,
    bytes_received: a.bytes_received + b.bytes_received,
    ips: addTables(a.ips, b.ips),
  };
}

function mergeEvicted(a: EvictedRecord, b: EvictedRecord): EvictedRecord {
  return {
    conversations: a.conversations + b.conversations,
    packets: a.packets + b.packets,
    bytes: a.bytes + b.bytes,
    payload: a.payload + b.payload,
    ...addPorts(a, b),
  };
}

export function mergeSeen(a: Seen, b: Seen): Seen {
  return { first: earlier(a.first, b.first), last: later(a.last, b.last) };
}

function mergeFindings(a: FindingRecord, b: FindingRecord): FindingRecord {
  return {
    ...a,
    remedy: widerRemedy(a.remedy, b.remedy),
    confidence: Math.max(a.confidence, b.confidence),
    count: a.count + b.count,
    first_ts: earlier(a.first_ts, b.first_ts),
    last_ts: later(a.last_ts, b.last_ts),
    evidence: [...a.evidence, ...b.evidence].slice(0, MAX_EVIDENCE),
  };
}

/** `x` holds the first packet. */
export function mergeConversations(x: ConversationRecord, y: ConversationRecord): ConversationRecord {
  const flip = x.a !== y.a;
  const believed = proofRank(y.proof) > proofRank(x.proof) ? y : x;
  const client = x.client ?? y.client;
  return {
    a: x.a,
    ...(client === undefined ? {} : { client }),
    a_mac: x.a_mac || (flip ? y.b_mac : y.a_mac),
    b_mac: x.b_mac || (flip ? y.a_mac : y.b_mac),
    ...mergeShares(x, y),
    first_ts: earlier(x.first_ts, y.first_ts),
    last_ts: later(x.last_ts, y.last_ts),
    service: believed.service,
    proof: believed.proof,
    marks: [...new Set([...x.marks, ...y.marks])].sort().slice(0, MAX_MARKS),
    names: mergeTables(x.names, y.names, () => 1),
    ab: mergeDirections(x.ab, flip ? y.ba : y.ab),
    ba: mergeDirections(x.ba, flip ? y.ab : y.ba),
  };
}

/** `grammar` beats `magic` beats `port` beats nothing. */
export function proofRank(proof: Proof | null): number {
  return proof === null ? 0 : proof === 'port' ? 1 : proof === 'magic' ? 2 : 3;
}

function mergeDirections(x: DirectionRecord, y: DirectionRecord): DirectionRecord {
  if (y.packets === 0) return x;
  if (x.packets === 0) return y;
  return {
    packets: x.packets + y.packets,
    bytes: x.bytes + y.bytes,
    payload: x.payload + y.payload,
    payload_packets: x.payload_packets + y.payload_packets,
    entropy_units: x.entropy_units + y.entropy_units,
    sessions: x.sessions + y.sessions,
    histogram: addHistograms(x.histogram, y.histogram),
    head: joinHeads(x, y),
    evidence: addArrays(x.evidence, y.evidence),
    windows: packWindows(mergeWindows(unpackWindows(x.windows), unpackWindows(y.windows))),
  };
}

function addHistograms(x: string, y: string): string {
  if (x === '' || y === '') return x === '' ? y : x;
  const sum = unpackHistogram(x);
  const more = unpackHistogram(y);
  for (let i = 0; i < 256; i++) sum[i]! += more[i]!;
  return packHistogram(sum);
}

/** The first bytes of both parts joined: exact, since a part with less than a full head holds all of its payload. */
function joinHeads(x: DirectionRecord, y: DirectionRecord): string {
  if (y.head === '' || x.payload >= HEAD_BYTES) return x.head;
  const joined = new Uint8Array(HEAD_BYTES);
  const first = unpackBytes(x.head);
  const second = unpackBytes(y.head).subarray(0, HEAD_BYTES - first.length);
  joined.set(first);
  joined.set(second, first.length);
  return packBytes(joined.subarray(0, first.length + second.length));
}

export function packWindows(windows: WindowStats): number[] {
  if (windows.count === 0) return [];
  return [windows.count, windows.uniform, windows.structured, windows.lowest ?? -1];
}

export function unpackWindows(windows: readonly number[]): WindowStats {
  const [count = 0, uniform = 0, structured = 0, lowest = -1] = windows;
  return count === 0 ? NO_WINDOWS : { count, uniform, structured, lowest: lowest < 0 ? null : lowest };
}
