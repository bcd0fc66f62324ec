// What the analysis keeps has bounds, and what lies beyond one is counted where people see it: each bound is listed here with its counter,
// and the tables of a summary are filled beyond theirs. A new bound fails until somebody says where it is counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { Collector, newNotes } from '../../appliance/analysis/inspect/collector.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { FILE_BOUNDS } from '../../appliance/analysis/summary/bounds.ts';
import { mergeConversations } from '../../appliance/analysis/summary/merge-conversations.ts';
import { FIELD_LIST } from '../../appliance/analysis/summary/part-fields.ts';
import type { ConversationRecord, Summary } from '../../appliance/analysis/summary/summary.ts';
import { findLimits } from '../reference/limits.ts';
import { udp } from './packets.ts';

/** Where the document counts what lies beyond; or why nothing that it states is lost. */
const COUNTED: Readonly<Record<string, readonly string[]>> = {
  'limits.names_dropped': [
    'inspect/collector.ts: MAX_NAMES_PER_CONVERSATION',
    'inspect/collector.ts: MAX_NAMES_PER_ADDRESS',
    'inspect/protocols/dhcp.ts: MAX_WATCHED',
    'inspect/protocols/tls.ts: MAX_OF_KIND',
    'packet/handshake-times.ts: MAX_ADDRESSES',
    'packet/home.ts: MAX_ENTRIES',
    'packet/home.ts: MAX_PREFIXES',
    'packet/home.ts: MAX_PREFIXES_OF_ONE',
    'packet/hours.ts: MAX_ROWS',
    'packet/mac-pairs.ts: MAX_PAIRS',
    'packet/mac-table.ts: MAX_MACS',
    'packet/rhythm.ts: MAX_RHYTHMS',
    'packet/scans.ts: MAX_DEVICES',
    'platforms/sign.ts: MAX_SIGNS',
    'summary/hours-kept.ts: MAX_SHARING',
    'summary/mac-shares.ts: MAX_SHARES',
    'summary/merge-conversations.ts: MAX_MARKS',
    'summary/merge-conversations.ts: MAX_NAMES',
    'summary/part-fields.ts: MAX_TEXTS',
    'summary/part-fields.ts: MAX_MACS',
    'summary/part-fields.ts: MAX_NAMES',
    'summary/part-fields.ts: MAX_HOURS',
    'summary/part-fields.ts: MAX_CONTACTS',
    'summary/part-fields.ts: MAX_SCANS',
  ],
  'limits.findings_dropped': [
    'behaviour/scans.ts: MAX_FINDINGS',
    'document/derived-findings.ts: MAX_FINDINGS',
    'document/home-findings.ts: MAX_OF_RULE',
    'inspect/collector.ts: MAX_FINDINGS',
    'summary/part-fields.ts: MAX_FINDINGS',
  ],
  'limits.messages_cut': [
    'inspect/fields/field.ts: MAX_FIELDS',
    'inspect/protocols/logins/login-messages.ts: MAX_LOGIN_BYTES',
    'inspect/protocols/mqtt.ts: MAX_ALIASES',
    'inspect/streams/datagram-pieces.ts: MAX_DATAGRAMS',
    'inspect/streams/message-joiner.ts: MAX_MESSAGES',
    'inspect/streams/message-joiner.ts: MAX_STRETCHES',
    'inspect/streams/unpack.ts: MAX_BOMBS',
    'inspect/streams/unpack.ts: MAX_CODINGS',
  ],
  'limits.stream_gaps': ['inspect/streams/tcp-stream.ts: MAX_EARLY'],
  'limits.not_understood, in a row for all further ones': ['summary/fragment-sums.ts: MAX_FRAGMENTED'],
  'limits.conversations_joined': ['summary/joined-rows.ts: MAX_UNANSWERED_SERVICES'],
  'limits.ports_left_out': ['document/largest-ports.ts: MAX_PORTS'],
  'behaviour.left_out': ['behaviour/behaviour.ts: MAX_ROWS', 'behaviour/behaviour.ts: MAX_HOURS'],
  'port_occurrences, as left out': ['ports/port-occurrences.ts: MAX_PORTS', 'ports/port-occurrences.ts: MAX_PAIRS'],
  'the finding: its count, or its sentence': [
    'behaviour/scans.ts: MAX_EVIDENCE',
    'document/lease-findings.ts: MAX_NAMED',
    'packet/scans.ts: MAX_TARGETS',
    'summary/part-fields.ts: MAX_EVIDENCE',
  ],
  'a line of the command that asks for it': ['verdict/ent-conversations.ts: MAX_DIRECTIONS'],
  'the conversation, as not read': ['inspect/dispatcher.ts: MAX_UNKNOWN'],
  'nowhere: a text is cut, not left out': [
    'inspect/collector.ts: MAX_TEXT',
    'inspect/fields/field.ts: MAX_KEY',
    'inspect/fields/field.ts: MAX_VALUE',
    'inspect/fields/field.ts: MAX_NESTED',
    'inspect/mask.ts: PATH_LIMIT',
    'inspect/protocols/tls.ts: MAX_LETTERS',
    'platforms/sign.ts: MAX_KEYS',
  ],
  'nowhere: what is longer is read in parts': ['inspect/protocols/rtp-text.ts: MAX_LINE'],
  'nowhere: kept to save work, and made again': [
    'document/conversations.ts: MAX_NAMES_KEPT',
    'inspect/identifiers.ts: MAX_NORMAL_KEYS',
    'inspect/mask.ts: MAX_PSEUDONYMS',
    'inspect/streams/tcp-stream.ts: MAX_SPARE',
    'packet/row-records.ts: MAX_KEPT',
    'summary/histogram-statistics.ts: NATURAL_LIMIT',
    'summary/histogram-statistics.ts: CACHE_LIMIT',
    'summary/port-tally.ts: MAX_SHORT',
    'summary/port-tally.ts: MAX_LISTED',
    'kernel/assembly/look.ts: MAX_TICKS',
    'kernel/assembly/walker.ts: MAX_PAYLOAD',
    'packet/payload/payload-scan.ts: MAX_TICKS',
  ],
  'nowhere: what waits for its other half; what each half says is counted': [
    'inspect/protocols/coap.ts: MAX_TOKENS',
    'inspect/protocols/http.ts: MAX_WAITING',
    'inspect/protocols/http2.ts: MAX_STREAMS',
    'inspect/protocols/tls.ts: MAX_FLIGHT_RECORDS',
    'inspect/streams/tcp-stream.ts: MAX_TRIES',
    'packet/handshake-times.ts: MAX_OPEN',
  ],
  'nowhere: texts that the document lists are compared with rules, the first of them': [
    'document/destination-names.ts: MAX_NAMES',
    'document/identity.ts: MAX_TEXTS',
    'platforms/answers.ts: MAX_ANSWERS',
    'platforms/sightings.ts: MAX_TEXTS',
  ],
  'nowhere: no packet fills it, and what is too long is refused': [
    'platforms/condition-text.ts: MAX_CHARACTERS',
    'platforms/condition-text.ts: MAX_PARTS',
    'platforms/condition-text.ts: MAX_STARS',
    'platforms/rule-folder.ts: MAX_FILES',
    'platforms/rule-folder.ts: MAX_RULE_BYTES',
    'platforms/rule-text.ts: MAX_PLATFORMS',
    'platforms/rule-text.ts: MAX_RULES',
    'secrets/pattern-automaton.ts: MAX_STATES',
    'secrets/vault-file.ts: MAX_BYTES',
    'secrets/vault.ts: MAX_SECRET_BYTES',
    'secrets/vault.ts: MAX_SECRETS',
    'secrets/word-file.ts: MAX_BYTES',
    'secrets/word-list.ts: MAX_WORD_BYTES',
    'secrets/word-list.ts: MAX_WORDS',
    'secrets/word-list.ts: MAX_WORD_LIST_BYTES',
  ],
};

