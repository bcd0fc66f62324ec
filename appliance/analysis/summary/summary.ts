// What analysis keeps of a segment, an hour, a phase, a device: sums, sets and minima, so that summaries add up exactly.
// Made by analyzer.ts, stored as canonical JSON, added by merge.ts, turned into a document by render-document.ts.
// Maps are objects without prototype; keys are texts, capped in length and number where they come from the wire.

import type { FindingEvidence, Severity } from '../../model/analysis-document.ts';
import type { Proof } from '../inspect/facts.ts';
import type { RoundTripRecord } from './round-trip.ts';

/** Keys are texts from packets: never an object with a prototype. */
export type Table<T> = Record<string, T>;

export function table<T>(): Table<T> {
  return Object.create(null) as Table<T>;
}

/** `own`: frames that count in totals over devices. `shared`: frames that are also in the file of their sender. */
export interface Summary {
  readonly schema: 'weir.summary/1';
  readonly own: Part;
  readonly shared: Part;
}

export interface Part {
  packets: number;
  captured_bytes: number;
  frame_bytes: number;
  /** Earliest and latest, `seconds.nanoseconds`; null without packets. */
  first_ts: string | null;
  last_ts: string | null;
  /** Packets with a time before that of the packet before them in the same file. */
  time_steps_back: number;
  /** Packets by LINKTYPE number. */
  link_types: Table<number>;
  macs: Table<MacRecord>;
  /** Packets in which a protocol occurs. */
  protocols: Table<number>;
  /** Packets and bytes by the protocol that IP carries, or `arp`, `eapol`, `non-ip`. */
  networks: Table<Traffic>;
  /** By key: `tcp 10.0.0.1 443 10.0.0.9 50000`, the lower address first; `*` and a letter for many ports (bounded-summary.ts). */
  conversations: Table<ConversationRecord>;
  /** What conversations held that had to make room for others, and the ports that joined ones gave up. */
  evicted: EvictedRecord;
  /** By minute since 1970, older ones by hour and day (minutes.ts): bytes out udp, tcp, http, https, then the same in. */
  minutes: Table<number[]>;
  /** Counts by table, by MAC of the sender (empty without), by text. */
  counts: Table<Table<Table<number>>>;
  /** Names by address, by `source name`: when first and last seen. */
  addresses: Table<Table<Seen>>;
  /** What devices show of themselves: by MAC, kind, value. */
  traits: Table<Table<Table<number>>>;
  /** Intervals between bursts in seconds, by `mac proto address port`: how often. */
  rhythms: Table<Table<number>>;
  /** Packets sent, bytes sent, packets received, bytes received, by `mac hour` (hours.ts). */
  hours: Table<number[]>;
  /** First packet that each device exchanged with a peer and port, by `mac way proto peer port` (contacts.ts). */
  contacts: Table<FindingEvidence>;
  /** Shortest TCP handshake by address on the Internet. */
  round_trips: Table<RoundTripRecord>;
  /** By `rule device subject`. */
  findings: Table<FindingRecord>;
  /** What the capture shows of the home (packet/home.ts); not in sums of earlier versions. */
  home?: HomeRecord;
  /** Later IP fragments by `sender receiver`, in no conversation; `*` sums up further pairs. Absent where there are none. */
  fragments?: Table<Traffic>;
  /** By key of a conversation: payload bytes that its later IP fragments carried, which nobody looked at. */
  unseen?: Table<number>;
  /** What was tried in vain by and on devices, by `mac way hour` (packet/scans.ts). Absent where nobody scans. */
  scans?: Table<ScanRecord>;
  /** Counted instead of kept. */
  dropped: DroppedCounts;
}

export interface ScanRecord {
  /** Sessions that nobody answered. */
  probes: number;
  /** First packet by `peer proto port`; so many (MAX_TARGETS). */
  targets: Table<FindingEvidence>;
}

export interface HomeRecord {
  /** MACs that capture or a person calls router or access point. */
  said: Table<number>;
  /** Sessions to addresses that are not local, by `mac sender`: through whom devices leave the home. */
  routes: Table<number>;
  /** Router advertisements by `mac -`, their on-link prefixes by `mac prefix/bits`. */
  announced: Table<Sighting>;
  /** Addresses that MACs call their own (ARP, NDP), by `ip mac`. */
  claims: Table<Sighting>;
  /** Addresses that MACs asked for on the link, by `ip mac`. */
  asked: Table<Sighting>;
  /** What DHCP said to and of clients, by `mac message`; not in sums of earlier versions. */
  leases?: Table<Sighting>;
}

