// An analysis document as JSON, as CSV tables, or for people. Device-controlled text is made harmless on the way.

import type { StreamedDocument } from '../../analysis/render-document.ts';
import type {
  AnalysisDocument,
  DocumentConversation,
  DocumentDevice,
  DocumentLimits,
  DocumentRouter,
  SourcedName,
} from '../../model/analysis-document.ts';
import type { DocumentChannels } from '../../model/document/channels.ts';
import { notUnderstoodText } from '../../model/document/not-understood-text.ts';
import { WeirError } from '../../model/errors.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { DocumentTalks, sentencesOf } from '../../model/sentences/document-talks.ts';
import { plainSentences } from '../../model/sentences/sentence.ts';
import { csvField, printable } from '../../model/text.ts';
import { isoOf } from '../../model/time/iso-time.ts';

export type Printer = (document: StreamedDocument, write: (text: string) => void) => void;

type Cell = string | number | boolean | null;
type WithoutConversations = Omit<AnalysisDocument, 'conversations'>;
interface CsvTable {
  readonly head: readonly string[];
  readonly rows: Iterable<readonly Cell[]>;
}
type Rows = (document: WithoutConversations) => CsvTable;

/** @throws WeirError USAGE for a format or table that does not exist */
export function print(format: string, table: string): Printer {
  if (format === 'json') return printJson;
  if (format === 'table') return printForPeople;
  if (format !== 'csv') throw new WeirError('USAGE', `There is no format "${format}": json, csv or table.`);
  if (table === 'conversations') return printConversationRows;
  const rows = TABLES.get(table);
  if (rows === undefined)
    throw new WeirError('USAGE', `There is no table "${table}": conversations, ${[...TABLES.keys()].join(', ')}.`);
  return (document, write) => printCsv(rows(withoutConversations(document, () => undefined)), write);
}

/** The conversations pass by one by one; the rest is known when the last has. */
function withoutConversations(
  document: StreamedDocument,
  look: (conversation: DocumentConversation) => void,
): WithoutConversations {
  for (const conversation of document.conversations) look(conversation);
  return { ...document.head, ...document.rest() };
}

function printConversationRows({ conversations }: StreamedDocument, write: (text: string) => void): void {
  printCsv({ head: CONVERSATION_COLUMNS, rows: eachRow(conversations, CONVERSATION_COLUMNS) }, write);
}

/** One object; a long list is written item by item, so that a large document is never one string nor whole in memory. */
function printJson(document: StreamedDocument, write: (text: string) => void): void {
  let fields = 0;
  const writeField = ([key, value]: readonly [string, unknown]): void => {
    write(`${fields++ > 0 ? ',' : '{'}\n${JSON.stringify(key)}: `);
    if (Array.isArray(value)) printList(value, write);
    else write(JSON.stringify(value));
  };
  Object.entries(document.head).forEach(writeField);
  write(',\n"conversations": ');
  printList(document.conversations, write);
  Object.entries(document.rest()).forEach(writeField);
  write('\n}\n');
}

function printList(items: Iterable<unknown>, write: (text: string) => void): void {
  let count = 0;
  write('[');
  for (const item of items) write(`${count++ > 0 ? ',' : ''}\n  ${JSON.stringify(item)}`);
  write(count > 0 ? '\n]' : ']');
}

function printCsv(table: CsvTable, write: (text: string) => void): void {
  write(`${table.head.join(',')}\r\n`);
  for (const row of table.rows) write(`${row.map(csvCell).join(',')}\r\n`);
}

function csvCell(cell: Cell): string {
  return csvField(typeof cell === 'string' ? printable(cell, 4096) : cell);
}

function namesCell(names: readonly SourcedName[]): string {
  return names
    .map(({ name, unicode, source }) => `${name}${unicode === undefined ? '' : ` ${unicode}`} (${source})`)
    .join('; ');
}

/** Columns in the order of the document's fields. */
function columns<T extends object>(list: readonly T[], keys: readonly (keyof T & string)[]): CsvTable {
  return { head: keys, rows: eachRow(list, keys) };
}

function* eachRow<T extends object>(list: Iterable<T>, keys: readonly (keyof T & string)[]): Generator<Cell[]> {
  for (const item of list)
    yield keys.map((key) => (key === 'country' ? toCell(item[key] ?? ANYCAST_WORD) : toCell(item[key])));
}

function toCell(value: unknown): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.every((item) => typeof item === 'string') ? value.join('; ') : namesCell(value as SourcedName[]);
}

