// weir archive rows: a table of an archive as text, each hour once, for programs that read no Parquet.

import { once } from 'node:events';
import { type Command, Option } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { csvField, printable } from '../../model/text.ts';
import type { KeyedRow } from '../../pull/tables/parquet.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../../pull/tables/table.ts';

interface RowsFlags {
  readonly format: 'csv' | 'ndjson';
  readonly site?: string;
}

export function declareRows(archive: Command): void {
  archive
    .command('rows')
    .argument('<archive>', 'its folder')
    .argument('<table>', TABLE_NAMES.join(', '))
    .description('Write a table of hourly rows to standard output, of each hour the highest revision.')
    .addOption(new Option('--format <format>', 'of the text').choices(['csv', 'ndjson']).default('csv'))
    .option('--site <fingerprint>', 'of one appliance: its fingerprint or how it begins')
    .action(run);
}

async function run(folder: string, table: string, { format, site }: RowsFlags): Promise<void> {
  if (!isTable(table))
    throw new WeirError(
      'USAGE',
      `There is no table ${printable(table, 40)}: ${TABLE_NAMES.join(', ')}; nothing was written.`,
    );
  const [{ Archive }, { readHours, sitesThere }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/tables/hourly-reader.ts'),
  ]);
  const archive = (await Archive.open(folder, false)).folder;
  const sites = sitesThere(archive, table).filter((name) => name.startsWith(site ?? ''));
  if (site !== undefined && sites.length === 0)
    throw new WeirError(
      'USAGE',
      `${printable(folder)} has no rows of ${table} from ${printable(site, 64)}; nothing was written. \`weir archive status\` lists the appliances.`,
    );
  const columns = ['site', 'hour', 'revision', ...Object.keys(TABLES[table])];
  const lineOf = format === 'csv' ? csvLine : jsonLine;
  if (format === 'csv') process.stdout.write(`${columns.join(',')}\r\n`);
  const damaged = (message: string) => {
    process.exitCode = 1;
    process.stderr.write(`weir: ${message}\n`);
  };
  for (const name of sites) {
    for await (const { rows } of readHours({ archive, table, site: name, wanted: () => true, damaged })) {
      const text = rows.map((row) => lineOf(row, columns)).join('');
      if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
    }
  }
}

function isTable(name: string): name is TableName {
  return Object.hasOwn(TABLES, name);
}

function cellsOf(row: KeyedRow, columns: readonly string[]): [string, KeyedRow[string]][] {
  return columns.map((name) => [name, name === 'hour' ? new Date(row.hour * 1000).toISOString() : (row[name] ?? null)]);
}

function csvLine(row: KeyedRow, columns: readonly string[]): string {
  const cells = cellsOf(row, columns).map(([, cell]) =>
    csvField(typeof cell === 'string' ? printable(cell, 65_536) : cell),
  );
  return `${cells.join(',')}\r\n`;
}

function jsonLine(row: KeyedRow, columns: readonly string[]): string {
  return `${JSON.stringify(Object.fromEntries(cellsOf(row, columns)))}\n`;
}