test('each bound of the analysis is listed with the place where the document counts what lies beyond it', () => {
  const found = findLimits()
    .filter(({ file }) => file.startsWith('analysis/'))
    .map(({ file, name }) => `${file.slice('analysis/'.length)}: ${name}`);
  assert.deepEqual(Object.values(COUNTED).flat().sort(), found.sort());
});

const MANY = 60_000;
const filled = <T>(value: T): Record<string, T> =>
  Object.fromEntries(Array.from({ length: MANY }, (_, i) => [`n${i} ${i}`, value]));

/** Tables of a part, each with far more entries than it has room for. */
const OVERFULL: Readonly<Record<string, unknown>> = {
  macs: filled({ ips: {} }),
  counts: { 'dns.queries': { mac: filled(1) } },
  addresses: filled({ 'dns n': { first: '1.0', last: '1.0' } }),
  traits: { mac: { hostname: filled(1) } },
  rhythms: filled({}),
  hours: filled([1]),
  contacts: filled({}),
  round_trips: filled({}),
  findings: filled({ severity: 'low' }),
  home: { said: filled(1), routes: {}, announced: {}, claims: {}, asked: {} },
  unseen: filled(1),
  scans: filled({}),
};
/** One row for all that have no room: nothing is dropped. */
const SUMMED = new Set(['fragments']);

