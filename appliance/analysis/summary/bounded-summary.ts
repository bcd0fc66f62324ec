// Caps a long-running summary. Most conversations differ only in the port that a client drew for them, and a device that
// scans has as many as there are addresses: of more than fit here the newest keep their rows, older ones are joined by
// service, and what is still too much is counted (`evicted`). Bytes, packets, payload statistics and destinations stay exact
// in joined rows. Called by the store whenever summaries have been added; files analysed by hand are never bounded.

import { addPortsLeft, addRow, evictRecord, isJoined, joinRecords, ServiceKeys } from './joined-rows.ts';
import { type Drops, FIELD_LIST } from './part-fields.ts';
import { PortTally } from './port-tally.ts';
import { type ConversationRecord, compareTimes, type Part, type Summary, type Table, table } from './summary.ts';

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
  const drops: Drops = {
    names: (count) => (dropped.names += count),
    macs: (count) => (dropped.macs += count),
    findings: (count) => (dropped.findings += count),
  };
  for (const [name, { bound }] of FIELD_LIST) {
    if (bound !== undefined && part[name] !== undefined) Object.assign(part, { [name]: bound(part[name], drops) });
  }
}