/** Times are `seconds.nanoseconds`. */
export interface Sighting extends Seen {
  count: number;
  evidence: FindingEvidence[];
}

export interface DroppedCounts {
  names: number;
  macs: number;
  findings: number;
  stream_gaps: number;
  /** Conversations whose row was joined with others of the same service (bounded-summary.ts); not in sums of earlier versions. */
  joined?: number;
  /** Messages that were not searched whole; not in sums of earlier versions. */
  messages_cut?: number;
}

export interface Traffic {
  packets: number;
  bytes: number;
}

export interface MacRecord {
  packets_sent: number;
  bytes_sent: number;
  packets_received: number;
  bytes_received: number;
  /** Addresses seen as sender; packets. */
  ips: Table<number>;
}

export interface Seen {
  first: string;
  last: string;
}

/** Oriented by `a`, the sender of the conversation's first packet: 0 the first address of the key, 1 the second. */
export interface ConversationRecord extends ConversationOutline {
  ab: DirectionRecord;
  ba: DirectionRecord;
}

/** All but what lies in the payload. */
export interface ConversationOutline {
  a: 0 | 1;
  /** The end of the key that sent a SYN: 0 or 1; absent where none was seen. */
  client?: 0 | 1;
  a_mac: string;
  b_mac: string;
  /** Where packets had several pairs of MACs: those of the first are above, all are here (mac-shares.ts). */
  macs?: Table<number[]>;
  first_ts: string;
  last_ts: string;
  service: string | null;
  proof: Proof | null;
  marks: string[];
  /** By `source name`. */
  names: Table<number>;
  /** Names, marks and pairs of MACs that had no room where records were joined; absent where none. */
  cut?: number;
  ab: DirectionCounts;
  ba: DirectionCounts;
}

export interface DirectionCounts {
  packets: number;
  /** Original frame lengths. */
  bytes: number;
  payload: number;
  payload_packets: number;
  /** Sum of the packets' own entropies in units of 2^-20 bit. */
  entropy_units: number;
  /** Sessions that this side began. */
  sessions: number;
}

export interface DirectionRecord extends DirectionCounts {
  /** packHistogram; empty without payload. */
  histogram: string;
  /** First bytes, base64. */
  head: string;
  /** EVIDENCE counters without the zeros at the end. */
  evidence: number[];
  /** count, uniform, structured, lowest (-1 without); empty without windows. */
  windows: number[];
}

export interface EvictedRecord {
  conversations: number;
  packets: number;
  bytes: number;
  payload: number;
  /** Packets by destination port of no conversation: `tcp 443`. */
  ports: Table<number>;
  /** The same by protocol, in place of `ports` where those are too many to be listed (port-tally.ts). */
  runs?: Table<string>;
}

export interface FindingRecord {
  rule: string;
  severity: Severity;
  confidence: number;
  device: string;
  subject: string;
  excerpt_masked: string;
  explanation: string;
  remedy: string;
  count: number;
  first_ts: string;
  last_ts: string;
  evidence: FindingEvidence[];
}

export function emptyHome(): HomeRecord {
  return { said: table(), routes: table(), announced: table(), claims: table(), asked: table() };
}

export function emptyDirection(): DirectionRecord {
  return {
    packets: 0,
    bytes: 0,
    payload: 0,
    payload_packets: 0,
    entropy_units: 0,
    sessions: 0,
    histogram: '',
    head: '',
    evidence: [],
    windows: [],
  };
}

/** Compares two `seconds.nanoseconds`. */
export function compareTimes(a: string, b: string): number {
  if (isAligned(a, b)) return a < b ? -1 : a > b ? 1 : 0;
  const seconds = Number.parseInt(a, 10) - Number.parseInt(b, 10);
  if (seconds !== 0) return seconds;
  const fractionA = a.slice(a.indexOf('.') + 1);
  const fractionB = b.slice(b.indexOf('.') + 1);
  return fractionA < fractionB ? -1 : fractionA > fractionB ? 1 : 0;
}

/** Both with nine digits behind the point and as many before it: then they compare as texts do. */
function isAligned(a: string, b: string): boolean {
  const point = a.length - 10;
  return a.length === b.length && a[point] === '.' && b[point] === '.';
}

export const earlier = (a: string, b: string): string => (compareTimes(b, a) < 0 ? b : a);
export const later = (a: string, b: string): string => (compareTimes(b, a) > 0 ? b : a);

/** Nine digits, whatever the file had. */
export function timeText(seconds: number, nanoseconds: number): string {
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}
