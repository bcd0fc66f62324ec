// A sum over weeks within bounds. Most conversations differ only in the port that a client drew for them, and a device that
// scans has as many as there are addresses: of more than may stand here the newest keep their rows, older ones are joined by
// service, and what is still too much is counted (`evicted`). Bytes, packets, payload statistics and destinations stay exact
// in joined rows. Called by the store whenever summaries have been added; files analysed by hand are never bounded.

import { EVIDENCE } from './evidence.ts';
import { mergeConversations } from './merge.ts';
import { servicePort } from './ports.ts';
import { type ConversationRecord, compareTimes, type Part, type Summary, type Table, table } from './summary.ts';

/** In place of the client's port in the key of a joined row, followed by a letter that parts readable from other payload. */
const JOINED = '*';

/** Texts of one kind, and whatever else packets choose: as many as one segment may hold, or fewer. */
const MOST_TEXTS = 5000;
const MOST_MACS = 512;
const MOST_HOURS = 20_000;
const MOST_CONTACTS = 8000;
const MOST_FINDINGS = 2000;

/** Whether the text of a key's port says that the row stands for many ports. */
export function isJoinedPort(text: string): boolean {
  return text.startsWith(JOINED);
}

/** The same summary with at most `most` conversations in each part. Counts what it does not keep. */
export function boundSummary(summary: Summary, most: number): Summary {
  return { schema: summary.schema, own: boundPart(summary.own, most), shared: boundPart(summary.shared, most) };
}

export function boundPart(part: Part, most: number): Part {
  const bounded: Part = {
    ...part,
    evicted: { ...part.evicted, ports: Object.assign(table<number>(), part.evicted.ports) },
    dropped: { ...part.dropped },
  };
  boundTexts(bounded);
  const rows = Object.keys(part.conversations);
  if (rows.length > most) bounded.conversations = boundConversations(bounded, rows, most);
  return bounded;
}

/** Half of the rows for what is new, a quarter for what is joined: the next ones have room before this is done again. */
function boundConversations(part: Part, rows: readonly string[], most: number): Table<ConversationRecord> {
  const { conversations } = part;
  const newest = rows.toSorted(
    (x, y) => compareTimes(conversations[y]!.last_ts, conversations[x]!.last_ts) || (x < y ? -1 : 1),
  );
  const joined = joinAll(part, newest.slice(most >> 1));
  const kept = table<ConversationRecord>();
  for (const key of newest.slice(0, most >> 1)) kept[key] = conversations[key]!;
  const byWorth = Object.keys(joined).sort((x, y) => compareWorth(joined[x]!, joined[y]!) || (x < y ? -1 : 1));
  byWorth.forEach((key, i) => {
    if (i >= most >> 2) return evict(part, key, joined[key]!);
    const twin = kept[key];
    kept[key] = twin === undefined ? joined[key]! : join(twin, joined[key]!);
  });
  return kept;
}

function joinAll(part: Part, keys: readonly string[]): Table<ConversationRecord> {
  const joined = table<ConversationRecord>();
  for (const key of keys) {
    const { key: service, record } = joinable(part, key, part.conversations[key]!);
    const twin = joined[service];
    joined[service] = twin === undefined ? record : join(twin, record);
  }
  return joined;
}

function join(x: ConversationRecord, y: ConversationRecord): ConversationRecord {
  return compareTimes(y.first_ts, x.first_ts) < 0 ? mergeConversations(y, x) : mergeConversations(x, y);
}

interface Row {
  readonly key: string;
  readonly record: ConversationRecord;
}

/** The row without the client's port, whose packets are counted where ports without a row are. */
function joinable(part: Part, key: string, record: ConversationRecord): Row {
  const [proto = '', ip0 = '', port0 = '', ip1 = '', port1 = ''] = key.split(' ');
  if (isJoinedPort(port0) || isJoinedPort(port1)) return { key, record };
  const [a, b] = record.a === 0 ? [port0, port1] : [port1, port0];
  const clientIsA = servicePort([Number(a), Number(b)]) === Number(b);
  const toClient = clientIsA ? record.ba : record.ab;
  addPort(part, proto, clientIsA ? a : b, toClient.packets);
  part.dropped.joined++;
  const many = JOINED + kindOf(record);
  const clientIsFirst = clientIsA === (record.a === 0);
  const ends = clientIsFirst ? `${ip0} ${many} ${ip1} ${port1}` : `${ip0} ${port0} ${ip1} ${many}`;
  return { key: `${proto} ${ends}`, record };
}

