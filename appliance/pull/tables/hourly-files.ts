// The files of the hourly rows: `v1/table=T/site=S/date=D/HH.parquet` each with a sidecar. An hour is written once when the clock
// has closed it; other rows of the same hour are a correction with the next revision, and the highest revision counts.

import { joinDays } from './compaction.ts';
import { dayFolder, hourName, type RowsOrigin, siteFolder, stampOf } from './day-folder.ts';
import { inOrder, makeHourFile, packetsOf, writeHourFile } from './hour-file.ts';
import { SiteHours } from './site-hours.ts';
import { type HourlyRows, type Row, TABLE_NAMES, type TableName } from './table.ts';

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
    const there = new SiteHours(siteFolder(archive, table, origin.site));
    const emptied = new Set<string>();
    for (const hour of [...new Set([...rows.keys(), ...hoursOf(there)])].toSorted((a, b) => a - b)) {
      if (hour + HOUR_SECONDS + GRACE_SECONDS > now) continue;
      if (faded.has(hour) && !OF_LEDGER.has(table)) continue;
      const own = rows.get(hour) ?? [];
      if (await writeHour(there, table, hour, own, origin)) written++;
      if (own.length === 0 && there.isJoined(stampOf(hour))) emptied.add(stampOf(hour).slice(0, 'YYYY-MM-DD'.length));
    }
    // A file without rows hides nothing from a reader who looks for the newest among rows.
    if (emptied.size > 0) await joinDays(there.root, table, origin.site, emptied);
  }
  return written;
}

function* hoursOf(there: SiteHours): Iterable<number> {
  for (const month of there.months())
    for (const date of there.days(month))
      for (const stamp of there.hours(date)) yield Date.parse(`${stamp}:00:00Z`) / 1000;
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
  const there = new SiteHours(siteFolder(archive, 'hour', site));
  for (const day of deleted) {
    for (let hour = Date.parse(day) / 1000, i = 0; i < 24; i++, hour += HOUR_SECONDS) {
      const before = there.sidecar(stampOf(hour))?.packets ?? 0;
      if ((packetsOf(rows.get(hour) ?? []) ?? 0) < before) faded.add(hour);
    }
  }
  return faded;
}

async function writeHour(
  there: SiteHours,
  table: TableName,
  hour: number,
  rows: readonly Row[],
  origin: RowsOrigin,
): Promise<boolean> {
  const stamp = stampOf(hour);
  const before = there.sidecar(stamp);
  if (before?.content_sha256 === inOrder(table, rows).sha256) return false;
  const { bytes, sidecar } = await makeHourFile(table, hour, rows, (before?.revision ?? 0) + 1, origin);
  await writeHourFile(dayFolder(there.root, stamp), hourName(stamp), bytes, sidecar);
  return true;
}
