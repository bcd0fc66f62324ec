// ClickHouse over archives: two real servers, a Distributed table, corrections, a server that dies. Its sums are DuckDB's, and those
// that the appliances give themselves.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { loadArchives } from '../../appliance/pull/clickhouse/loader.ts';
import { compactRows } from '../../appliance/pull/tables/compaction.ts';
import { type TableRows, writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import type { Row } from '../../appliance/pull/tables/table.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { type ClickHouse, clickHouses, hasClickHouse, loadWishOf } from './clickhouse-servers.ts';
import { clickHouseOf, type Database, duckDb } from './own-sums.ts';
import { HOUR } from './recorded.ts';

const SKIP = hasClickHouse ? false : 'clickhouse-server is not installed';
const LATER = HOUR + 400 * 86_400;

const SITES = Array.from({ length: 4 }, (_, i) => createHash('sha256').update(`site ${i}`).digest('hex'));
const HOURS = 24;

/** Of one site: hours over the end of a month, devices whose rows come, change and go, two gaps that are equal but for their number. */
function invented(seed: number, revision: number): TableRows {
  const hour = new Map<number, Row[]>();
  const accounting = new Map<number, Row[]>();
  for (let i = 0; i < HOURS; i++) {
    const start = MONTH_END + i * 3600;
    const devices = revision === 2 && i % 10 === 3 ? 2 : 5;
    const rows = Array.from({ length: devices }, (_, device) => ({
      device: `b827eb00000${device}`,
      phase: device % 2 === 0 ? 'idle' : 'unlabelled',
      packets: seed * 1000 + i * 10 + device + (i % 7 === 2 ? revision : 1),
      bytes_up: 2 ** 40 + device,
      countries: `GB "quoted\\" ${device}\n`,
    }));
    // Nothing was there after all.
    hour.set(start, revision === 2 && i === 20 ? [] : rows);
    const gap = { kind: 'gap', device: null, from: '1.5', to: '2.5', reason: 'restart' };
    accounting.set(start, [
      { ...gap, lost: i },
      { ...gap, lost: i + 1 },
    ]);
  }
  return { hour, accounting };
}
const MONTH_END = Date.parse('2026-11-30T12:00:00Z') / 1000;

const QUESTIONS = [
  'select count(*) as n, sum(packets) as p, sum(bytes_up) as u from T(hour)',
  'select site, device, count(*) as n, sum(packets) as p, max(revision) as r from T(hour) group by site, device',
  'select countries, count(*) as n from T(hour) group by countries',
  'select site, count(*) as n, sum(lost) as l from T(accounting) group by site',
] as const;

async function answersOf({ ask, table }: Database): Promise<string[][]> {
  const answers: string[][] = [];
  for (const question of QUESTIONS) {
    const rows = await ask(question.replaceAll(/T\((\w+)\)/g, (_, name: string) => table(name)));
    answers.push(rows.map((row) => Object.values(row).map(String).join(' ')).toSorted());
  }
  return answers;
}

test('rows that a correction leaves out, equal rows and a server killed half-way: each hour counts once', {
  skip: SKIP,
}, async (t) => {
  const archive = path.join(temporaryFolder(t), 'archive');
  const write = async (revision: number, sites = SITES) => {
    for (const [i, site] of sites.entries())
      await writeHours(
        archive,
        invented(i + 1, revision),
        { site, tool: null, ledger: { lines: 1, head: '' }, written: '' },
        LATER,
      );
  };
  await write(1);
  const servers = await clickHouses(t, 2);
  const [one, two] = servers as [ClickHouse, ClickHouse];
  const wish = loadWishOf(archive, 'invented', servers);
  // The second server dies as soon as the first rows are there.
  const killed: Promise<void>[] = [];
  const progress = () => {
    if (killed.length === 0) killed.push(two.kill());
  };
  await assert.rejects(loadArchives({ ...wish, progress }), { code: 'CLICKHOUSE_UNREACHABLE' });
  await Promise.all(killed);
  await two.start();
  await loadArchives(wish);
  assert.deepEqual(await answersOf(clickHouseOf(one, 'invented')), await answersOf(duckDb(archive)));
  for (const server of servers) {
    const [{ n } = { n: 0 }] = await server.ask(`select count(*) as n from invented.hour_rows`);
    assert.ok(Number(n) > 0, 'both servers have a share');
  }

  await compactRows(archive, '2999-01-01');
  await write(2, SITES.slice(0, 2));
  const late = await loadArchives(wish);
  assert.deepEqual(late.problem, []);
  assert.ok(late.hours > 0 && late.hours < 2 * HOURS, `${late.hours} hours were corrected`);
  assert.deepEqual(await answersOf(clickHouseOf(two, 'invented')), await answersOf(duckDb(archive)));
  const [before] = await answersOf(clickHouseOf(one, 'invented'));
  for (const server of servers)
    for (const table of ['hour_rows', 'accounting_rows', 'loaded_rows'])
      await server.run(`OPTIMIZE TABLE invented.${table} FINAL`);
  assert.deepEqual((await answersOf(clickHouseOf(one, 'invented')))[0], before);
  const again = await loadArchives(wish);
  assert.deepEqual([again.hours, again.rows], [0, 0]);
});