/** Nothing, text, a protocol by its grammar, other: what can be read never hides among what cannot. */
function kindOf({ ab, ba, proof }: ConversationRecord): 'n' | 't' | 'g' | 'o' {
  if (ab.payload + ba.payload === 0) return 'n';
  if ((ab.evidence[EVIDENCE.textPackets] ?? 0) + (ba.evidence[EVIDENCE.textPackets] ?? 0) > 0) return 't';
  return proof === 'grammar' ? 'g' : 'o';
}

/** What was answered first, then what carried more: a scan makes room for everything else. */
function compareWorth(x: ConversationRecord, y: ConversationRecord): number {
  const answered = (record: ConversationRecord): number => Math.min(1, record.ba.packets);
  return answered(y) - answered(x) || y.ab.bytes + y.ba.bytes - (x.ab.bytes + x.ba.bytes);
}

function evict(part: Part, key: string, { a, ab, ba }: ConversationRecord): void {
  const [proto = '', , port0 = '', , port1 = ''] = key.split(' ');
  const { evicted } = part;
  evicted.conversations += Math.max(1, ab.sessions + ba.sessions);
  evicted.packets += ab.packets + ba.packets;
  evicted.bytes += ab.bytes + ba.bytes;
  evicted.payload += ab.payload + ba.payload;
  addPort(part, proto, a === 0 ? port1 : port0, ab.packets);
  addPort(part, proto, a === 0 ? port0 : port1, ba.packets);
}

/** Packets by destination port that no row tells any more. */
function addPort({ evicted: { ports } }: Part, proto: string, port: string, packets: number): void {
  if (packets === 0 || isJoinedPort(port)) return;
  const key = `${proto} ${port}`;
  ports[key] = (ports[key] ?? 0) + packets;
}

function boundTexts(part: Part): void {
  const { dropped } = part;
  const names = (count: number): void => {
    dropped.names += count;
  };
  part.macs = keepFirst(part.macs, 8 * MOST_MACS, (count) => {
    dropped.macs += count;
  });
  part.counts = within(part.counts, (byMac) =>
    within(keepFirst(byMac, MOST_MACS, names), (byText) => keepFirst(byText, MOST_TEXTS, names)),
  );
  part.traits = within(keepFirst(part.traits, MOST_MACS, names), (byKind) =>
    within(byKind, (byValue) => keepFirst(byValue, MOST_MACS, names)),
  );
  part.addresses = keepFirst(part.addresses, MOST_TEXTS, names);
  part.rhythms = keepFirst(part.rhythms, MOST_TEXTS, names);
  part.round_trips = keepFirst(part.round_trips, MOST_TEXTS, names);
  part.hours = keepFirst(part.hours, MOST_HOURS, names);
  part.contacts = keepFirst(part.contacts, MOST_CONTACTS, names);
  part.findings = keepFirst(part.findings, MOST_FINDINGS, (count) => {
    dropped.findings += count;
  });
}

function within<T>(tables: Table<T>, bound: (inner: T) => T): Table<T> {
  const bounded = table<T>();
  for (const key of Object.keys(tables)) bounded[key] = bound(tables[key]!);
  return bounded;
}

/** What was known first stays; `drop` hears how many entries did not. The same table where all have room. */
function keepFirst<T>(entries: Table<T>, most: number, drop: (count: number) => void): Table<T> {
  const keys = Object.keys(entries);
  if (keys.length <= most) return entries;
  drop(keys.length - most);
  const kept = table<T>();
  for (const key of keys.slice(0, most)) kept[key] = entries[key]!;
  return kept;
}
