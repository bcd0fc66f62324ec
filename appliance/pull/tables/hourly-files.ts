// The files of the hourly rows: `v1/table=T/site=S/date=D/HH.parquet` each with a sidecar. An hour is written once when the clock
// has closed it; other rows of the same hour are a correction with the next revision, and the highest revision counts.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { writeDurably } from '../../capture/storage/durable-file.ts';
import {
  type DaySidecar,
  dayFolder,
  daySidecar,
  type HourSidecar,
  hourName,
  listed,
  ownHours,
  type RowsOrigin,
  sidecarOf,
} from './day-folder.ts';
import { fromParquet, type KeyedRow, toParquet } from './parquet.ts';
import { type HourlyRows, type Row, TABLE_NAMES, TABLES, type TableName } from './table.ts';

const HOUR_SECONDS = 3600;
/** Analysis may lag behind a moment; what comes even later is a correction. */
const GRACE_SECONDS = 600;

export type TableRows = Partial<Readonly<Record<TableName, HourlyRows>>>;

/**
 * Writes what is new of hours that ended before `now` (seconds since 1970). Answers how many files. `deleted`: days of which the
 * appliance holds no longer all captures: after a rebuild there its hours say less than they did, and the fuller ones stay.
 */
export async function writeHours(
  archive: string,
  tables: TableRows,
  origin: RowsOrigin,
  now: number,
  deleted: ReadonlySet<string> = new Set(),
): Promise<number> {
  let written = 0;
  const faded = fadedHours(archive, tables.hour, origin.site, deleted);
  for (const table of TABLE_NAMES) {
    const rows = tables[table];
    if (rows === undefined) continue;
    const hours = new Set([...rows.keys(), ...hoursThere(archive, table, origin.site)]);
    for (const hour of [...hours].toSorted((a, b) => a - b)) {
      if (hour + HOUR_SECONDS + GRACE_SECONDS > now) continue;
      if (faded.has(hour) && !OF_LEDGER.has(table)) continue;
      if (await writeHour(archive, table, hour, rows.get(hour) ?? [], origin)) written++;
    }
  }
  return written;
}

/** The archive holds the whole ledger, whatever the appliance deletes. */
const OF_LEDGER: ReadonlySet<TableName> = new Set(['accounting', 'ledger']);

/** Hours with fewer packets than the archive has of them already, on days with deleted captures. */
function fadedHours(
  archive: string,
  rows: HourlyRows | undefined,
  site: string,
  deleted: ReadonlySet<string>,
): Set<number> {
  const faded = new Set<number>();
  if (rows === undefined) return faded;
  for (const day of deleted) {
    for (let hour = Date.parse(day) / 1000, i = 0; i < 24; i++, hour += HOUR_SECONDS) {
      const before = sidecarOf(dayFolder(archive, 'hour', site, hour), hourName(hour))?.packets ?? 0;
      if ((packetsOf(rows.get(hour) ?? []) ?? 0) < before) faded.add(hour);
    }
  }
  return faded;
}

function packetsOf(rows: readonly Row[]): number | undefined {
  return rows.every((row) => typeof row['packets'] === 'number')
    ? rows.reduce((sum, row) => sum + Number(row['packets']), 0)
    : undefined;
}

async function writeHour(
  archive: string,
  table: TableName,
  hour: number,
  rows: readonly Row[],
  origin: RowsOrigin,
): Promise<boolean> {
  const folder = dayFolder(archive, table, origin.site, hour);
  const before = sidecarOf(folder, hourName(hour));
  if (before?.content_sha256 === inOrder(table, rows).sha256) return false;
  const { bytes, sidecar } = await makeHourFile(table, hour, rows, (before?.revision ?? 0) + 1, origin);
  fs.mkdirSync(folder, { recursive: true, mode: 0o750 });
  await writeHourFile(folder, hourName(hour), bytes, sidecar);
  return true;
}

