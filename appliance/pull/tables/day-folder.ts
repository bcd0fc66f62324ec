// What lies in the folder of a table, a site and a day: files of hours, perhaps one of the day, each with a sidecar.

import fs from 'node:fs';
import { join } from 'node:path';
import { readRegularJson } from '../../capture/storage/regular-file.ts';
import type { DocumentTool } from '../../model/analysis-document.ts';
import { orElse, UNREADABLE } from '../../model/expected-error.ts';
import type { TableName } from './table.ts';

/** Under which the rows were made: equal rows of equal tools are one figure. */
export interface RowsOrigin {
  readonly site: string;
  readonly tool: DocumentTool | null;
  readonly ledger: { readonly lines: number; readonly head: string };
  /** ISO 8601. */
  readonly written: string;
}

/** The sidecar of each file. */
export interface HourSidecar extends RowsOrigin {
  readonly schema: 'weir.rows/1';
  readonly table: TableName;
  readonly hour: string;
  readonly revision: number;
  readonly rows: number;
  readonly columns: Readonly<Record<string, string>>;
  /** Sum of the column of that name, where the table has one. */
  readonly packets?: number;
  /** Of the rows, whatever their revision. */
  readonly content_sha256: string;
  /** Of the Parquet file. */
  readonly sha256: string;
}

/** Of one hour; it names the table's columns. */
const MAX_SIDECAR_BYTES = 64 * 1024;
const HOUR_FILE = /^\d{2}\.parquet$/;

/** Hours (`07`) with a file of their own, sorted; a missing folder has none. */
export function ownHours(folder: string): string[] {
  return listed(folder, '')
    .filter((name) => HOUR_FILE.test(name))
    .map((name) => name.slice(0, 2));
}

/** Of an hour with a file of its own: one that is left alone is of a compaction that was cut. */
export function ownSidecar(folder: string, hour: string): HourSidecar | undefined {
  if (!fs.existsSync(join(folder, `${hour}.parquet`))) return undefined;
  const own = readRegularJson(join(folder, `${hour}.json`), MAX_SIDECAR_BYTES);
  return own?.['schema'] === 'weir.rows/1' ? (own as unknown as HourSidecar) : undefined;
}

/** Names of folders without their beginning, sorted; a missing folder has none. */
export function listed(folder: string, beginning: string): string[] {
  try {
    const names = fs.readdirSync(folder).filter((name) => name.startsWith(beginning));
    return names.map((name) => name.slice(beginning.length)).toSorted();
  } catch (thrown) {
    return orElse<string[]>([], 'listing hourly rows', ...UNREADABLE)(thrown);
  }
}

/** Of a table's rows of one appliance. */
export function siteFolder(archive: string, table: TableName, site: string): string {
  return join(archive, 'v1', `table=${table}`, `site=${site}`);
}

/** `stamp`: an hour (`2026-01-31T07`) or a day. */
export function dayFolder(root: string, stamp: string): string {
  return join(root, `date=${stamp.slice(0, 'YYYY-MM-DD'.length)}`);
}

export function monthFolder(root: string, stamp: string): string {
  return join(root, `month=${stamp.slice(0, 'YYYY-MM'.length)}`);
}

/** `2026-01-31T07`. `hour`: seconds since 1970. */
export function stampOf(hour: number): string {
  return new Date(hour * 1000).toISOString().slice(0, 'YYYY-MM-DDTHH'.length);
}

/** `07`. */
export function hourName(stamp: string): string {
  return stamp.slice('YYYY-MM-DDT'.length, 'YYYY-MM-DDTHH'.length);
}
