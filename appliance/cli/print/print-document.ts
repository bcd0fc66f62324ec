// An analysis document as JSON, as CSV tables, or for people (for-people.ts). Device-controlled text is made harmless on the way.

import type { StreamedDocument } from '../../analysis/render-document.ts';
import type { AnalysisDocument, DocumentConversation, SourcedName } from '../../model/analysis-document.ts';
import { WeirError } from '../../model/errors.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { csvField, printable } from '../../model/text.ts';
import { printForPeople } from './for-people.ts';

export type Printer = (document: StreamedDocument, write: (text: string) => void) => void;

type Cell = string | number | boolean | null;
type WithoutConversations = Omit<AnalysisDocument, 'conversations'>;
interface CsvTable {
  readonly head: readonly string[];
  readonly rows: Iterable<readonly Cell[]>;
}
type Rows = (document: WithoutConversations) => CsvTable;

/** `width`: columns of the terminal. @throws WeirError USAGE for a format or table that does not exist */
export function print(format: string, table: string, width: number): Printer {
  if (format === 'json') return printJson;
  if (format === 'table') return (document, write) => printForPeople(document, write, width);
  if (format !== 'csv') throw new WeirError('USAGE', `There is no format "${format}": json, csv or table.`);
  if (table === 'conversations') return printConversationRows;
  const rows = TABLES.get(table);
  if (rows === undefined)
    throw new WeirError('USAGE', `There is no table "${table}": conversations, ${[...TABLES.keys()].join(', ')}.`);
  return (document, write) => printCsv(rows(withoutConversations(document)), write);
}

/** The conversations pass by one by one; the rest is known when the last has. */
function withoutConversations(document: StreamedDocument): WithoutConversations {
  for (const _ of document.conversations);
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