/** Equal rows in any order are one content. */
function inOrder(table: TableName, rows: readonly Row[]): { sha256: string; rows: readonly Row[] } {
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
    sha256: sha256(bytes),
  };
  return { bytes, keyed, sidecar };
}

export async function writeHourFile(
  folder: string,
  name: string,
  bytes: Uint8Array,
  sidecar: HourSidecar,
): Promise<void> {
  await writeDurably(nodeDisk, join(folder, `${name}.parquet`), bytes);
  await writeDurably(nodeDisk, join(folder, `${name}.json`), `${JSON.stringify(sidecar)}\n`);
  // A file without rows hides nothing from a reader who looks for the highest revision among rows.
  const { rows, table, site, hour } = sidecar;
  if (rows === 0 && daySidecar(folder)?.hours[name] !== undefined)
    await compactDay(folder, table, site, hour.slice(0, 10));
}

/** Joins the hours of days that are over into one file a day; an hour that is corrected later is next to it and takes precedence. Answers how many days. */
export async function compactDays(archive: string, today: string): Promise<number> {
  let days = 0;
  for (const table of listed(join(archive, 'v1'), 'table=').filter((name): name is TableName =>
    Object.hasOwn(TABLES, name),
  )) {
    for (const site of listed(join(archive, 'v1', `table=${table}`), 'site=')) {
      const root = join(archive, 'v1', `table=${table}`, `site=${site}`);
      for (const date of listed(root, 'date=')) {
        if (date < today && (await compactDay(join(root, `date=${date}`), table, site, date))) days++;
      }
    }
  }
  return days;
}

async function compactDay(folder: string, table: TableName, site: string, date: string): Promise<boolean> {
  const names = ownHours(folder);
  if (names.length === 0) return false;
  const day = daySidecar(folder);
  const kept = day === undefined ? [] : await fromParquet(fs.readFileSync(join(folder, 'day.parquet')));
  const hours: Record<string, HourSidecar> = { ...day?.hours };
  const rows: KeyedRow[] = kept.filter((row) => !names.includes(hourName(row.hour)));
  for (const name of names) {
    const sidecar = sidecarOf(folder, name);
    const bytes = fs.readFileSync(join(folder, `${name}.parquet`));
    // A file without its sidecar is of a pull that was cut: the next one writes both again.
    if (sidecar === undefined || sidecar.sha256 !== sha256(bytes)) return false;
    hours[name] = sidecar;
    for (const row of await fromParquet(bytes)) rows.push(row);
  }
  const sorted = rows.toSorted((a, b) => a.hour - b.hour);
  await writeDayFile(folder, { table, site, date, hours }, sorted);
  for (const name of names)
    for (const end of ['parquet', 'json']) fs.rmSync(join(folder, `${name}.${end}`), { force: true });
  await nodeDisk.syncFolder(folder);
  return true;
}

export async function writeDayFile(
  folder: string,
  { table, site, date, hours }: Pick<DaySidecar, 'table' | 'site' | 'date' | 'hours'>,
  rows: readonly KeyedRow[],
): Promise<void> {
  const bytes = await toParquet(table, rows);
  const schema = 'weir.rows-of-a-day/1';
  const sidecar: DaySidecar = { schema, table, site, date, rows: rows.length, sha256: sha256(bytes), hours };
  await writeDurably(nodeDisk, join(folder, 'day.parquet'), bytes);
  await writeDurably(nodeDisk, join(folder, 'day.json'), `${JSON.stringify(sidecar)}\n`);
}

function* hoursThere(archive: string, table: TableName, site: string): Iterable<number> {
  const root = join(archive, 'v1', `table=${table}`, `site=${site}`);
  for (const date of listed(root, 'date=')) {
    const folder = join(root, `date=${date}`);
    for (const hour of new Set([...ownHours(folder), ...Object.keys(daySidecar(folder)?.hours ?? {})]))
      yield Date.parse(`${date}T${hour}:00:00Z`) / 1000;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
