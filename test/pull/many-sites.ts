// Many appliances for months, as hourly rows: written hour by hour, joined by month, corrected late, delivered twice. Then the three
// questions that people ask of it, with DuckDB on two threads, against what was put in. A program (`node dist/test/pull/many-sites.js
// FOLDER [SITES] [DAYS] [ROWS] [FULL]`, best in memory) and, small, a test. The sites after the first FULL are written joined at once; sites
// that are in the folder already are only asked.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compactSite } from '../../appliance/pull/tables/compaction.ts';
import { monthFolder, siteFolder } from '../../appliance/pull/tables/day-folder.ts';
import { writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import { writeJoined } from '../../appliance/pull/tables/joined-file.ts';
import type { KeyedRow } from '../../appliance/pull/tables/parquet.ts';
import type { Row } from '../../appliance/pull/tables/table.ts';
import { compactSites } from './compacted.ts';
import { ask, newest } from './duckdb.ts';

export interface Size {
  readonly sites: number;
  readonly days: number;
  /** Of an hour and site. */
  readonly rows: number;
}

export interface Measured {
  readonly question: string;
  readonly rows: number;
  readonly seconds: number;
}

const START = Date.parse('2026-01-01T00:00:00Z') / 1000;
const DAY = 86_400;
const COUNTRIES = ['GB', 'IE', 'US', 'CN', 'DE', 'NL', 'FR', 'SG'] as const;
const ORGANISATIONS = 40;
/** After all of these. */
const LATER = START + 10_000 * DAY;

/** One row of a site's hour; a correction has one row less and other sums. */
function rowOf(site: number, hour: number, i: number, revision: number): Row {
  return {
    device: deviceOf(site, i),
    phase: 'unlabelled',
    scope: 'internet',
    address: `198.51.${i % 100}.${(hour * 7 + i) % 200}`,
    name: `host${i % 50}.example.org`,
    country: COUNTRIES[(i + site) % COUNTRIES.length] ?? 'GB',
    organisation: `Owner ${(i + Math.floor(hour / 500)) % ORGANISATIONS}`,
    protocol: 'tcp',
    service: 'https',
    protection: i % 5 === 0 ? 'cleartext' : 'encrypted',
    packets_up: 10 + (i % 7),
    bytes_up: 1000 * revision + ((hour + i * site) % 997),
    packets_down: 12,
    bytes_down: 5000 + ((hour * 3 + i) % 4999),
  };
}

function deviceOf(site: number, i: number): string {
  return `b827eb${site.toString(16).padStart(2, '0')}00${(i % 12).toString(16).padStart(2, '0')}`;
}

/** All hours of a site. A correction is of every tenth day. */
function flowOf(site: number, { days, rows }: Size, isCorrected: boolean): Map<number, Row[]> {
  const flow = new Map<number, Row[]>();
  for (let hour = 0; hour < days * 24; hour++) {
    const revision = isCorrected && Math.floor(hour / 24) % 10 === 4 ? 2 : 1;
    const count = rows - (revision - 1);
    flow.set(
      START + hour * 3600,
      Array.from({ length: count }, (_, i) => rowOf(site, hour, i, revision)),
    );
  }
  return flow;
}

/** What the answers must be. */
class Expected {
  readonly countries = new Map<string, number>();
  readonly firstSeen = new Map<string, number>();
  readonly days = new Map<number, number>();
  rows = 0;

  add(site: number, flow: ReadonlyMap<number, readonly Row[]>): void {
    for (const [hour, rows] of flow) {
      this.rows += rows.length;
      for (const row of rows) {
        const bytes = Number(row['bytes_up']);
        const [country, device] = [String(row['country']), String(row['device'])];
        this.countries.set(country, (this.countries.get(country) ?? 0) + bytes);
        const pair = `${device} ${String(row['organisation'])}`;
        this.firstSeen.set(pair, Math.min(this.firstSeen.get(pair) ?? hour, hour));
        const day = Math.floor(hour / DAY) * DAY;
        if (site === 0 && device === deviceOf(0, 1)) this.days.set(day, (this.days.get(day) ?? 0) + bytes);
      }
    }
  }
}

export async function measureSites(archive: string, size: Size, full = size.sites): Promise<Measured[]> {
  for (let site = 0; site < size.sites; site++) {
    const name = createHash('sha256').update(`site ${site}`).digest('hex');
    if (fs.existsSync(siteFolder(archive, 'flow', name))) continue;
    if (site < full) await liveThrough(archive, size, site, name);
    else await writeAsJoined(archive, size, site, name);
  }
  return await askSites(archive, size);
}

/** Hour by hour, joined half-way, corrected, delivered twice. */
async function liveThrough(archive: string, size: Size, site: number, name: string): Promise<void> {
  const origin = { site: name, tool: null, ledger: { lines: 1, head: '' }, written: '' };
  const write = (flow: Map<number, Row[]>) => writeHours(archive, { flow }, origin, LATER);
  await write(flowOf(site, size, false));
  // What a compaction leaves that is cut before its end: the hours next to the month that has them.
  const day = path.join(siteFolder(archive, 'flow', name), 'date=2026-01-02');
  const kept = fs.readdirSync(day).map((file) => [file, fs.readFileSync(path.join(day, file))] as const);
  await compactSite(archive, name, '2999-01-01');
  fs.mkdirSync(day, { recursive: true });
  for (const [file, bytes] of kept) fs.writeFileSync(path.join(day, file), bytes);
  const corrected = flowOf(site, size, true);
  assert.equal(await write(corrected), Math.floor((size.days + 5) / 10) * 24);
  assert.equal(await write(corrected), 0, 'delivered twice');
}

/** The same rows as a compaction leaves them at last. */
async function writeAsJoined(archive: string, size: Size, site: number, name: string): Promise<void> {
  const months = new Map<string, KeyedRow[]>();
  for (const [hour, rows] of flowOf(site, size, true)) {
    const month = new Date(hour * 1000).toISOString().slice(0, 'YYYY-MM'.length);
    const keyed = months.get(month) ?? [];
    for (const row of rows) keyed.push({ ...row, site: name, hour, revision: 1 } as KeyedRow);
    months.set(month, keyed);
  }
  const root = siteFolder(archive, 'flow', name);
  for (const [month, rows] of months)
    await writeJoined(monthFolder(root, month), 'month', { table: 'flow', site: name, of: month }, [], rows);
}

/** As it came, and joined. */
async function askSites(archive: string, size: Size): Promise<Measured[]> {
  const expected = new Expected();
  for (let site = 0; site < size.sites; site++) expected.add(site, flowOf(site, size, true));
  const uncompacted = await measure(archive, expected, 'as it came');
  await compactSites(archive, '2999-01-01');
  return [...uncompacted, ...(await measure(archive, expected, 'joined'))];
}

async function measure(archive: string, expected: Expected, state: string): Promise<Measured[]> {
  const flow = newest(archive, 'flow');
  const measured: Measured[] = [];
  const answer = async (question: string, sql: string): Promise<Map<string, number>> => {
    const begun = performance.now();
    const rows = await ask(sql, 2);
    measured.push({
      question: `${question}, ${state}`,
      rows: rows.length,
      seconds: (performance.now() - begun) / 1000,
    });
    return new Map(rows.map(({ key, value }) => [String(key), Number(value)]));
  };
  const count = await answer('rows', `select 'rows' as key, count(*) as value from ${flow}`);
  assert.deepEqual(count, new Map([['rows', expected.rows]]));
  const countries = `select country as key, sum(bytes_up) as value, count(distinct device) as devices from ${flow} group by country`;
  same(await answer('bytes and devices by country', countries), expected.countries);
  const firstSeen = `select device || ' ' || organisation as key, epoch(min(hour)) as value from ${flow} group by device, organisation`;
  same(await answer('first seen, by device and owner', firstSeen), expected.firstSeen);
  const days = `select epoch(date_trunc('day', hour))::bigint as key, sum(bytes_up) as value from ${flow} where device = '${deviceOf(0, 1)}' group by key`;
  same(await answer('one device by day', days), expected.days);
  return measured;
}

function same<K extends string | number>(found: ReadonlyMap<string, number>, expected: ReadonlyMap<K, number>): void {
  const sorted = (map: ReadonlyMap<K | string, number>) => [...map].map(([key, value]) => `${key} ${value}`).toSorted();
  assert.deepEqual(sorted(found), sorted(expected));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = '', ...numbers] = process.argv.slice(2);
  const [sites = 50, days = 90, rows = 240, full = sites] = numbers.map(Number);
  const begun = performance.now();
  for (const { question, seconds, rows: answers } of await measureSites(folder, { sites, days, rows }, full))
    process.stdout.write(`${seconds.toFixed(2)} s: ${question} (${answers} rows)\n`);
  const memory = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(
    `${sites} sites, ${days} days, ${rows} rows an hour: ${((performance.now() - begun) / 1000).toFixed(0)} s in all, ${memory.toFixed(0)} MiB\n`,
  );
}
