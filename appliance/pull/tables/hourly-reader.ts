// The hourly rows of an archive, hour by hour, each hour once and only as its sidecar says: for what exports them or loads them into a database.

import { join } from 'node:path';
import { printable } from '../../model/text.ts';
import { dayFolder, type HourSidecar, hourName, listed, monthFolder, ownSidecar, siteFolder } from './day-folder.ts';
import { byHour, readIfThere, readJoined, rowsOrNone, type Span, sha256Of } from './joined-file.ts';
import type { KeyedRow } from './parquet.ts';
import { areRowsOf, isSidecarOf } from './row-check.ts';
import { SiteHours } from './site-hours.ts';
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
  const root = siteFolder(wish.archive, wish.table, wish.site);
  const there = new SiteHours(root);
  for (const month of there.months()) {
    let reader = new MonthReader(root, there);
    for (const date of there.days(month)) {
      const wanted = there.hours(date).filter((stamp) => isWanted(wish, there.sidecar(stamp), stamp));
      if (wanted.length === 0) continue;
      let hours = await reader.read(wanted);
      // A pull or a compaction may exchange files between two reads: what does not fit together is read once more.
      if (hours === undefined) {
        reader = new MonthReader(root, new SiteHours(root));
        hours = await reader.read(wanted);
      }
      if (hours === undefined) wish.damaged(damageText(dayFolder(root, date)));
      else yield* hours;
    }
  }
}

function isWanted(wish: HoursWish, sidecar: HourSidecar | undefined, stamp: string): boolean {
  if (sidecar === undefined) return false;
  if (isSidecarOf(sidecar, wish.table, wish.site, stamp)) return wish.wanted(sidecar);
  const place = `${wish.site.slice(0, 16)}, ${wish.table}, ${stamp}`;
  wish.damaged(`${place}: the sidecar is of another place, or no sidecar of Weir; the hour was left out.`);
  return false;
}

function damageText(folder: string): string {
  return `${printable(folder, 400)}: a file is missing, cannot be read, is not the one of its sidecar (of this day or its month), or holds rows of another place; the hours of this day were left out. The next \`weir pull\` and \`weir archive compact\` write again what was cut; what was altered comes back from a copy of the archive.`;
}

/** Reads hours of one month, each file of the month and of a day at most once. */
class MonthReader {
  readonly #root: string;
  readonly #there: SiteHours;
  readonly #joined = new Map<string, Promise<ReadonlyMap<string, KeyedRow[]>>>();

  constructor(root: string, there: SiteHours) {
    this.#root = root;
    this.#there = there;
  }

  /** Undefined where a file is missing or another than its sidecar's. */
  async read(stamps: readonly string[]): Promise<HourOfRows[] | undefined> {
    const hours: HourOfRows[] = [];
    for (const stamp of stamps) {
      const sidecar = this.#there.sidecar(stamp);
      const rows = sidecar === undefined ? undefined : await this.#rows(stamp, sidecar);
      if (sidecar === undefined || rows?.length !== sidecar.rows || !areRowsOf(rows, sidecar)) return undefined;
      hours.push({ sidecar, rows });
    }
    return hours;
  }

  async #rows(stamp: string, { sha256 }: HourSidecar): Promise<readonly KeyedRow[] | undefined> {
    const day = dayFolder(this.#root, stamp);
    if (ownSidecar(day, hourName(stamp)) !== undefined)
      return await readHashed(join(day, `${hourName(stamp)}.parquet`), sha256);
    const joined = this.#there.ofDay(stamp).has(stamp)
      ? await this.#byHour(day, 'day')
      : await this.#byHour(monthFolder(this.#root, stamp), 'month');
    return joined.get(stamp) ?? [];
  }

  #byHour(folder: string, span: Span): Promise<ReadonlyMap<string, KeyedRow[]>> {
    const read = async () => byHour((await readJoined(folder, span))?.rows ?? []);
    const known = this.#joined.get(folder) ?? read();
    this.#joined.set(folder, known);
    return known;
  }
}

async function readHashed(file: string, sha256: string): Promise<KeyedRow[] | undefined> {
  const bytes = readIfThere(file);
  if (bytes === undefined || sha256Of(bytes) !== sha256) return undefined;
  return await rowsOrNone(bytes);
}
