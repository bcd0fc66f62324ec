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

export interface DaySidecar {
  readonly schema: 'weir.rows-of-a-day/1';
  readonly table: TableName;
  readonly site: string;
  readonly date: string;
  readonly rows: number;
  readonly sha256: string;
  /** By hour (`07`): the sidecars of the files that were joined. */
  readonly hours: Readonly<Record<string, HourSidecar>>;
}

/** The sidecar of a day lists its hours. */
const MAX_SIDECAR_BYTES = 4 * 1024 * 1024;
const HOUR_FILE = /^\d{2}\.parquet$/;

/** Hours (`07`) with a file of their own, sorted. */
export function ownHours(folder: string): string[] {
  const names = fs.readdirSync(folder).filter((name) => HOUR_FILE.test(name));
  return names.map((name) => name.slice(0, 2)).toSorted();
}

/** The newest of an hour, in a file of its own or in the day's. */
export function sidecarOf(folder: string, hour: string): HourSidecar | undefined {
  const own = readRegularJson(join(folder, `${hour}.json`), MAX_SIDECAR_BYTES);
  return own?.['schema'] === 'weir.rows/1' ? (own as unknown as HourSidecar) : daySidecar(folder)?.hours[hour];
}

/** Of the file in which a day's hours were joined. */
export function daySidecar(folder: string): DaySidecar | undefined {
  const found = readRegularJson(join(folder, 'day.json'), MAX_SIDECAR_BYTES);
  return found?.['schema'] === 'weir.rows-of-a-day/1' ? (found as unknown as DaySidecar) : undefined;
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

export function dayFolder(archive: string, table: TableName, site: string, hour: number): string {
  const date = new Date(hour * 1000).toISOString().slice(0, 10);
  return join(archive, 'v1', `table=${table}`, `site=${site}`, `date=${date}`);
}

/** `07`. `hour`: seconds since 1970. */
export function hourName(hour: number): string {
  return new Date(hour * 1000).toISOString().slice(11, 13);
}
