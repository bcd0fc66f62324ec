// The fields of a part of a summary, each declared once: what it is without packets, how two add up, and how much of it a sum over
// weeks keeps. A field of `Part` that is missing here does not compile; merge.ts and bounded-summary.ts go through this table.

import { compareSeverities } from '../../model/severity.ts';
import { widerRemedy } from '../inspect/remedies.ts';
import { earlierContact } from '../packet/contacts.ts';
import { mergeRoundTrips } from '../packet/handshake-times.ts';
import { mergeSightings } from '../packet/home.ts';
import { mergeScans } from '../packet/scans.ts';
import { boundFragments, MAX_FRAGMENTED } from './fragment-sums.ts';
import { keepHours } from './hours-kept.ts';
import { mergeConversations } from './merge-conversations.ts';
import { mergeMinutes } from './minutes.ts';
import { addPorts } from './port-tally.ts';
import {
  type ConversationRecord,
  compareTimes,
  type DroppedCounts,
  type EvictedRecord,
  earlier,
  emptyHome,
  type FindingRecord,
  type HomeRecord,
  later,
  type MacRecord,
  type Part,
  type Seen,
  type Table,
  table,
} from './summary.ts';
import {
  add,
  addArrays,
  addTables,
  addTraffic,
  type Drop,
  keepBest,
  keepFirst,
  mergeTables,
  within,
} from './tables.ts';

/** Receive what made room: entries by the counter that people see. */
export interface Drops {
  readonly names: Drop;
  readonly macs: Drop;
  readonly findings: Drop;
}

/** Whether `y` holds the first packet, given two records of one conversation. */
export type YieldsFirst = (x: ConversationRecord, y: ConversationRecord) => boolean;

interface Field<T> {
  /** Of a part without packets; null where the field is then absent. */
  readonly empty: (() => T) | null;
  readonly merge: (a: T, b: T, yFirst: YieldsFirst) => T;
  /** Missing where the size is bounded by its kind, or elsewhere (conversations: bounded-summary.ts). */
  readonly bound?: (value: T, drops: Drops) => T;
}

/** Texts of one kind, and whatever else packets choose: as many as one segment may hold, or fewer. */
const MAX_TEXTS = 5000;
/** MACs in counts and traits, and rows of records of the home; of all MACs 8 times as many. The first stay, the rest is counted. */
const MAX_MACS = 512;
/** Of an address. */
const MAX_NAMES = 64;
/** Over two years of hours of one device; in the sum of all devices they share them. The newest of each stay, the rest is counted. */
const MAX_HOURS = 20_000;
/** First packets with a peer and port, in the sum of one device or of all; the first known stay, the rest is counted. */
const MAX_CONTACTS = 8000;
/** The most severe stay; the others are counted. */
const MAX_FINDINGS = 2000;
/** Hours of a device that scans, or is scanned: some 15 KB each. */
const MAX_SCANS = 48;
/** Packets that a finding names. */
export const MAX_EVIDENCE = 5;

const sum: Field<number> = { empty: () => 0, merge: add };
const counted: Field<Table<number>> = { empty: table, merge: addTables };

