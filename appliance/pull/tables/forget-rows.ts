// Takes a forgotten device out of the hourly rows: each file that names it is written again without it, as the next revision, and what
// was there is gone. The table of the ledger's own lines stays, as the ledger does.

import fs from 'node:fs';
import { join } from 'node:path';
import { daySidecar, hourName, listed, ownHours, type RowsOrigin, sidecarOf } from './day-folder.ts';
import { makeHourFile, writeDayFile, writeHourFile } from './hourly-files.ts';
import { fromParquet, type KeyedRow } from './parquet.ts';
import { type Cell, TABLE_NAMES, type TableName } from './table.ts';

/** `ids`: as the rows name devices. Answers how many files were written. */
export async function forgetRows(archive: string, origin: RowsOrigin, ids: ReadonlySet<string>): Promise<number> {
  let written = 0;
  for (const table of TABLE_NAMES.filter((name) => name !== 'ledger')) {
    const root = join(archive, 'v1', `table=${table}`, `site=${origin.site}`);
    for (const date of listed(root, 'date=')) {
      const folder = join(root, `date=${date}`);
      for (const name of ownHours(folder)) if (await forgetInHour(folder, table, name, origin, ids)) written++;
      if (await forgetInDay(folder, table, date, origin, ids)) written++;
    }
  }
  return written;
}

async function forgetInHour(
  folder: string,
  table: TableName,
  name: string,
  origin: RowsOrigin,
  ids: ReadonlySet<string>,
): Promise<boolean> {
  const file = join(folder, `${name}.parquet`);
  // An hour before left nothing, and the day was joined: it is in the day's file now.
  if (!fs.existsSync(file)) return false;
  const rows = await fromParquet(fs.readFileSync(file));
  const kept = without(rows, ids);
  const sidecar = sidecarOf(folder, name);
  // Without its sidecar it is of a pull that was cut, which writes both again.
  if (kept.length === rows.length || sidecar === undefined) return false;
  const hour = Date.parse(sidecar.hour) / 1000;
  const made = await makeHourFile(table, hour, kept, sidecar.revision + 1, { ...origin, tool: sidecar.tool });
  await writeHourFile(folder, name, made.bytes, made.sidecar);
  return true;
}

async function forgetInDay(
  folder: string,
  table: TableName,
  date: string,
  origin: RowsOrigin,
  ids: ReadonlySet<string>,
): Promise<boolean> {
  const day = daySidecar(folder);
  if (day === undefined) return false;
  const rows = await fromParquet(fs.readFileSync(join(folder, 'day.parquet')));
  if (without(rows, ids).length === rows.length) return false;
  const hours = { ...day.hours };
  const all: KeyedRow[] = [];
  for (const [name, sidecar] of Object.entries(day.hours)) {
    const before = rows.filter((row) => hourName(row.hour) === name);
    const kept = without(before, ids);
    if (kept.length === before.length) all.push(...before);
    else {
      const hour = Date.parse(sidecar.hour) / 1000;
      const made = await makeHourFile(table, hour, kept, sidecar.revision + 1, { ...origin, tool: sidecar.tool });
      hours[name] = made.sidecar;
      all.push(...made.keyed);
    }
  }
  await writeDayFile(
    folder,
    { table, site: origin.site, date, hours },
    all.toSorted((a, b) => a.hour - b.hour),
  );
  return true;
}

function without(rows: readonly KeyedRow[], ids: ReadonlySet<string>): readonly KeyedRow[] {
  return rows.filter((row) => {
    const device: Cell | undefined = row['device'];
    return typeof device !== 'string' || !ids.has(device.replaceAll(':', ''));
  });
}
