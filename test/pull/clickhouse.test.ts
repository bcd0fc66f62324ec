// ClickHouse over archives: two real servers, a Distributed table, corrections, a server that dies. Its sums are DuckDB's, and those
// that the appliances give themselves.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { loadArchives } from '../../appliance/pull/clickhouse/loader.ts';
import { type TableRows, writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import { fromParquet, toParquet } from '../../appliance/pull/tables/parquet.ts';
import type { Row } from '../../appliance/pull/tables/table.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { type ClickHouse, clickHouses, hasClickHouse, loadWishOf } from './clickhouse-servers.ts';
import { compactSites } from './compacted.ts';
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

  await compactSites(archive, '2999-01-01');
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

/** Rewrites the sidecar of a file, with the hash of what now lies there. */
function resign(file: string, change: Record<string, unknown>): void {
  const sidecar = JSON.parse(fs.readFileSync(`${file}.json`, 'utf8')) as Record<string, unknown>;
  const sha256 = createHash('sha256')
    .update(fs.readFileSync(`${file}.parquet`))
    .digest('hex');
  fs.writeFileSync(`${file}.json`, JSON.stringify({ ...sidecar, sha256, ...change }));
}

/** What an archive of somebody else may hold; each of the second site's hours is one of these. `file`: without its ending. */
const HOSTILE: Readonly<Record<string, (file: string) => void | Promise<void>>> = {
  'rows of another appliance': async (file) => {
    const rows = await fromParquet(fs.readFileSync(`${file}.parquet`));
    const other = rows.map((row) => ({ ...row, site: SITES[0] ?? '' }));
    fs.writeFileSync(`${file}.parquet`, await toParquet('hour', other));
    resign(file, {});
  },
  'rows of another hour': async (file) => {
    const rows = await fromParquet(fs.readFileSync(`${file}.parquet`));
    fs.writeFileSync(
      `${file}.parquet`,
      await toParquet(
        'hour',
        rows.map((row) => ({ ...row, hour: MONTH_END })),
      ),
    );
    resign(file, {});
  },
  'a sidecar of another appliance': (file) => resign(file, { site: SITES[0] }),
  'a revision that is a statement': (file) => resign(file, { revision: '1); DROP TABLE hostile.hour_rows; --' }),
  'a revision beyond the column': (file) => resign(file, { revision: 2 ** 40 }),
  'an hour that is a path': (file) => resign(file, { hour: '../../../../etc' }),
  'bytes that are no Parquet': (file) => {
    fs.writeFileSync(`${file}.parquet`, Buffer.alloc(4096, 'PAR1'));
    resign(file, {});
  },
  'another kind of rows': async (file) => {
    const row = {
      site: SITES[1] ?? '',
      hour: 0,
      revision: 1,
      kind: 'gap',
      device: null,
      from: '1',
      to: '2',
      lost: 1,
      reason: '',
    };
    fs.writeFileSync(`${file}.parquet`, await toParquet('accounting', [row as never]));
    resign(file, { rows: 1 });
  },
  'a link': (file) => {
    fs.renameSync(`${file}.parquet`, `${file}.else`);
    fs.symlinkSync(`${file}.else`, `${file}.parquet`);
  },
  'a pipe': (file) => {
    fs.rmSync(`${file}.parquet`);
    execFileSync('mkfifo', [`${file}.parquet`]);
  },
  'an endless file': (file) => fs.truncateSync(`${file}.parquet`, 2 ** 40),
  'a huge text': async (file) => {
    const rows = await fromParquet(fs.readFileSync(`${file}.parquet`));
    const huge = rows.map((row) => ({ ...row, countries: 'x'.repeat(1_000_000) }));
    fs.writeFileSync(`${file}.parquet`, await toParquet('hour', huge));
    resign(file, {});
  },
};

test('of a hostile archive only what is of its place is loaded: the rest is named, and nothing of others changes', {
  skip: SKIP,
}, async (t) => {
  const archive = path.join(temporaryFolder(t), 'archive');
  const origin = { tool: null, ledger: { lines: 1, head: '' }, written: '' };
  for (const [i, site] of SITES.slice(0, 2).entries())
    await writeHours(archive, invented(i + 1, 1), { site, ...origin }, LATER);
  const root = path.join(archive, 'v1', 'table=hour', `site=${SITES[1]}`);
  const stamps = Object.keys(HOSTILE).map((_, i) => new Date((MONTH_END + i * 3600) * 1000).toISOString());
  for (const [i, spoil] of Object.values(HOSTILE).entries()) {
    const stamp = stamps[i] ?? '';
    await spoil(path.join(root, `date=${stamp.slice(0, 10)}`, stamp.slice(11, 13)));
  }
  const strange = "site=x'; DROP DATABASE hostile; --";
  fs.cpSync(root, path.join(archive, 'v1', 'table=hour', strange), {
    recursive: true,
    filter: (name) => !name.endsWith('.parquet'),
  });
  fs.mkdirSync(path.join(archive, 'v1', "table=x' OR 1"), { recursive: true });
  const servers = await clickHouses(t, 1);
  const wish = { ...loadWishOf(archive, 'hostile', servers), layout: { database: 'hostile' } };
  const loaded = await loadArchives(wish);
  const [server] = servers as [ClickHouse];
  const count = async (site: string | undefined) => {
    const [row] = await server.ask(
      `select count(*) as n, uniqExact(hour) as h, sum(packets) as p from hostile.hour where site = '${site}'`,
    );
    return [Number(row?.['n']), Number(row?.['h']), Number(row?.['p'])];
  };
  const honest = [...(invented(1, 1)['hour'] ?? new Map<number, Row[]>()).values()].flat();
  const packets = honest.reduce((sum, row) => sum + Number(row['packets']), 0);
  const expected = [5 * HOURS, HOURS, packets];
  assert.deepEqual(await count(SITES[0]), expected, 'nothing was added to the honest one, nor replaced');
  const [, hours] = await count(SITES[1]);
  assert.ok((hours ?? 99) <= HOURS - Object.keys(HOSTILE).length, `${hours} hours of the hostile one`);
  assert.ok(loaded.problem.length >= 3, loaded.problem.join('\n'));
  assert.ok(loaded.problem.some((line) => /no appliance’s fingerprint/.test(line)));
});
