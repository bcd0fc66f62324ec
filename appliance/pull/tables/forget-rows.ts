// Takes a forgotten device out of the hourly rows: each file that names it is written again without it, as the next revision, and what
// was there is gone. The table of the ledger's own lines stays, as the ledger does.

import { join } from 'node:path';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { writeDurably } from '../../capture/storage/durable-file.ts';
import { joinDays } from './compaction.ts';
import {
  dayFolder,
  type HourSidecar,
  listed,
  monthFolder,
  ownHours,
  ownSidecar,
  type RowsOrigin,
  siteFolder,
} from './day-folder.ts';
import { makeHourFile, writeHourFile } from './hour-file.ts';
import { byHour, readIfThere, readJoined, type Span, settleJoined, writeJoined } from './joined-file.ts';
import { fromParquet, type KeyedRow, toParquet } from './parquet.ts';
import { SiteHours } from './site-hours.ts';
import { type Cell, TABLE_NAMES, type TableName } from './table.ts';

/** `ids`: as the rows name devices. Answers how many files were written. */
export async function forgetRows(archive: string, origin: RowsOrigin, ids: ReadonlySet<string>): Promise<number> {
  let written = 0;
  for (const table of TABLE_NAMES.filter((name) => name !== 'ledger')) {
    const forget: Forget = { root: siteFolder(archive, table, origin.site), table, origin, ids };
    const emptied = new Set<string>();
    for (const date of listed(forget.root, 'date=')) {
      for (const name of ownHours(dayFolder(forget.root, date))) {
        const left = await forgetInHour(forget, date, name);
        if (left !== undefined) written++;
        if (left === 0 && new SiteHours(forget.root).isJoined(`${date}T${name}`)) emptied.add(date);
      }
      if (await forgetInJoined(forget, dayFolder(forget.root, date), 'day', date)) written++;
    }
    for (const month of listed(forget.root, 'month='))
      if (await forgetInJoined(forget, monthFolder(forget.root, month), 'month', month)) written++;
    // A file without rows hides nothing from a reader who looks for the newest among rows.
    if (emptied.size > 0) await joinDays(forget.root, table, origin.site, emptied);
  }
  return written;
}

interface Forget {
  readonly root: string;
  readonly table: TableName;
  readonly origin: RowsOrigin;
  readonly ids: ReadonlySet<string>;
}

/** How many rows are left; undefined where nothing was written. */
async function forgetInHour(
  { root, table, origin, ids }: Forget,
  date: string,
  name: string,
): Promise<number | undefined> {
  const folder = dayFolder(root, date);
  const bytes = readIfThere(join(folder, `${name}.parquet`));
  const sidecar = ownSidecar(folder, name);
  // Without its sidecar it is of a pull that was cut, which writes both again.
  if (bytes === undefined || sidecar === undefined) return undefined;
  const rows = await fromParquet(bytes);
  const kept = without(rows, ids);
  if (kept.length === rows.length) return undefined;
  const made = await again(table, sidecar, kept, origin);
  await writeHourFile(folder, name, made.bytes, made.sidecar);
  return kept.length;
}

async function forgetInJoined(
  { table, origin, ids }: Forget,
  folder: string,
  span: Span,
  of: string,
): Promise<boolean> {
  await settleJoined(folder, span);
  const joined = await readJoined(folder, span);
  if (joined === undefined) return await forgetInAltered(join(folder, `${span}.parquet`), table, ids);
  if (without(joined.rows, ids).length === joined.rows.length) return false;
  const hours = byHour(joined.rows);
  const sidecars: HourSidecar[] = [];
  const all: KeyedRow[] = [];
  for (const sidecar of Object.values(joined.sidecar.hours)) {
    const before = hours.get(sidecar.hour.slice(0, 'YYYY-MM-DDTHH'.length)) ?? [];
    const kept = without(before, ids);
    const made = kept.length === before.length ? undefined : await again(table, sidecar, kept, origin);
    sidecars.push(made?.sidecar ?? sidecar);
    for (const row of made?.keyed ?? before) all.push(row);
  }
  await writeJoined(folder, span, { table, site: origin.site, of }, sidecars, all);
  return true;
}

/** A file that is not its sidecar's keeps being taken for altered; the device is not in it any more. */
async function forgetInAltered(file: string, table: TableName, ids: ReadonlySet<string>): Promise<boolean> {
  const bytes = readIfThere(file);
  const rows = bytes === undefined ? [] : await fromParquet(bytes);
  const kept = without(rows, ids);
  if (kept.length === rows.length) return false;
  await writeDurably(nodeDisk, file, await toParquet(table, kept));
  return true;
}

/** The hour without the forgotten rows, as its next revision. */
async function again(table: TableName, sidecar: HourSidecar, kept: readonly KeyedRow[], origin: RowsOrigin) {
  const hour = Date.parse(sidecar.hour) / 1000;
  return await makeHourFile(table, hour, kept, sidecar.revision + 1, { ...origin, tool: sidecar.tool });
}

function without(rows: readonly KeyedRow[], ids: ReadonlySet<string>): readonly KeyedRow[] {
  return rows.filter((row) => {
    const device: Cell | undefined = row['device'];
    return typeof device !== 'string' || !ids.has(device.replaceAll(':', ''));
  });
}
