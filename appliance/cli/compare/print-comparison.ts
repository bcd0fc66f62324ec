// A comparison for people at a terminal, and as CSV. JSON is the comparison itself.

import { basename } from 'node:path';
import type { ComparedRow, ComparedSide, Comparison, ComparisonList } from '../../model/experiment/comparison.ts';
import { bytesText } from '../../model/quantity.ts';
import { csvField, printable } from '../../model/text.ts';

const TITLES: Readonly<Record<ComparisonList, string>> = {
  total: 'All together, per hour',
  destination: 'Destinations by registered name and service',
  organisation: 'Organisations',
  country: 'Countries',
  port: 'Ports',
  protocol: 'Protocols',
  protection: 'Protection',
  cleartext: 'Readable by anybody',
  tls_version: 'TLS versions agreed on',
  tls_cipher: 'TLS cipher suites agreed on',
  tls_client: 'TLS clients (JA4)',
  tls_certificate: 'Certificates shown',
  party: 'Parties',
  period: 'Periods',
};

const MARKS: Readonly<Record<ComparedRow['verdict'], string>> = {
  added: '+ added',
  gone: '- gone',
  changed: '~ changed',
  cannot_say: '? cannot say',
  alike: '= alike',
};

/** @param all also what is alike. @param width of the terminal, in letters */
export function comparisonText(comparison: Comparison, all: boolean, width: number): string {
  const { a, b, rows, level, left_out, notes, device } = comparison;
  const lines = [
    sideText('A', a),
    sideText('B', b),
    `${device === null ? 'All devices' : printable(device, 40)}. Rates are per hour watched; where nothing differs, one false row in ${Math.round(1 / level)} comparisons.`,
  ];
  for (const list of new Set(rows.map((row) => row.list))) {
    const of = rows.filter((row) => row.list === list);
    const shown = all || list === 'total' ? of : of.filter(({ verdict }) => verdict !== 'alike');
    const alike = of.length - shown.length;
    lines.push('', `${TITLES[list]}${alike === 0 ? '' : ` (${alike} alike, not shown: --all)`}`);
    lines.push(...shown.flatMap((row) => rowText(row, comparison)));
  }
  if (left_out.rows > 0) lines.push('', `${left_out.rows} rows with fewer packets are left out.`);
  if (left_out.packets > 0) lines.push('', `${left_out.packets} packets are in no row: too many conversations.`);
  lines.push(...notes.map((note) => printable(note, 500)));
  return `${lines.flatMap((line) => folded(line, width)).join('\n')}\n`;
}

function sideText(name: string, { label, hours, packets, destinations, from, devices }: ComparedSide): string {
  const who = `${devices.length} ${devices.length === 1 ? 'device' : 'devices'}`;
  return `${name}  ${printable(label, 200)}: ${hoursText(hours)} from ${from ?? 'nowhere'}, ${packets} packets, ${destinations} destinations, ${who}`;
}

function hoursText(hours: number): string {
  if (hours >= 1) return `${hours.toFixed(1)} h`;
  return hours * 60 >= 2 ? `${(hours * 60).toFixed(1)} min` : `${(hours * 3600).toFixed(1)} s`;
}

function rowText(row: ComparedRow, { a: before, b: after }: Comparison): string[] {
  const isGone = row.verdict === 'gone' || row.b === null;
  const first = isGone ? row.a?.first : row.b?.first;
  const side = isGone ? before : after;
  const where =
    first == null ? '' : `; first ${isGone ? 'A' : 'B'} packet ${first.packet}${fileText(first.file, side)}`;
  const rates = row.list === 'total' ? totalText(row) : row.list === 'period' ? timesText(row) : ratesText(row);
  return [
    `  ${MARKS[row.verdict].padEnd(12)}  ${printable(row.name, 80)}: ${rates}`,
    `                  ${row.why}${where}`,
  ];
}

/** Of one file it is clear which one. */
function fileText(file: string, { files }: ComparedSide): string {
  return files.length === 1 ? '' : ` of ${printable(basename(file), 120)}`;
}

function ratesText({ a, b, bytes_ratio }: ComparedRow): string {
  return `${rateText(a)} → ${rateText(b)}${ratioText(bytes_ratio)}`;
}

function timesText({ a, b, sessions_ratio }: ComparedRow): string {
  const times = (side: ComparedRow['a']) => (side === null ? 'never' : `${numberText(side.sessions_per_hour)} times`);
  return `${times(a)} → ${times(b)}${ratioText(sessions_ratio)}`;
}

