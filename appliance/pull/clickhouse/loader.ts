// An archive's hours into ClickHouse: those that are not there yet, or are there in an earlier revision. First the rows of whole hours,
// then the note that they are there: what is cut between is loaded again, and equal rows replace each other.

import { printable } from '../../model/text.ts';
import type { HourSidecar } from '../tables/day-folder.ts';
import { type HourOfRows, readHours, sitesThere, tablesThere } from '../tables/hourly-reader.ts';
import type { KeyedRow } from '../tables/parquet.ts';
import { ROW_KEYS, type TableName } from '../tables/table.ts';
import { addColumn, columnsOf, dropViews, entrance, type Layout, loadedStatements, tableStatements } from './schema.ts';
import type { ClickHouseServers } from './server.ts';

export interface LoadWish {
  readonly servers: ClickHouseServers;
  readonly layout: Layout;
  /** Folders of archives. */
  readonly archives: readonly string[];
  readonly progress?: (table: TableName, site: string, hours: number) => void;
}

export interface Loaded {
  /** Hours, counted for each table, and their rows. */
  readonly hours: number;
  readonly rows: number;
  /** Hours that were there already. */
  readonly known: number;
  /** One line each: damaged files, hours of which the server holds something else. */
  readonly problem: readonly string[];
}

/** A block of a server is a million rows: far less is always one, and never more than a part of a partition. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_ROWS = 20_000;
/** Problems that are listed; one more line says that there are others. */
const MAX_PROBLEMS = 100;

type Tally = { -readonly [K in keyof Loaded]: Loaded[K] extends number ? number : string[] };

/** Makes the tables where they are not there. @throws WeirError CLICKHOUSE_UNREACHABLE, CLICKHOUSE_REFUSED */
export async function prepareTables({ servers, layout }: LoadWish, tables: readonly TableName[]): Promise<void> {
  for (const at of servers.urls) {
    await servers.ask(`CREATE DATABASE IF NOT EXISTS \`${layout.database}\``, undefined, at);
    for (const sql of loadedStatements(layout)) await servers.ask(sql, undefined, at);
    for (const table of tables) {
      await growTable(servers, layout, table, at);
      for (const sql of tableStatements(table, layout)) await servers.ask(sql, undefined, at);
    }
  }
}

/** Columns that a newer version of Weir declares are added to tables of an older one. */
async function growTable(servers: ClickHouseServers, layout: Layout, table: TableName, at: URL): Promise<void> {
  const asked = `SELECT name FROM system.columns WHERE database = '${layout.database}' AND table = '${table}_rows' FORMAT TabSeparated`;
  const there = new Set((await servers.ask(asked, undefined, at)).split('\n').filter(Boolean));
  const missing = columnsOf(table).filter(({ name }) => !there.has(name));
  if (there.size === 0 || missing.length === 0) return;
  for (const sql of dropViews(table, layout)) await servers.ask(sql, undefined, at);
  for (const column of missing) await servers.ask(addColumn(table, column, layout), undefined, at);
}

/** @throws WeirError CLICKHOUSE_UNREACHABLE, CLICKHOUSE_REFUSED; what was loaded before stays */
export async function loadArchives(wish: LoadWish): Promise<Loaded> {
  const tally: Tally = { hours: 0, rows: 0, known: 0, problem: [] };
  const places = wish.archives.flatMap((archive) =>
    tablesThere(archive).flatMap((table) => sitesThere(archive, table).map((site) => ({ archive, table, site }))),
  );
  await prepareTables(wish, [...new Set(places.map(({ table }) => table))]);
  for (const place of places) await loadSite(wish, place, tally);
  return tally;
}

interface Place {
  readonly archive: string;
  readonly table: TableName;
  readonly site: string;
}