test('each table of a summary counts what it does not keep', () => {
  const bounded = FIELD_LIST.filter(([name, { bound }]) => bound !== undefined && !SUMMED.has(name));
  assert.deepEqual(bounded.map(([name]) => name as string).sort(), Object.keys(OVERFULL).sort());
  for (const [name, { bound }] of bounded) {
    let dropped = 0;
    const drop = (count: number): void => {
      dropped += count;
    };
    const kept = countEntries(bound?.(OVERFULL[name], { names: drop, macs: drop, findings: drop }), name);
    assert.ok(kept < MANY, name);
    assert.equal(kept + dropped, MANY, name);
  }
});

/** In the table that was filled. */
function countEntries(value: unknown, name: string): number {
  const tables = value as Record<string, Record<string, Record<string, number>>>;
  const inner = {
    counts: tables['dns.queries']?.['mac'],
    traits: tables['mac']?.['hostname'],
    home: (value as Record<string, object>)['said'],
  };
  return Object.keys(inner[name as keyof typeof inner] ?? tables).length;
}

const NEAR = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const FAR = { mac: '02:00:00:00:00:01', ip: '203.0.113.9', port: 7000 };

function summaryOfOne(): Summary {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  const frame = udp(NEAR, FAR, Uint8Array.of(1, 2, 3));
  analyzer.frame(frame, 0, frame.length, 1_795_000_000, 0, frame.length, 1);
  return JSON.parse(JSON.stringify(analyzer.summary())) as Summary;
}

/** The record of that one conversation, with names, marks and pairs of MACs of its own. */
function recordWith(base: ConversationRecord, letter: string, count: number): ConversationRecord {
  const each = <T>(make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  return {
    ...base,
    marks: each((i) => `clear:${letter}${i}`),
    names: Object.fromEntries(each((i) => [`sni ${letter}${i}`, 1])),
    macs: Object.fromEntries(each((i) => [`02:${letter}${letter}:${i} 02:01`, [1, 60, 3, 0, 0, 0]])),
  };
}

test('records of one conversation that are joined count names, marks and pairs that have no room, in the document as well', () => {
  const summary = summaryOfOne();
  const [key = ''] = Object.keys(summary.own.conversations);
  const base = summary.own.conversations[key]!;
  const joined = mergeConversations(recordWith(base, 'a', 32), recordWith(base, 'b', 40));
  const more = mergeConversations(joined, recordWith(base, 'c', 3));
  const sizes = [joined.marks, Object.keys(joined.names), Object.keys(joined.macs ?? {})].map(({ length }) => length);
  assert.deepEqual(sizes, [32, 64, 64]);
  assert.deepEqual([joined.cut, more.cut], [40 + 8 + 8, 40 + 8 + 8 + 9]);
  summary.own.conversations[key] = more;
  const source = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  const { limits } = renderDocument(summary, openTables('test').tables, source);
  assert.equal(limits.names_dropped, 65);
});

test('of words that are alike only some are kept, the others are counted, and a word that is there already is neither', () => {
  const notes = newNotes();
  const source = { part: 0, notes: () => notes } as unknown as ConstructorParameters<typeof Collector>[0];
  const collector = new Collector(source, FILE_BOUNDS);
  for (const word of ['a', 'b', 'b', 'a', 'c', 'd']) collector.mark(`with:ja4 ${word}`, 2);
  collector.mark('with:version TLS 1.2', 2);
  assert.deepEqual([...notes.marks], ['with:ja4 a', 'with:ja4 b', 'with:version TLS 1.2']);
  const part = summaryOfOne().own;
  collector.fill(part, 0);
  assert.equal(part.dropped.names, 2);
});
