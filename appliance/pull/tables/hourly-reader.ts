// The hourly rows of an archive, hour by hour, each hour once and only as its sidecar says: for what exports them or loads them into a database.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { daySidecar, type HourSidecar, hourName, listed, ownHours, sidecarOf } from './day-folder.ts';
import { fromParquet, type KeyedRow } from './parquet.ts';
import { TABLE_NAMES, type TableName } from './table.ts';

export interface HourOfRows {
  readonly sidecar: HourSidecar;
  /** In the order of the file. */
  readonly rows: readonly KeyedRow[];
}

export interface HoursWish {
  readonly archive: string;
  readonly table: TableName;
  readonly site: string;
  /** Hears every hour's sidecar; Parquet is read of those that are wanted. */
  readonly wanted: (sidecar: HourSidecar) => boolean;
  /** Hears of files that are not what their sidecar says: they are left out. */
  readonly damaged: (message: string) => void;
}

/** Tables of which the archive holds rows, in the order of their declaration. */
export function tablesThere(archive: string): TableName[] {
  const there = new Set(listed(join(archive, 'v1'), 'table='));
  return TABLE_NAMES.filter((table) => there.has(table));
}

/** Fingerprints of the appliances with rows in a table, sorted. */
export function sitesThere(archive: string, table: TableName): string[] {
  return listed(join(archive, 'v1', `table=${table}`), 'site=');
}

/** From the earliest hour to the latest. */
export async function* readHours(wish: HoursWish): AsyncGenerator<HourOfRows> {
  const root = join(wish.archive, 'v1', `table=${wish.table}`, `site=${wish.site}`);
  for (const date of listed(root, 'date=')) {
    const folder = join(root, `date=${date}`);
    const sidecars = sidecarsOf(folder);
    const wanted = [...sidecars.keys()].filter((name) => wish.wanted(sidecars.get(name) as HourSidecar));
    if (wanted.length === 0) continue;
    // A pull or a compaction may exchange files between two reads: what does not fit together is read once more.
    const day = (await readDay(folder, wanted)) ?? (await readDay(folder, wanted));
    if (day === undefined) wish.damaged(damageText(folder));
    else yield* day;
  }
}

function damageText(folder: string): string {
  return `${printable(folder, 400)}: a file is missing, or is not the one of its sidecar; the hours of this day were left out. The next \`weir pull\` and \`weir archive compact\` write again what was cut; what was altered comes back from a copy of the archive.`;
}

function sidecarsOf(folder: string): Map<string, HourSidecar> {
  const found = new Map(Object.entries(daySidecar(folder)?.hours ?? {}));
  for (const name of ownHours(folder)) {
    const own = sidecarOf(folder, name);
    if (own !== undefined) found.set(name, own);
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Undefined where a file is missing or another than its sidecar's. */
async function readDay(folder: string, wanted: readonly string[]): Promise<HourOfRows[] | undefined> {
  const sidecars = sidecarsOf(folder);
  const own = new Set(ownHours(folder));
  const joined = wanted.some((name) => !own.has(name)) ? await readJoined(folder) : new Map<string, KeyedRow[]>();
  if (joined === undefined) return undefined;
  const hours: HourOfRows[] = [];
  for (const name of wanted) {
    const sidecar = sidecars.get(name);
    if (sidecar === undefined) return undefined;
    const file = own.has(name) ? await readHashed(join(folder, `${name}.parquet`), sidecar.sha256) : undefined;
    if (own.has(name) && file === undefined) return undefined;
    const rows = file ?? joined.get(name) ?? [];
    if (rows.length !== sidecar.rows) return undefined;
    hours.push({ sidecar, rows });
  }
  return hours;
}

async function readJoined(folder: string): Promise<Map<string, KeyedRow[]> | undefined> {
  const day = daySidecar(folder);
  const rows = day === undefined ? undefined : await readHashed(join(folder, 'day.parquet'), day.sha256);
  if (rows === undefined) return undefined;
  const hours = new Map<string, KeyedRow[]>();
  for (const row of rows) {
    const list = hours.get(hourName(row.hour));
    if (list === undefined) hours.set(hourName(row.hour), [row]);
    else list.push(row);
  }
  return hours;
}

async function readHashed(file: string, sha256: string): Promise<KeyedRow[] | undefined> {
  try {
    const bytes = fs.readFileSync(file);
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? await fromParquet(bytes) : undefined;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