const CONVERSATION_COLUMNS: readonly (keyof DocumentConversation)[] = [
  'proto',
  'a_ip',
  'a_port',
  'b_ip',
  'b_port',
  'pkts_ab',
  'pkts_ba',
  'bytes_ab',
  'bytes_ba',
  'payload_ab',
  'payload_ba',
  'H_ab',
  'H_ba',
  'H',
  'H_expected',
  // The paper's threshold judges this mean, not the pooled entropy above.
  'H_packets_mean',
  'threshold7',
  'verdict',
  'verdict_reason',
  'chi2',
  'printable_share',
  'service',
  'secure_port',
  'readable',
  'payload_says',
  'port_check',
  'names',
  'country',
  'asn',
  'org',
  'provider',
  'a_mac',
  'b_mac',
  'first_ts',
  'last_ts',
  'sessions',
];

const TABLES: ReadonlyMap<string, Rows> = new Map<string, Rows>([
  [
    'devices',
    (document) =>
      columns(document.devices, [
        'mac',
        'vendor',
        'randomised',
        'names',
        'ips',
        'packets_sent',
        'bytes_sent',
        'packets_received',
        'bytes_received',
        'category',
        'platforms',
        'encrypted_dns',
      ]),
  ],
  [
    'destinations',
    (document) =>
      columns(document.destinations, [
        'ip',
        'names',
        'country',
        'asn',
        'org',
        'provider',
        'domain',
        'region',
        'region_country',
        'bytes_up',
        'bytes_down',
        'devices',
      ]),
  ],
  [
    'ports',
    ({ ports }) => ({
      head: ['proto', 'port', 'packets'],
      rows: (['tcp', 'udp'] as const).flatMap((proto) =>
        Object.entries(ports[proto]).map(([port, packets]): Cell[] => [proto, Number(port), packets]),
      ),
    }),
  ],
  [
    'port-pairs',
    ({ port_occurrences }) => ({
      head: ['proto', 'port', 'service', 'secure', 'total', 'source', 'destination', 'packets'],
      rows: port_occurrences.flatMap(({ proto, port, service, secure, total, pairs }) =>
        pairs.map((pair): Cell[] => [proto, port, service, secure, total, pair.source, pair.destination, pair.packets]),
      ),
    }),
  ],
  [
    'dns',
    ({ dns }) => ({
      head: ['name', 'queries'],
      rows: Object.entries(dns.queries).map(([name, n]): Cell[] => [name, n]),
    }),
  ],
  [
    'findings',
    (document) => ({
      head: [
        'id',
        'rule',
        'severity',
        'confidence',
        'device',
        'first_ts',
        'last_ts',
        'count',
        'excerpt_masked',
        'explanation',
        'packets',
      ],
      rows: document.findings.map((f): Cell[] => [
        f.id,
        f.rule,
        f.severity,
        f.confidence,
        f.device,
        f.first_ts,
        f.last_ts,
        f.count,
        f.excerpt_masked,
        f.explanation,
        f.evidence.map(({ packet }) => packet).join(' '),
      ]),
    }),
  ],
]);

/** Conversations shown to a person; the rest is counted. */
const SHOWN = 40;

function printForPeople(streamed: StreamedDocument, write: (text: string) => void): void {
  const largest = new LargestConversations();
  const talks = new DocumentTalks(streamed.head.devices);
  const document = withoutConversations(streamed, (conversation) => {
    largest.add(conversation);
    talks.add(conversation);
  });
  const sentences = sentencesOf(document, talks, 'in this capture');
  const { input } = document;
  write(`${printable(input.path)}: ${input.format}, ${input.packets} packets, ${input.frame_bytes} bytes`);
  write(input.first_ts === null ? '\n' : `, ${isoOf(input.first_ts)} to ${isoOf(input.last_ts)}\n`);
  for (const device of document.devices) {
    if (device.packets_sent === 0) continue;
    const name = device.names[0]?.name ?? '';
    write(
      `  ${device.mac}  ${pad(device.vendor ?? (device.randomised ? 'random address' : '?'), 24)} ${pad(name, 24)}`,
    );
    write(` sent ${device.packets_sent} packets, ${device.bytes_sent} bytes\n`);
    for (const sentence of plainSentences(sentences.get(device.mac) ?? [])) write(`    ${printable(sentence, 600)}\n`);
    for (const line of hiddenLines(device)) write(`    ${printable(line, 200)}\n`);
  }
  for (const router of document.routers ?? []) write(`  ${router.mac}  ${routerText(router)}\n`);
  for (const line of leftOutLines(document.limits)) write(`  not in the rows below: ${printable(line, 200)}\n`);
  for (const line of (document.channels ?? []).flatMap(channelLines)) write(`  ${printable(line, 300)}\n`);
  printConversations(largest, write);
  for (const f of document.findings.slice(0, SHOWN)) {
    write(
      `  ${f.severity.toUpperCase().padEnd(6)} ${f.rule} ${f.device ?? '-'} ${printable(f.excerpt_masked, 80)} (${f.count})\n`,
    );
  }
}

