// The registry of devices as text: Mon(IoT)r's two columns (`MAC name`), and CSV with all that can be said of a device. Pure. Where a row
// lives is the ledger (model/user-identity.ts); who imports and exports is cli/experiment/registry.ts.

import { csvFields } from '../../geo/csv-rows.ts';
import { WeirError } from '../../model/errors.ts';
import { isGroupMac, type Mac, parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import { FACT_TEXTS, FACT_WORDS, factsOf, IDENTITY_TEXT, type UserIdentity } from '../../model/user-identity.ts';

/** What a row of a file says; columns that it does not have say nothing. */
export type RegistryRow = { readonly mac: Mac } & Partial<UserIdentity>;

const NAMES = ['name', 'vendor', 'category'] as const;
const FIELDS = [...NAMES, ...Object.keys(FACT_WORDS), ...FACT_TEXTS];
/** In the order in which they are written. */
const COLUMNS = [
  'mac',
  'name',
  'vendor',
  'model',
  'code',
  'category',
  'link',
  'firmware',
  'source',
  'role',
  'assistants',
  'children',
];
/** More devices than an access point has. */
const MAX_ROWS = 1024;

/** `file` is what mistakes are named by. @throws WeirError CONFIG_INVALID: file, line, what is wrong; nothing of it counts then. */
export function parseRegistry(text: string, file: string): RegistryRow[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  const refuse = (number: number, what: string): WeirError =>
    new WeirError('CONFIG_INVALID', `${printable(file)}:${number}: ${what}. Nothing was taken from it.`);
  if (lines.length > MAX_ROWS) throw refuse(lines[MAX_ROWS]!.number, `more than ${MAX_ROWS} devices`);
  const [first] = lines;
  const isCsv = first !== undefined && /^"?mac"?\s*,/i.test(first.line);
  const columns = isCsv ? (csvFields(first.line) ?? []).map((name) => name.trim().toLowerCase()) : [];
  const unknown = columns.find((name) => !COLUMNS.includes(name));
  if (unknown !== undefined)
    throw refuse(1, `there is no column ${printable(unknown, 40)}; they are ${COLUMNS.join(', ')}`);
  const macs = new Map<string, number>();
  const names = new Map<string, number>();
  return (isCsv ? lines.slice(1) : lines).map(({ line, number }) => {
    const row = isCsv ? csvRow(line, columns) : pairRow(line);
    if (typeof row === 'string') throw refuse(number, row);
    for (const [seen, key, what] of [
      [macs, row.mac, row.mac],
      [names, (row.name ?? '').toLowerCase(), `the name ${printable(row.name ?? '', 80)}`],
    ] as const) {
      const before = key === '' ? undefined : seen.get(key);
      if (before !== undefined) throw refuse(number, `${what} is in line ${before} already`);
      seen.set(key, number);
    }
    return row;
  });
}

/** A row, or what is wrong with it. */
function pairRow(line: string): RegistryRow | string {
  const [, address = '', name = ''] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
  if (name === '') return 'a line is `MAC name`, or the first line names the columns of a CSV file: mac,name,…';
  return checkedRow(address, { name: name.trim() });
}

function csvRow(line: string, columns: readonly string[]): RegistryRow | string {
  const fields = csvFields(line);
  if (fields === undefined) return 'a quote is not closed';
  if (fields.length !== columns.length) return `${fields.length} fields, where the first line names ${columns.length}`;
  const said = Object.fromEntries(columns.map((column, i) => [column, (fields[i] ?? '').trim()]));
  const { mac = '', ...rest } = said;
  return checkedRow(mac, rest);
}

function checkedRow(address: string, said: Readonly<Record<string, string>>): RegistryRow | string {
  const mac = parseMac(address);
  if (mac === undefined || isGroupMac(mac)) return `${printable(address, 40)} is no MAC address of a device`;
  for (const [field, words] of Object.entries(FACT_WORDS)) {
    const value = said[field] ?? '';
    if (value !== '' && !words.some((word) => word === value))
      return `${field} is one of ${words.join(', ')}, not ${printable(value, 40)}`;
  }
  const long = Object.entries(said).find(([, value]) => value.length > IDENTITY_TEXT);
  if (long !== undefined) return `${long[0]} is longer than ${IDENTITY_TEXT} letters`;
  const kept = Object.entries(said).filter(([field, value]) => value !== '' && FIELDS.includes(field));
  return { mac, ...Object.fromEntries(kept) };
}

/** Empty texts take back what was said. */
type Said = Readonly<Partial<Record<keyof UserIdentity, string>>>;

/** What a device is when the row has been added to what was said before: only what the row says is new. */
export function mergedIdentity(before: UserIdentity | undefined, row: Said): UserIdentity {
  const { name = '', vendor = '', category = '' } = { ...before, ...row };
  return { name, vendor, category, ...factsOf({ ...before, ...row }) };
}

export type RegistryRows = readonly (UserIdentity & { readonly mac: string })[];

/** `MAC name` a line, of those that have a name. `unpadded`: as Mon(IoT)r keeps addresses, `0:17:88:…`. */
export function pairText(rows: RegistryRows, unpadded = false): string {
  const address = (mac: string): string => (unpadded ? mac.replaceAll(/(^|:)0(?=[0-9a-f])/g, '$1') : mac);
  return rows
    .filter(({ name }) => name !== '')
    .map(({ mac, name }) => `${address(mac)} ${name}\n`)
    .join('');
}

export function csvText(rows: RegistryRows): string {
  const line = (fields: readonly string[]): string => `${fields.map(cellText).join(',')}\n`;
  const cells = rows.map((row) => {
    const said: Readonly<Record<string, string>> = { ...row };
    return COLUMNS.map((column) => said[column] ?? '');
  });
  return [COLUMNS, ...cells].map(line).join('');
}

/** RFC 4180, as it was said, so that it can be read back; a line break, which a cell may not have here, becomes a space. */
function cellText(text: string): string {
  const plain = text.replaceAll(/[\r\n]+/g, ' ');
  return /[",]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
