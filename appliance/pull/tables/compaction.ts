// Joins hours into few files: most of an answer about many sites and months is the opening of files. Readers see the same rows at any
// moment: the joined file is there before what was joined is removed, and until then both say the same.

import fs from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { dayFolder, type HourSidecar, listed, monthFolder, ownHours, ownSidecar, siteFolder } from './day-folder.ts';
import { joinedSidecar, readIfThere, readJoined, settleJoined, sha256Of, writeJoined } from './joined-file.ts';
import { fromParquet, type KeyedRow } from './parquet.ts';
import { SiteHours } from './site-hours.ts';
import { TABLE_NAMES, type TableName } from './table.ts';

/** Of a month's file, which is made in memory (about 500 bytes a row); a month with more keeps its further days as one file each. */
const MAX_MONTH_ROWS = 1_000_000;

/** Sites with rows in any table. */
export function compactableSites(archive: string): string[] {
  const sites = TABLE_NAMES.flatMap((table) => listed(join(archive, 'v1', `table=${table}`), 'site='));
  return [...new Set(sites)].toSorted();
}

/**
 * Joins what is over of a site. `today`: `2026-01-31`. Answers how many files were written. Another writer of the site would lose rows:
 * the caller holds the archive's lock of it.
 */
export async function compactSite(archive: string, site: string, today: string): Promise<number> {
  let files = 0;
  for (const table of TABLE_NAMES) {
    const root = siteFolder(archive, table, site);
    const over = listed(root, 'date=').filter((date) => date < today);
    files += await joinDays(root, table, site, new Set(over));
  }
  return files;
}

/** Answers how many files were written. */
export async function joinDays(
  root: string,
  table: TableName,
  site: string,
  dates: ReadonlySet<string>,
): Promise<number> {
  const months = new Set([...dates].map((date) => date.slice(0, 'YYYY-MM'.length)));
  let files = 0;
  for (const month of months) {
    const own = [...dates].filter((date) => date.startsWith(month)).toSorted();
    files += await joinMonth({ root, table, site }, month, own);
  }
  return files;
}

interface Place {
  readonly root: string;
  readonly table: TableName;
  readonly site: string;
}

async function joinMonth(place: Place, month: string, dates: readonly string[]): Promise<number> {
  const folder = monthFolder(place.root, month);
  await settleJoined(folder, 'month');
  const there = new SiteHours(place.root);
  const datesThere = new Set([...there.ofMonth(month).keys()].map((stamp) => stamp.slice(0, 'YYYY-MM-DD'.length)));
  let total = joinedSidecar(folder, 'month')?.rows ?? 0;
  let files = 0;
  const added: Joined[] = [];
  for (const date of dates) {
    const day = dayFolder(place.root, date);
    await settleJoined(day, 'day');
    const isDay = joinedSidecar(day, 'day') !== undefined;
    const rows = there.hours(date).reduce((sum, stamp) => sum + (there.sidecar(stamp)?.rows ?? 0), 0);
    const fits = datesThere.has(date) || total + rows <= MAX_MONTH_ROWS;
    // A day of its own is whole before it goes into the month, so that both say the same until it is removed.
    if ((isDay || !fits) && (await joinDay(place, date))) files++;
    if (!fits) continue;
    const found = await readDay(place, date);
    if (found === undefined) continue;
    added.push(found);
    total += rows;
  }
  if (added.length === 0) return files;
  if (!(await writeMonth(place, month, added))) return files;
  for (const { date } of added) await removeDay(place.root, date);
  return files + 1;
}

/** Hours and their rows. */
interface Joined {
  readonly date: string;
  readonly sidecars: readonly HourSidecar[];
  readonly rows: readonly KeyedRow[];
}

/** False, and nothing written, where the file that is there is not its sidecar's: what it holds is not thrown away. */
async function writeMonth({ root, table, site }: Place, month: string, added: readonly Joined[]): Promise<boolean> {
  const folder = monthFolder(root, month);
  const before = await readJoined(folder, 'month');
  if (before === undefined && fs.existsSync(join(folder, 'month.parquet'))) return false;
  const joined = over(before, added);
  await writeJoined(folder, 'month', { table, site, of: month }, joined.sidecars, joined.rows);
  return true;
}

/** What is added replaces the same hours. */
function over(
  before:
    | {
        readonly sidecar: { readonly hours: Readonly<Record<string, HourSidecar>> };
        readonly rows: readonly KeyedRow[];
      }
    | undefined,
  added: readonly Joined[],
): { sidecars: Iterable<HourSidecar>; rows: KeyedRow[] } {
  const sidecars = new Map(Object.values(before?.sidecar.hours ?? {}).map((own) => [own.hour, own]));
  const replaced = new Set<number>();
  for (const own of added.flatMap((day) => day.sidecars)) {
    sidecars.set(own.hour, own);
    replaced.add(Date.parse(own.hour) / 1000);
  }
  const rows = (before?.rows ?? []).filter((row) => !replaced.has(row.hour));
  for (const day of added) for (const row of day.rows) rows.push(row);
  return { sidecars: sidecars.values(), rows };
}

/** Undefined where there is nothing of the day but what the month has, or a file without its sidecar: of a pull that was cut, and
 * the next one writes both again. */
async function readDay({ root }: Place, date: string): Promise<Joined | undefined> {
  const folder = dayFolder(root, date);
  const own = await readHours(folder, date);
  if (own === undefined) return undefined;
  const day = await readJoined(folder, 'day');
  if (day === undefined) {
    if (own.sidecars.length > 0) return fs.existsSync(join(folder, 'day.parquet')) ? undefined : own;
    removeEmpty(folder);
    return undefined;
  }
  const { sidecars, rows } = over(day, [own]);
  return { date, sidecars: [...sidecars], rows };
}

async function readHours(folder: string, date: string): Promise<Joined | undefined> {
  const sidecars: HourSidecar[] = [];
  const rows: KeyedRow[] = [];
  for (const name of ownHours(folder)) {
    const sidecar = ownSidecar(folder, name);
    const bytes = readIfThere(join(folder, `${name}.parquet`));
    if (sidecar === undefined || bytes === undefined || sidecar.sha256 !== sha256Of(bytes)) return undefined;
    sidecars.push(sidecar);
    for (const row of await fromParquet(bytes)) rows.push(row);
  }
  return { date, sidecars, rows };
}

async function joinDay(place: Place, date: string): Promise<boolean> {
  const folder = dayFolder(place.root, date);
  const names = ownHours(folder);
  if (names.length === 0) return false;
  const found = await readDay(place, date);
  if (found === undefined) return false;
  const { table, site } = place;
  await writeJoined(folder, 'day', { table, site, of: date }, found.sidecars, found.rows);
  await removeHours(folder, names);
  return true;
}

async function removeDay(root: string, date: string): Promise<void> {
  const folder = dayFolder(root, date);
  await removeHours(folder, ownHours(folder));
  for (const end of ['parquet', 'json']) fs.rmSync(join(folder, `day.${end}`), { force: true });
  removeEmpty(folder);
}

async function removeHours(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    for (const end of ['parquet', 'json']) fs.rmSync(join(folder, `${name}.${end}`), { force: true });
  await nodeDisk.syncFolder(folder);
}

/** Sidecars that a cut left without their files go too. */
function removeEmpty(folder: string): void {
  const left = listed(folder, '');
  if (!left.every((name) => /^\d{2}\.json$/.test(name))) return;
  for (const name of left) fs.rmSync(join(folder, name), { force: true });
  if (listed(folder, '').length === 0) fs.rmSync(folder, { recursive: true, force: true });
}
