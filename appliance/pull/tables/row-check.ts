// Whether an hour of an archive is what its place and its table say. An archive may come from somebody else: rows that name another appliance
// would count as that one's, and a cell of another type ends a load for all others. Asked by hourly-reader.ts.

import type { HourSidecar } from './day-folder.ts';
import type { KeyedRow } from './parquet.ts';
import { type ColumnType, TABLES, type TableName } from './table.ts';

const HASH = /^[0-9a-f]{64}$/;
/** Revisions have 32 bits, in Parquet and in ClickHouse; an hour is corrected a few times. */
const MAX_REVISION = 2 ** 31 - 1;
/** ClickHouse's whole numbers, and Parquet's, have 64 bits. */
const WHOLE_END = 2 ** 63;
/** Characters of one cell. Names of a packet have some hundred, lists of countries and names some thousand. */
const MAX_CELL_LETTERS = 256 * 1024;

/** `stamp`: the hour of its place, `2026-01-31T07`. */
export function isSidecarOf(sidecar: HourSidecar, table: TableName, site: string, stamp: string): boolean {
  return (
    sidecar.table === table &&
    sidecar.site === site &&
    sidecar.hour === `${stamp}:00:00.000Z` &&
    Number.isSafeInteger(Date.parse(sidecar.hour)) &&
    isCount(sidecar.revision, MAX_REVISION) &&
    isCount(sidecar.rows, Number.MAX_SAFE_INTEGER) &&
    HASH.test(String(sidecar.content_sha256))
  );
}

/** All of them: of the hour, site and revision of the sidecar, with cells of the table's types. */
export function areRowsOf(rows: readonly KeyedRow[], { table, site, hour, revision }: HourSidecar): boolean {
  const start = Date.parse(hour) / 1000;
  const columns = Object.entries<ColumnType>(TABLES[table]);
  return rows.every(
    (row) =>
      row.site === site &&
      row.hour === start &&
      row.revision === revision &&
      columns.every(([name, type]) => isCell(row[name] ?? null, type)),
  );
}

function isCount(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function isCell(value: unknown, type: ColumnType): boolean {
  if (value === null) return true;
  switch (type) {
    case 'text':
      return typeof value === 'string' && value.length <= MAX_CELL_LETTERS;
    case 'whole':
      return Number.isInteger(value) && Math.abs(value as number) < WHOLE_END;
    case 'number':
      return Number.isFinite(value);
    case 'yes_no':
      return typeof value === 'boolean';
  }
}