/** Of one place of capture. */
function channelLines({ seen_at, path, address, rows }: DocumentChannels): string[] {
  const where = seen_at === 'phone' ? `on the phone (${address} in ${path})` : 'at the access point';
  return rows.map(
    ({ channel, conversations, packets, bytes_out, bytes_in }) =>
      `${where}, ${channel.replace('_', ' to ')}: ${conversations} conversations, ${packets} packets, ${bytes_out} bytes out, ${bytes_in} in`,
  );
}

/** How a device hides its questions for names, and the names that it goes to. */
function hiddenLines({ encrypted_dns: dns = [], encrypted_hellos: hellos = [] }: DocumentDevice): string[] {
  const names = hellos.map(({ outer_name, announced }) => `${outer_name}${announced ? '' : ' (perhaps an imitation)'}`);
  return [
    ...(dns.length === 0 ? [] : [`asks for names encrypted: ${dns.join(', ')}`]),
    ...(names.length === 0 ? [] : [`encrypted hellos, outside named ${names.join(', ')}`]),
  ];
}

function routerText({ vendor, known_by, findings_left_out: left }: DocumentRouter): string {
  const how = known_by === 'said' ? 'said' : 'found: most devices leave the home through it; --router names another';
  const findings = left === 0 ? '' : `, ${left} findings about it left out`;
  return `${pad(vendor ?? '?', 24)} router (${how})${findings}`;
}

/** Everything that limits or a lack of understanding kept out, a line each. */
function leftOutLines(limits: DocumentLimits): string[] {
  const counts = [
    [limits.conversations_evicted, 'conversations summed up without detail (table full)'],
    [limits.names_dropped, 'names not kept'],
    [limits.findings_dropped, 'findings not kept'],
    [limits.messages_cut ?? 0, 'messages of which something was not searched'],
  ] as const;
  const kept = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [...(limits.not_understood ?? []).map(notUnderstoodText), ...kept];
}

/** Of as many as come, those shown: the largest first, of equal ones the earlier. */
class LargestConversations {
  #kept: DocumentConversation[] = [];
  count = 0;

  add(conversation: DocumentConversation): void {
    this.count++;
    this.#kept.push(conversation);
    if (this.#kept.length >= 10 * SHOWN) this.#kept = this.list();
  }

  list(): DocumentConversation[] {
    const bytes = (c: DocumentConversation): number => c.bytes_ab + c.bytes_ba;
    return this.#kept.toSorted((x, y) => bytes(y) - bytes(x)).slice(0, SHOWN);
  }
}

function printConversations(largest: LargestConversations, write: (text: string) => void): void {
  const { count } = largest;
  write(
    `${count} conversations, the largest first; entropies in bits per byte: the packets' mean, which side of the paper's\n`,
  );
  write(`threshold 7 it is on, all payload pooled; then the verdict\n`);
  for (const c of largest.list()) {
    const ends = `${c.proto} ${c.a_ip}:${c.a_port} > ${c.b_ip}:${c.b_port}`;
    const place = `${c.country ?? ANYCAST_WORD} ${c.names[0]?.name ?? c.org ?? ''}`;
    write(`  ${pad(ends, 52)} ${String(c.bytes_ab + c.bytes_ba).padStart(10)} B  `);
    write(`mean ${meanText(c.H_packets_mean)} ${pad(c.threshold7, 12)} pooled ${entropyText(c.H)}  `);
    write(`${pad(c.verdict, 20)} ${pad(c.service ?? '', 8)} ${printable(place, 60)}\n`);
  }
  if (count > SHOWN) write(`  and ${count - SHOWN} more; --format json or csv has all\n`);
}

/** Never rounded across the threshold that judges it. */
function meanText(mean: number | null): string {
  return mean !== null && mean > 7 && mean.toFixed(3) === '7.000' ? '>7.000' : entropyText(mean);
}

function entropyText(bitsPerByte: number | null): string {
  return (bitsPerByte === null ? '-' : bitsPerByte.toFixed(3)).padStart(5);
}

function pad(text: string, width: number): string {
  const safe = printable(text, width - 1);
  return safe.padEnd(width);
}
