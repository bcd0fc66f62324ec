// The archive's tables as ClickHouse has them, from the declarations in tables/table.ts. Only what versions from 18.16 to the current
// ones take. Pure: loader.ts sends it.
//
// Of a table `hour` there are: `hour_rows`, what was loaded, where the newest of equal keys stays; `hour_newest`, what of it counts:
// of each hour the rows of the highest revision; and `hour`, what people read. On a cluster `hour_all` spreads what is loaded by site,
// and `hour` joins the `hour_newest` of all servers. `loaded` says which hours are there, the empty ones among them.

import { type ColumnType, ROW_KEYS, TABLES, type TableName } from '../tables/table.ts';

export interface Layout {
  readonly database: string;
  /** As the servers' `remote_servers` calls it; undefined for a server alone. */
  readonly cluster?: string | undefined;
}

export interface Column {
  readonly name: string;
  readonly type: string;
}

const TYPES = { text: 'String', whole: 'Int64', number: 'Float64', yes_no: 'UInt8' } as const satisfies Readonly<
  Record<ColumnType, string>
>;

/** All tables of one kind of rows, in the order in which they are made. */
export function tableStatements(table: TableName, layout: Layout): string[] {
  const columns = columnsOf(table);
  const order = ['site', 'hour', ...ROW_KEYS[table], 'nth'];
  return [
    createRows(`${table}_rows`, columns, order, layout),
    createNewest(table, layout),
    ...(layout.cluster === undefined
      ? [`CREATE VIEW IF NOT EXISTS ${of(layout, table)} AS SELECT * FROM ${of(layout, `${table}_newest`)}`]
      : [
          createSpread(`${table}_all`, `${table}_rows`, columns, layout),
          createSpread(table, `${table}_newest`, columns, layout),
        ]),
  ];
}

/** Which hours were loaded, of all tables. */
export function loadedStatements(layout: Layout): string[] {
  const rows = createRows('loaded_rows', LOADED_COLUMNS, ['site', 'table', 'hour'], layout);
  return layout.cluster === undefined
    ? [rows]
    : [rows, createSpread('loaded_all', 'loaded_rows', LOADED_COLUMNS, layout)];
}

/** What depends on the columns of a table and holds no rows: made again when columns came. */
export function dropViews(table: TableName, layout: Layout): string[] {
  const names = [table, `${table}_newest`, ...(layout.cluster === undefined ? [] : [`${table}_all`])];
  return names.map((name) => `DROP TABLE IF EXISTS ${of(layout, name)}`);
}

export function addColumn(table: TableName, { name, type }: Column, layout: Layout): string {
  return `ALTER TABLE ${of(layout, `${table}_rows`)} ADD COLUMN ${quoted(name)} ${type}`;
}

/** Where rows go in: of a table, or of `loaded`. */
export function entrance(table: TableName | 'loaded', layout: Layout): string {
  return of(layout, `${table}_${layout.cluster === undefined ? 'rows' : 'all'}`);
}

/** With the key in front. What the table is sorted by is never null: an unknown text is empty there, an unknown number 0. */
export function columnsOf(table: TableName): Column[] {
  const keys: readonly string[] = ROW_KEYS[table];
  const own = Object.entries<ColumnType>(TABLES[table]).map(([name, type]) => ({
    name,
    type: keys.includes(name) ? TYPES[type] : `Nullable(${TYPES[type]})`,
  }));
  return [...KEY_COLUMNS, ...own];
}

const KEY_COLUMNS: readonly Column[] = [
  { name: 'site', type: 'String' },
  { name: 'hour', type: "DateTime('UTC')" },
  { name: 'revision', type: 'UInt32' },
  { name: 'nth', type: 'UInt32' },
];

const LOADED_COLUMNS: readonly Column[] = [
  { name: 'table', type: 'String' },
  { name: 'site', type: 'String' },
  { name: 'hour', type: "DateTime('UTC')" },
  { name: 'revision', type: 'UInt32' },
  { name: 'rows', type: 'UInt64' },
  { name: 'content_sha256', type: 'String' },
];

function createRows(name: string, columns: readonly Column[], order: readonly string[], layout: Layout): string {
  return `CREATE TABLE IF NOT EXISTS ${of(layout, name)} (${columnList(columns)}) ENGINE = ReplacingMergeTree(revision) PARTITION BY toYYYYMM(hour) ORDER BY (${order.map(quoted).join(', ')})`;
}

/**
 * A later revision may have fewer rows, or none: what is left of an earlier one counts no more. Rows of an hour come in one block, so
 * that the highest revision among them is whole.
 */
function createNewest(table: TableName, layout: Layout): string {
  const rows = of(layout, `${table}_rows`);
  const names = columnsOf(table).map(({ name }) => quoted(name));
  const revisions = `SELECT site, hour, revision FROM ${rows} UNION ALL SELECT site, hour, revision FROM ${of(layout, 'loaded_rows')} WHERE ${quoted('table')} = '${table}'`;
  return `CREATE VIEW IF NOT EXISTS ${of(layout, `${table}_newest`)} AS SELECT ${names.join(', ')} FROM ${rows} FINAL WHERE (site, hour, revision) IN (SELECT site, hour, max(revision) FROM (${revisions}) GROUP BY site, hour)`;
}

/** All hours of a site are on one server, which can therefore decide alone which revision is the newest. */
function createSpread(name: string, local: string, columns: readonly Column[], layout: Layout): string {
  return `CREATE TABLE IF NOT EXISTS ${of(layout, name)} (${columnList(columns)}) ENGINE = Distributed('${layout.cluster}', '${layout.database}', '${local}', cityHash64(site))`;
}

function columnList(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${quoted(name)} ${type}`).join(', ');
}

function of({ database }: Layout, name: string): string {
  return `${quoted(database)}.${quoted(name)}`;
}

function quoted(name: string): string {
  return `\`${name}\``;
}