async function loadSite(wish: LoadWish, place: Place, tally: Tally): Promise<void> {
  const { table, site } = place;
  if (!/^[0-9a-f]{64}$/.test(site))
    return recordProblem(tally, `${printable(site, 80)}: no appliance’s fingerprint; left out.`);
  const there = await hoursThere(wish, place);
  const wanted = (sidecar: HourSidecar): boolean => {
    const before = there.get(Date.parse(sidecar.hour) / 1000);
    if (before === undefined || before.revision < sidecar.revision) return true;
    if (before.revision === sidecar.revision && before.content === sidecar.content_sha256) tally.known++;
    else recordProblem(tally, otherText(place, sidecar, before));
    return false;
  };
  let batch = new Batch();
  const send = async () => {
    await batch.send(wish, table);
    tally.hours += batch.hours.length;
    tally.rows += batch.rows;
    wish.progress?.(table, site, tally.hours);
    batch = new Batch();
  };
  for await (const hour of readHours({ ...place, wanted, damaged: (message) => recordProblem(tally, message) })) {
    if (!batch.takes(hour)) await send();
    batch.add(table, hour);
  }
  if (batch.hours.length > 0) await send();
}

function otherText({ table, site }: Place, { hour, revision }: HourSidecar, before: Known): string {
  return `${site.slice(0, 16)}, ${table}, ${hour}: ClickHouse holds revision ${before.revision} with other rows than this archive’s revision ${revision}; it was left as it is. Was it loaded from another archive of this appliance? Load that one, or drop the site there and load again.`;
}

interface Known {
  readonly revision: number;
  readonly content: string;
}

/** By hour, seconds since 1970. */
async function hoursThere({ servers, layout }: LoadWish, { table, site }: Place): Promise<Map<number, Known>> {
  const sql = `SELECT toUInt32(hour), max(revision), argMax(content_sha256, revision) FROM ${entrance('loaded', layout)} WHERE site = '${site}' AND \`table\` = '${table}' GROUP BY hour FORMAT TabSeparated`;
  const known = new Map<number, Known>();
  for (const line of (await servers.ask(sql)).split('\n')) {
    const [hour, revision, content] = line.split('\t');
    if (hour === undefined || revision === undefined || content === undefined) continue;
    known.set(Number(hour), { revision: Number(revision), content });
  }
  return known;
}

/** Whole hours of one month: they come as one block and end in one partition. */
class Batch {
  readonly hours: HourSidecar[] = [];
  rows = 0;
  readonly #lines: string[] = [];
  #bytes = 0;

  takes({ sidecar, rows }: HourOfRows): boolean {
    const month = this.hours[0]?.hour.slice(0, 7);
    if (month === undefined) return true;
    return month === sidecar.hour.slice(0, 7) && this.#bytes < BATCH_BYTES && this.rows + rows.length <= BATCH_ROWS;
  }

  add(table: TableName, { sidecar, rows }: HourOfRows): void {
    this.hours.push(sidecar);
    for (const line of numberedLines(table, rows)) {
      this.#lines.push(line);
      this.#bytes += line.length;
    }
    this.rows += rows.length;
  }

  async send({ servers, layout }: LoadWish, table: TableName): Promise<void> {
    if (this.rows > 0)
      await servers.ask(`INSERT INTO ${entrance(table, layout)} FORMAT JSONEachRow`, this.#lines.join('\n'));
    const notes = this.hours.map(({ site, hour, revision, rows, content_sha256 }) =>
      JSON.stringify({ table, site, hour: Date.parse(hour) / 1000, revision, rows, content_sha256 }),
    );
    await servers.ask(`INSERT INTO ${entrance('loaded', layout)} FORMAT JSONEachRow`, notes.join('\n'));
  }
}

/** As JSON; rows with equal keys are numbered in the order of the file, which is that of their content. */
function numberedLines(table: TableName, rows: readonly KeyedRow[]): string[] {
  const keys: readonly string[] = ROW_KEYS[table];
  const columns = columnsOf(table).filter(({ name }) => name !== 'nth');
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const cells = Object.fromEntries(
      columns.map(({ name, type }) => [name, toCell(row[name] ?? null, keys.includes(name) ? type : undefined)]),
    );
    const key = JSON.stringify(keys.map((name) => cells[name]));
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return JSON.stringify({ ...cells, nth });
  });
}

/** Old versions read yes and no as digits only. `keyType`: of a column that is never null. */
function toCell(value: unknown, keyType: string | undefined): unknown {
  if (value === null && keyType !== undefined) return keyType === 'String' ? '' : 0;
  return typeof value === 'boolean' ? Number(value) : value;
}

function recordProblem({ problem }: Tally, message: string): void {
  if (problem.length < MAX_PROBLEMS) problem.push(message);
  else if (problem.length === MAX_PROBLEMS) problem.push('There is more of that kind; it is not listed.');
}
