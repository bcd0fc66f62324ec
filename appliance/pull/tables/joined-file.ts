// Files in which many hours of a table and site are joined: `month=M/month.parquet`, and `date=D/day.parquet` for a month with more rows
// than one file takes. Each has a sidecar that lists its hours. Where an hour is in several files, its own file counts before the
// day's, and the day's before the month's.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { writeDurably } from '../../capture/storage/durable-file.ts';
import { readRegularJson } from '../../capture/storage/regular-file.ts';
import { openPlainFile } from '../../config/plain-file.ts';
import { systemCode } from '../../model/errors.ts';
import { MALFORMED, orElse } from '../../model/expected-error.ts';
import { type HourSidecar, stampOf } from './day-folder.ts';
import { fromParquet, type KeyedRow, toParquet } from './parquet.ts';
import type { TableName } from './table.ts';

/** What a joined file is of; its name without the ending. */
export type Span = 'day' | 'month';

export interface JoinedSidecar {
  readonly schema: 'weir.rows-of-a-day/1' | 'weir.rows-of-a-month/1';
  readonly table: TableName;
  readonly site: string;
  /** `2026-01-31`; of a month its `month`. */
  readonly date?: string;
  readonly month?: string;
  readonly rows: number;
  /** Of the Parquet file. */
  readonly sha256: string;
  /** By hour (`07`, in a month `31T07`): the sidecars of the files that were joined. */
  readonly hours: Readonly<Record<string, HourSidecar>>;
}

export interface JoinedRows {
  readonly sidecar: JoinedSidecar;
  readonly rows: readonly KeyedRow[];
}

/** A month's file has at most some hundred thousand rows, of which each takes tens of bytes. */
const MAX_PARQUET_BYTES = 512 * 1024 * 1024;
/** The sidecar of a month lists 744 hours, each with the columns of its table: at most 1.5 kB. */
const MAX_SIDECAR_BYTES = 4 * 1024 * 1024;

export function joinedSidecar(folder: string, span: Span, ending = 'json'): JoinedSidecar | undefined {
  const found = readRegularJson(join(folder, `${span}.${ending}`), MAX_SIDECAR_BYTES);
  return found?.['schema'] === `weir.rows-of-a-${span}/1` ? (found as unknown as JoinedSidecar) : undefined;
}

/** Undefined where there is none, or where it is not the file of its sidecar. */
export async function readJoined(folder: string, span: Span): Promise<JoinedRows | undefined> {
  const bytes = readIfThere(join(folder, `${span}.parquet`));
  if (bytes === undefined) return undefined;
  const hash = sha256Of(bytes);
  const sidecar = [joinedSidecar(folder, span), joinedSidecar(folder, span, NEXT)].find(
    (candidate) => candidate?.sha256 === hash,
  );
  const rows = sidecar === undefined ? undefined : await rowsOrNone(bytes);
  return sidecar === undefined || rows === undefined ? undefined : { sidecar, rows };
}

/** The sidecar of a file that is just replaced: until both have been, one of two sidecars is the file's at any moment. */
const NEXT = 'next.json';

/** `of`: the day or month. */
export async function writeJoined(
  folder: string,
  span: Span,
  { table, site, of }: { readonly table: TableName; readonly site: string; readonly of: string },
  sidecars: Iterable<HourSidecar>,
  rows: readonly KeyedRow[],
): Promise<void> {
  const bytes = await toParquet(
    table,
    rows.toSorted((a, b) => a.hour - b.hour),
  );
  const keyFrom = span === 'day' ? 'YYYY-MM-DDT'.length : 'YYYY-MM-'.length;
  const inOrder = [...sidecars].toSorted((a, b) => (a.hour < b.hour ? -1 : 1));
  const sidecar: JoinedSidecar = {
    schema: `weir.rows-of-a-${span}/1`,
    table,
    site,
    ...(span === 'day' ? { date: of } : { month: of }),
    rows: rows.length,
    sha256: sha256Of(bytes),
    hours: Object.fromEntries(inOrder.map((own) => [own.hour.slice(keyFrom, 'YYYY-MM-DDTHH'.length), own])),
  };
  fs.mkdirSync(folder, { recursive: true, mode: 0o750 });
  await writeDurably(nodeDisk, join(folder, `${span}.${NEXT}`), `${JSON.stringify(sidecar)}\n`);
  await writeDurably(nodeDisk, join(folder, `${span}.parquet`), bytes);
  await settleJoined(folder, span);
}

/** By hour (`2026-01-31T07`), in the order of the file. */
export function byHour(rows: readonly KeyedRow[]): Map<string, KeyedRow[]> {
  const hours = new Map<string, KeyedRow[]>();
  for (const row of rows) {
    const stamp = stampOf(row.hour);
    const list = hours.get(stamp);
    if (list === undefined) hours.set(stamp, [row]);
    else list.push(row);
  }
  return hours;
}

/** Ends what a cut left: the sidecar that is the file's becomes the only one. */
export async function settleJoined(folder: string, span: Span): Promise<void> {
  const next = join(folder, `${span}.${NEXT}`);
  if (!fs.existsSync(next)) return;
  const bytes = readIfThere(join(folder, `${span}.parquet`));
  if (bytes !== undefined && joinedSidecar(folder, span, NEXT)?.sha256 === sha256Of(bytes))
    fs.renameSync(next, join(folder, `${span}.json`));
  else fs.rmSync(next, { force: true });
  await nodeDisk.syncFolder(folder);
}

/** Undefined for what is no plain file, or longer than any of ours. Throws the system's error. */
export function readIfThere(file: string): Uint8Array | undefined {
  try {
    const fd = openPlainFile(file, 'refused');
    if (fd === undefined) return undefined;
    try {
      return fs.fstatSync(fd).size > MAX_PARQUET_BYTES ? undefined : fs.readFileSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch (thrown) {
    if (['ELOOP', 'ENOTSUP'].includes(systemCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

/** Undefined for bytes that are no Parquet that we read, whatever their sidecar says of them. */
export async function rowsOrNone(bytes: Uint8Array): Promise<KeyedRow[] | undefined> {
  try {
    return await fromParquet(bytes);
  } catch (thrown) {
    // The library throws plain errors for what is no Parquet.
    return orElse<undefined>(undefined, 'reading Parquet', ...MALFORMED, RangeError, Error)(thrown);
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
