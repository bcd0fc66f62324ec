// An analysis document as JSON, as CSV tables, or for people. Device-controlled text is made harmless on the way.

import { type StreamedDocument, wholeDocument } from '../analysis/document.ts';
import type { AnalysisDocument, DocumentConversation, SourcedName } from '../model/analysis-document.ts';
import { WeirError } from '../model/errors.ts';
import { csvField, printable } from '../model/text.ts';

export type Printer = (document: StreamedDocument, write: (text: string) => void) => void;

type Cell = string | number | boolean | null;
type Rows = (document: AnalysisDocument) => { readonly head: readonly string[]; readonly rows: readonly Cell[][] };

/** @throws WeirError USAGE for a format or table that does not exist */
export function print(format: string, table: string): Printer {
  if (format === 'json') return printJson;
  if (format === 'table') return (document, write) => printForPeople(wholeDocument(document), write);
  const rows = TABLES.get(table);
  if (format !== 'csv') throw new WeirError('USAGE', `There is no format "${format}": json, csv or table.`);
  if (rows === undefined)
    throw new WeirError('USAGE', `There is no table "${table}": ${[...TABLES.keys()].join(', ')}.`);
  return (document, write) => printCsv(rows(wholeDocument(document)), write);
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

function printCsv(table: ReturnType<Rows>, write: (text: string) => void): void {
  write(`${table.head.join(',')}\r\n`);
  for (const row of table.rows) write(`${row.map(csvCell).join(',')}\r\n`);
}

function csvCell(cell: Cell): string {
  return csvField(typeof cell === 'string' ? printable(cell, 4096) : cell);
}

function namesCell(names: readonly SourcedName[]): string {
  return names.map(({ name, source }) => `${name} (${source})`).join('; ');
}

/** Columns in the order of the document's fields. */
function columns<T extends object>(list: readonly T[], keys: readonly (keyof T & string)[]): ReturnType<Rows> {
  return { head: keys, rows: list.map((item) => keys.map((key) => toCell(item[key]))) };
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
  'H_packets_mean',
  'H_expected',
  'threshold7',
  'verdict',
  'verdict_reason',
  'chi2',
  'printable_share',
  'service',
  'secure_port',
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
  ['conversations', (document) => columns(document.conversations, CONVERSATION_COLUMNS)],
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

function printForPeople(document: AnalysisDocument, write: (text: string) => void): void {
  const { input } = document;
  write(`${printable(input.path)}: ${input.format}, ${input.packets} packets, ${input.frame_bytes} bytes`);
  write(input.first_ts === null ? '\n' : `, ${input.first_ts} to ${input.last_ts}\n`);
  for (const device of document.devices) {
    if (device.packets_sent === 0) continue;
    const name = device.names[0]?.name ?? '';
    write(
      `  ${device.mac}  ${pad(device.vendor ?? (device.randomised ? 'random address' : '?'), 24)} ${pad(name, 24)}`,
    );
    write(` sent ${device.packets_sent} packets, ${device.bytes_sent} bytes\n`);
  }
  printConversations(document, write);
  for (const f of document.findings.slice(0, SHOWN)) {
    write(
      `  ${f.severity.toUpperCase().padEnd(6)} ${f.rule} ${f.device ?? '-'} ${printable(f.excerpt_masked, 80)} (${f.count})\n`,
    );
  }
}

function printConversations(document: AnalysisDocument, write: (text: string) => void): void {
  const largest = document.conversations.toSorted((x, y) => y.bytes_ab + y.bytes_ba - x.bytes_ab - x.bytes_ba);
  write(`${largest.length} conversations, the largest first: entropy in bits per byte, paper's threshold 7, verdict\n`);
  for (const c of largest.slice(0, SHOWN)) {
    const ends = `${c.proto} ${c.a_ip}:${c.a_port} > ${c.b_ip}:${c.b_port}`;
    const entropy = c.H === null ? '-' : c.H.toFixed(3);
    const place = `${c.country ?? 'anycast'} ${c.names[0]?.name ?? c.org ?? ''}`;
    write(`  ${pad(ends, 52)} ${String(c.bytes_ab + c.bytes_ba).padStart(10)} B  ${entropy.padStart(5)} `);
    write(`${pad(c.threshold7, 11)} ${pad(c.verdict, 20)} ${pad(c.service ?? '', 8)} ${printable(place, 60)}\n`);
  }
  if (largest.length > SHOWN) write(`  and ${largest.length - SHOWN} more; --format json or csv has all\n`);
}

function pad(text: string, width: number): string {
  const safe = printable(text, width - 1);
  return safe.padEnd(width);
}