/** What a row of the totals is about. */
function totalText(row: ComparedRow): string {
  const { a, b, name, sessions_ratio } = row;
  if (name === 'sessions')
    return `${numberText(a?.sessions_per_hour)} → ${numberText(b?.sessions_per_hour)}${ratioText(sessions_ratio)}`;
  if (name === 'packets') return `${numberText(a?.packets_per_hour)} → ${numberText(b?.packets_per_hour)}`;
  if (name === 'bytes sent') return `${sizeText(a?.bytes_up_per_hour)} → ${sizeText(b?.bytes_up_per_hour)}`;
  if (name === 'bytes received') return `${sizeText(a?.bytes_down_per_hour)} → ${sizeText(b?.bytes_down_per_hour)}`;
  return ratesText(row);
}

function rateText(side: ComparedRow['a']): string {
  if (side === null) return 'none';
  const { bytes_up_per_hour: up, bytes_down_per_hour: down, sessions_per_hour: sessions } = side;
  return `${numberText(sessions)} sessions, ${sizeText(up + down)}`;
}

function sizeText(bytes = 0): string {
  return bytesText(Math.round(bytes));
}

/** Three digits that count. */
function numberText(value = 0): string {
  return value.toLocaleString('en-GB', { maximumSignificantDigits: 3 });
}

function ratioText(ratio: ComparedRow['bytes_ratio']): string {
  if (ratio === null) return '';
  const { low, high } = ratio;
  const interval = low === null || high === null ? '' : ` (${numberText(low)} to ${numberText(high)})`;
  return ` ×${numberText(ratio.ratio)}${interval}`;
}

/** Between words, what follows as deep as the line. */
function folded(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = ' '.repeat(Math.min(18, line.length - line.trimStart().length + 2));
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    const cut = at > indent.length ? at : width;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = `${indent}${rest.slice(cut).trimStart()}`;
  }
  return [...lines, rest];
}

const COLUMNS = [
  ['list', (row: ComparedRow) => row.list],
  ['name', (row: ComparedRow) => row.name],
  ['verdict', (row: ComparedRow) => row.verdict],
  ['p', (row: ComparedRow) => row.p],
  ['p_adjusted', (row: ComparedRow) => row.p_adjusted],
  ['a_sessions_per_hour', (row: ComparedRow) => row.a?.sessions_per_hour ?? null],
  ['b_sessions_per_hour', (row: ComparedRow) => row.b?.sessions_per_hour ?? null],
  ['a_packets_per_hour', (row: ComparedRow) => row.a?.packets_per_hour ?? null],
  ['b_packets_per_hour', (row: ComparedRow) => row.b?.packets_per_hour ?? null],
  ['a_bytes_up_per_hour', (row: ComparedRow) => row.a?.bytes_up_per_hour ?? null],
  ['b_bytes_up_per_hour', (row: ComparedRow) => row.b?.bytes_up_per_hour ?? null],
  ['a_bytes_down_per_hour', (row: ComparedRow) => row.a?.bytes_down_per_hour ?? null],
  ['b_bytes_down_per_hour', (row: ComparedRow) => row.b?.bytes_down_per_hour ?? null],
  ['bytes_ratio', (row: ComparedRow) => row.bytes_ratio?.ratio ?? null],
  ['bytes_ratio_low', (row: ComparedRow) => row.bytes_ratio?.low ?? null],
  ['bytes_ratio_high', (row: ComparedRow) => row.bytes_ratio?.high ?? null],
  ['cliffs_delta', (row: ComparedRow) => row.cliffs_delta],
  ['block_seconds', (row: ComparedRow) => row.block_seconds],
  ['a_blocks', (row: ComparedRow) => row.blocks?.a ?? null],
  ['b_blocks', (row: ComparedRow) => row.blocks?.b ?? null],
  ['a_file', (row: ComparedRow) => row.a?.first?.file ?? null],
  ['a_packet', (row: ComparedRow) => row.a?.first?.packet ?? null],
  ['b_file', (row: ComparedRow) => row.b?.first?.file ?? null],
  ['b_packet', (row: ComparedRow) => row.b?.first?.packet ?? null],
  ['why', (row: ComparedRow) => row.why],
] as const;

export function comparisonCsv({ rows }: Comparison): string {
  const head = COLUMNS.map(([name]) => name).join(',');
  const body = rows.map((row) => COLUMNS.map(([, value]) => csvField(value(row))).join(','));
  return `${[head, ...body].join('\n')}\n`;
}
