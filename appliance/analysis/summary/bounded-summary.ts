// Caps a long-running summary. Most conversations differ only in the port that a client drew for them, and a device that
// scans has as many as there are addresses: of more than fit here the newest keep their rows, older ones are joined by
// service, and what is still too much is counted (`evicted`). Bytes, packets, payload statistics and destinations stay exact
// in joined rows. Called by the store whenever summaries have been added; files analysed by hand are never bounded.

import { compareSeverities } from '../../model/severity.ts';
import { boundFragments, MOST_FRAGMENTED } from './fragment-sums.ts';
import { addPortsLeft, addRow, boundNames, evictRecord, isJoined, joinRecords, ServiceKeys } from './joined-rows.ts';
import { PortTally } from './port-tally.ts';
import {
  type ConversationRecord,
  compareTimes,
  type HomeRecord,
  later,
  type Part,
  type Seen,
  type Summary,
  type Table,
  table,
} from './summary.ts';

/** Texts of one kind, and whatever else packets choose: as many as one segment may hold, or fewer. */
const MOST_TEXTS = 5000;
const MOST_MACS = 512;
/** Of a conversation's row, and of an address. */
const MOST_NAMES = 64;
const MOST_HOURS = 20_000;
const MOST_CONTACTS = 8000;
const MOST_FINDINGS = 2000;
/** Hours of a device that scans, or is scanned: some 15 KB each. */
const MOST_SCANS = 48;

/** The same summary with at most `most` conversations that have rows of their own and as many joined rows. Counts what it does not keep. */
export function boundSummary(summary: Summary, most: number): Summary {
  const bounded = { schema: summary.schema, own: copyPart(summary.own), shared: copyPart(summary.shared) };
  for (const part of [bounded.own, bounded.shared]) boundTexts(part);
  const keys = new Set([...Object.keys(summary.own.conversations), ...Object.keys(summary.shared.conversations)]);
  const joined = [...keys].filter(isJoined).length;
  if (joined > most || keys.size - joined > most) boundConversations(bounded, [...keys], most);
  return bounded;
}

function copyPart(part: Part): Part {
  return { ...part, evicted: { ...part.evicted }, dropped: { ...part.dropped } };
}

/** Half of the room for the newest, three quarters for joined rows: the next ones have room before this is done again. */
function boundConversations(summary: Summary, keys: readonly string[], most: number): void {
  const single = keys.filter((key) => !isJoined(key)).map((key) => ({ key, whole: wholeRecord(summary, key) }));
  single.sort((x, y) => compareTimes(y.whole.last_ts, x.whole.last_ts) || (x.key < y.key ? -1 : 1));
  const rows = keys.filter(isJoined).map((key) => ({ key, whole: wholeRecord(summary, key) }));
  const services = new ServiceKeys();
  const older = [...rows, ...single.slice(most >> 1)].map((row) => ({
    ...row,
    service: services.of(row.key, row.whole),
  }));
  const joined = table<ConversationRecord>();
  for (const { service, whole } of older) addRow(joined, service, whole);
  const byWorth = Object.keys(joined).sort((x, y) => compareWorth(joined[x]!, joined[y]!) || (x < y ? -1 : 1));
  const stay = new Set(byWorth.slice(0, (most * 3) >> 2));
  countRows(summary.own, older, stay);
  for (const part of [summary.own, summary.shared]) part.conversations = joinPart(part, older, stay);
}

/** Each once, in whichever part its packets are: joined, or evicted and then no longer joined. */
function countRows({ dropped, evicted }: Part, older: readonly Row[], stay: ReadonlySet<string>): void {
  let joined = dropped.joined ?? 0;
  for (const { key, service, whole } of older) {
    if (stay.has(service)) {
      if (key !== service && !isJoined(key)) joined++;
      continue;
    }
    // A joined row has a session of each of its conversations.
    const conversations = isJoined(key) ? Math.max(1, whole.ab.sessions + whole.ba.sessions) : 1;
    evicted.conversations += conversations;
    if (isJoined(key)) joined = Math.max(0, joined - conversations);
  }
  dropped.joined = joined;
}

interface Row {
  readonly key: string;
  /** Key of the joined row. */
  readonly service: string;
  /** Of both parts of the summary: which end is the client and whether it was answered must be one answer for both. */
  readonly whole: ConversationRecord;
}

function wholeRecord({ own, shared }: Summary, key: string): ConversationRecord {
  const [x, y] = [own.conversations[key], shared.conversations[key]];
  return x === undefined || y === undefined ? (x ?? y)! : joinRecords(x, y);
}

