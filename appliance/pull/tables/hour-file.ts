// One hour of a table as Parquet with its sidecar. What is equal in content is one revision, in whatever order the rows came.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { writeDurably } from '../../capture/storage/durable-file.ts';
import type { HourSidecar, RowsOrigin } from './day-folder.ts';
import { sha256Of } from './joined-file.ts';
import { type KeyedRow, toParquet } from './parquet.ts';
import { type Row, TABLES, type TableName } from './table.ts';

/** Equal rows in any order are one content. */
export function inOrder(table: TableName, rows: readonly Row[]): { sha256: string; rows: readonly Row[] } {
  const texts = rows.map((row) => JSON.stringify(Object.keys(TABLES[table]).map((name) => row[name] ?? null)));
  const order = [...rows.keys()].toSorted((a, b) => ((texts[a] ?? '') < (texts[b] ?? '') ? -1 : 1));
  const content = createHash('sha256');
  for (const i of order) content.update(`${texts[i]}\n`);
  return { sha256: content.digest('hex'), rows: order.map((i) => rows[i]!) };
}

/** Of one hour (seconds since 1970): the Parquet file and its sidecar. */
export async function makeHourFile(
  table: TableName,
  hour: number,
  rows: readonly Row[],
  revision: number,
  { site, tool, ledger, written }: RowsOrigin,
): Promise<{ bytes: Uint8Array; keyed: readonly KeyedRow[]; sidecar: HourSidecar }> {
  const content = inOrder(table, rows);
  const keyed = content.rows.map((row) => ({ ...row, site, hour, revision }) as KeyedRow);
  const bytes = await toParquet(table, keyed);
  const sidecar: HourSidecar = {
    schema: 'weir.rows/1',
    table,
    site,
    tool,
    ledger,
    written,
    hour: new Date(hour * 1000).toISOString(),
    revision,
    rows: rows.length,
    columns: TABLES[table],
    ...('packets' in TABLES[table] ? { packets: packetsOf(rows) ?? 0 } : {}),
    content_sha256: content.sha256,
    sha256: sha256Of(bytes),
  };
  return { bytes, keyed, sidecar };
}

export async function writeHourFile(
  folder: string,
  name: string,
  bytes: Uint8Array,
  sidecar: HourSidecar,
): Promise<void> {
  fs.mkdirSync(folder, { recursive: true, mode: 0o750 });
  await writeDurably(nodeDisk, join(folder, `${name}.parquet`), bytes);
  await writeDurably(nodeDisk, join(folder, `${name}.json`), `${JSON.stringify(sidecar)}\n`);
}

/** Undefined where a row has none. */
export function packetsOf(rows: readonly Row[]): number | undefined {
  return rows.every((row) => typeof row['packets'] === 'number')
    ? rows.reduce((sum, row) => sum + Number(row['packets']), 0)
    : undefined;
}