export const PART_FIELDS: { readonly [K in keyof Part]-?: Field<NonNullable<Part[K]> | Extract<Part[K], null>> } = {
  packets: sum,
  captured_bytes: sum,
  frame_bytes: sum,
  first_ts: { empty: () => null, merge: (a, b) => pick(a, b, earlier) },
  last_ts: { empty: () => null, merge: (a, b) => pick(a, b, later) },
  time_steps_back: sum,
  link_types: counted,
  macs: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, mergeMacs),
    bound: (macs, drops) =>
      within(keepFirst(macs, 8 * MAX_MACS, drops.macs), (mac) =>
        Object.keys(mac.ips).length <= MAX_TEXTS ? mac : { ...mac, ips: keepFirst(mac.ips, MAX_TEXTS, drops.macs) },
      ),
  },
  protocols: counted,
  networks: { empty: table, merge: (a, b) => mergeTables(a, b, addTraffic) },
  conversations: {
    empty: table,
    merge: (a, b, yFirst) =>
      mergeTables(a, b, (x, y) => (yFirst(x, y) ? mergeConversations(y, x) : mergeConversations(x, y))),
  },
  evicted: {
    empty: () => ({ conversations: 0, packets: 0, bytes: 0, payload: 0, ports: table() }),
    merge: mergeEvicted,
  },
  minutes: { empty: table, merge: mergeMinutes },
  counts: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, (x, y) => mergeTables(x, y, addTables)),
    bound: (counts, drops) =>
      within(counts, (byMac) =>
        within(keepFirst(byMac, MAX_MACS, drops.names), (byText) => keepFirst(byText, MAX_TEXTS, drops.names)),
      ),
  },
  addresses: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, (x, y) => mergeTables(x, y, mergeSeen)),
    // Names of an address that is not seen any more make room first.
    bound: (addresses, drops) =>
      within(
        keepBest(addresses, MAX_TEXTS, (x, y) => compareTimes(lastSeen(y), lastSeen(x)), drops.names),
        (ofAddress) => keepFirst(ofAddress, MAX_NAMES, drops.names),
      ),
  },
  traits: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, (x, y) => mergeTables(x, y, addTables)),
    bound: (traits, drops) =>
      within(keepFirst(traits, MAX_MACS, drops.names), (byKind) =>
        within(byKind, (byValue) => keepFirst(byValue, MAX_MACS, drops.names)),
      ),
  },
  rhythms: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, addTables),
    bound: (rhythms, drops) => keepFirst(rhythms, MAX_TEXTS, drops.names),
  },
  hours: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, addArrays),
    bound: (hours, drops) => keepHours(hours, MAX_HOURS, drops.names),
  },
  contacts: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, earlierContact),
    bound: (contacts, drops) => keepFirst(contacts, MAX_CONTACTS, drops.names),
  },
  round_trips: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, mergeRoundTrips),
    bound: (trips, drops) => keepFirst(trips, MAX_TEXTS, drops.names),
  },
  findings: {
    empty: table,
    merge: (a, b) => mergeTables(a, b, mergeFindings),
    // A flood of small findings hides no grave one.
    bound: (findings, drops) => keepBest(findings, MAX_FINDINGS, compareSeverities, drops.findings),
  },
  home: { empty: emptyHome, merge: mergeHomes, bound: boundHome },
  fragments: { empty: null, merge: (a, b) => mergeTables(a, b, addTraffic), bound: boundFragments },
  unseen: { empty: null, merge: addTables, bound: (unseen, drops) => keepFirst(unseen, MAX_FRAGMENTED, drops.names) },
  scans: {
    empty: null,
    merge: (a, b) => mergeTables(a, b, mergeScans),
    bound: (scans, drops) => keepFirst(scans, MAX_SCANS, drops.names),
  },
  dropped: {
    empty: () => ({ names: 0, macs: 0, findings: 0, stream_gaps: 0, joined: 0, messages_cut: 0 }),
    merge: mergeDropped,
  },
};

/** To go through: the value of each name fits its field, by the type of the table. */
export const FIELD_LIST = Object.entries(PART_FIELDS) as unknown as readonly (readonly [keyof Part, Field<unknown>])[];

function mergeHomes(a: HomeRecord, b: HomeRecord): HomeRecord {
  const merged = {
    said: mergeTables(a.said, b.said, () => 1),
    routes: addTables(a.routes, b.routes),
    announced: mergeTables(a.announced, b.announced, mergeSightings),
    claims: mergeTables(a.claims, b.claims, mergeSightings),
    asked: mergeTables(a.asked, b.asked, mergeSightings),
  };
  if (a.leases === undefined && b.leases === undefined) return merged;
  return { ...merged, leases: mergeTables(a.leases ?? table(), b.leases ?? table(), mergeSightings) };
}

function boundHome(home: HomeRecord, { names }: Drops): HomeRecord {
  return {
    said: keepFirst(home.said, MAX_MACS, names),
    routes: keepFirst(home.routes, MAX_MACS, names),
    announced: keepFirst(home.announced, MAX_MACS, names),
    claims: keepFirst(home.claims, MAX_TEXTS, names),
    asked: keepFirst(home.asked, MAX_TEXTS, names),
    ...(home.leases === undefined ? {} : { leases: keepFirst(home.leases, MAX_TEXTS, names) }),
  };
}

function mergeDropped(a: DroppedCounts, b: DroppedCounts): DroppedCounts {
  return {
    names: a.names + b.names,
    macs: a.macs + b.macs,
    findings: a.findings + b.findings,
    stream_gaps: a.stream_gaps + b.stream_gaps,
    joined: (a.joined ?? 0) + (b.joined ?? 0),
    messages_cut: (a.messages_cut ?? 0) + (b.messages_cut ?? 0),
  };
}

function pick(a: string | null, b: string | null, choose: (a: string, b: string) => string): string | null {
  if (a === null || b === null) return a ?? b;
  return choose(a, b);
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

function lastSeen(names: Table<Seen>): string {
  return Object.values(names).reduce((last, seen) => later(last, seen.last), '0.0');
}