function joinPart(part: Part, older: readonly Row[], stay: ReadonlySet<string>): Table<ConversationRecord> {
  const rows = Object.assign(table<ConversationRecord>(), part.conversations);
  const ports = new PortTally();
  ports.addRecord(part.evicted);
  for (const { key, service } of older) {
    const record = rows[key];
    if (record === undefined || (key === service && stay.has(service))) continue;
    delete rows[key];
    if (!stay.has(service)) evictRecord(part, ports, key, record);
    else {
      addPortsLeft(ports, key, service, record);
      addRow(rows, service, record);
    }
  }
  for (const service of stay) {
    const record = rows[service];
    if (record !== undefined) rows[service] = boundNames(record, (names) => (part.dropped.names += names));
  }
  const { runs: _runs, ...evicted } = part.evicted;
  part.evicted = { ...evicted, ...ports.record() };
  return rows;
}

/** What was answered first, then what carried more: a scan makes room for everything else. */
function compareWorth(x: ConversationRecord, y: ConversationRecord): number {
  const answered = ({ ab, ba }: ConversationRecord): number => Math.min(1, ab.packets, ba.packets);
  return answered(y) - answered(x) || y.ab.bytes + y.ba.bytes - (x.ab.bytes + x.ba.bytes);
}

function boundTexts(part: Part): void {
  const { dropped } = part;
  const names = (count: number): void => {
    dropped.names += count;
  };
  const macs = (count: number): void => {
    dropped.macs += count;
  };
  part.macs = within(keepFirst(part.macs, 8 * MOST_MACS, macs), (mac) =>
    Object.keys(mac.ips).length <= MOST_TEXTS ? mac : { ...mac, ips: keepFirst(mac.ips, MOST_TEXTS, macs) },
  );
  if (part.fragments !== undefined) part.fragments = boundFragments(part.fragments);
  if (part.scans !== undefined) part.scans = keepFirst(part.scans, MOST_SCANS, names);
  if (part.unseen !== undefined) part.unseen = keepFirst(part.unseen, MOST_FRAGMENTED, names);
  part.counts = within(part.counts, (byMac) =>
    within(keepFirst(byMac, MOST_MACS, names), (byText) => keepFirst(byText, MOST_TEXTS, names)),
  );
  part.traits = within(keepFirst(part.traits, MOST_MACS, names), (byKind) =>
    within(byKind, (byValue) => keepFirst(byValue, MOST_MACS, names)),
  );
  const bySight = (x: Table<Seen>, y: Table<Seen>): number => compareTimes(lastSeen(y), lastSeen(x));
  part.addresses = within(keepBest(part.addresses, MOST_TEXTS, bySight, names), (ofAddress) =>
    keepFirst(ofAddress, MOST_NAMES, names),
  );
  part.rhythms = keepFirst(part.rhythms, MOST_TEXTS, names);
  part.round_trips = keepFirst(part.round_trips, MOST_TEXTS, names);
  part.hours = keepFirst(part.hours, MOST_HOURS, names);
  part.contacts = keepFirst(part.contacts, MOST_CONTACTS, names);
  if (part.home !== undefined) part.home = boundHome(part.home, names);
  // A flood of small findings hides no grave one.
  part.findings = keepBest(part.findings, MOST_FINDINGS, compareSeverities, (count) => {
    dropped.findings += count;
  });
}

function boundHome(home: HomeRecord, drop: (names: number) => void): HomeRecord {
  return {
    said: keepFirst(home.said, MOST_MACS, drop),
    routes: keepFirst(home.routes, MOST_MACS, drop),
    announced: keepFirst(home.announced, MOST_MACS, drop),
    claims: keepFirst(home.claims, MOST_TEXTS, drop),
    asked: keepFirst(home.asked, MOST_TEXTS, drop),
    ...(home.leases === undefined ? {} : { leases: keepFirst(home.leases, MOST_TEXTS, drop) }),
  };
}

function within<T>(tables: Table<T>, bound: (inner: T) => T): Table<T> {
  const bounded = table<T>();
  for (const key of Object.keys(tables)) bounded[key] = bound(tables[key]!);
  return bounded;
}

/** Names of an address that is not seen any more make room first. */
function lastSeen(names: Table<Seen>): string {
  return Object.values(names).reduce((last, seen) => later(last, seen.last), '0.0');
}

/** The best stay, of equal ones those known first. */
function keepBest<T>(
  entries: Table<T>,
  most: number,
  compare: (x: T, y: T) => number,
  drop: (count: number) => void,
): Table<T> {
  const keys = Object.keys(entries);
  if (keys.length <= most) return entries;
  const best = keys.toSorted((x, y) => compare(entries[x]!, entries[y]!)).slice(0, most);
  const ordered = table<T>();
  for (const key of best) ordered[key] = entries[key]!;
  drop(keys.length - most);
  return ordered;
}

/** What was known first stays; `drop` receives the number removed. The same table where all have room. */
function keepFirst<T>(entries: Table<T>, most: number, drop: (count: number) => void): Table<T> {
  const keys = Object.keys(entries);
  if (keys.length <= most) return entries;
  drop(keys.length - most);
  const kept = table<T>();
  for (const key of keys.slice(0, most)) kept[key] = entries[key]!;
  return kept;
}
