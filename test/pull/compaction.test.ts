// Hours joined into a month: whatever a cut leaves between two steps, readers see the same rows, and the next compaction ends it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { forgetRows } from '../../appliance/pull/tables/forget-rows.ts';
import { writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import { readHours } from '../../appliance/pull/tables/hourly-reader.ts';
import { writeJoined } from '../../appliance/pull/tables/joined-file.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { compactSites } from './compacted.ts';
import { ask, newest } from './duckdb.ts';

const SITE = 'd'.repeat(64);
const ORIGIN = { site: SITE, tool: null, ledger: { lines: 1, head: '' }, written: '' };
const START = Date.parse('2026-01-30T00:00:00Z') / 1000;
const LATER = START + 400 * 86_400;
const FOREVER = '2999-01-01';
const HOURS = 72;

/** Three days in two months. */
function names(queries: number, hours = HOURS, devices: readonly string[] = ['b827eb000001', 'b827eb000002']) {
  return new Map(
    Array.from({ length: hours }, (_, i) => [
      START + i * 3600,
      devices.map((device) => ({ device, phase: 'idle', name: `host${i}.example.org`, queries: queries + i })),
    ]),
  );
}

function rootOf(archive: string): string {
  return path.join(archive, 'v1', 'table=dns', `site=${SITE}`);
}

function files(archive: string): string[] {
  const below = fs.readdirSync(rootOf(archive), { recursive: true, encoding: 'utf8' });
  return below.filter((name) => /\.(parquet|json)$/.test(name)).toSorted();
}

/** As our reader sees them, and as DuckDB does. */
async function seen(archive: string): Promise<string[]> {
  const ours: string[] = [];
  const damaged = (message: string) => assert.fail(message);
  for await (const { rows } of readHours({ archive, table: 'dns', site: SITE, wanted: () => true, damaged }))
    for (const { hour, device, queries } of rows) ours.push(`${hour} ${device} ${queries}`);
  const theirs = await ask(
    `select epoch(hour)::bigint || ' ' || device || ' ' || queries as row from ${newest(archive, 'dns')}`,
  );
  assert.deepEqual(theirs.map(({ row }) => String(row)).toSorted(), ours.toSorted());
  return ours;
}

const write = (archive: string, dns: ReturnType<typeof names>) => writeHours(archive, { dns }, ORIGIN, LATER);

async function written(t: TestContext): Promise<string> {
  const archive = temporaryFolder(t);
  await write(archive, names(1));
  return archive;
}

test('days become a file of their month; a later revision, a second delivery and an hour that became empty count once', async (t) => {
  const archive = await written(t);
  const before = await seen(archive);
  assert.equal(before.length, HOURS * 2);
  assert.equal(await compactSites(archive, '2026-01-31'), 1);
  assert.ok(files(archive).includes('date=2026-01-31/00.parquet'), 'a day that is not over stays');
  assert.deepEqual(await seen(archive), before);
  assert.equal(await compactSites(archive, FOREVER), 2);
  const joined = ['2026-01', '2026-02'].flatMap((month) =>
    ['json', 'parquet'].map((end) => `month=${month}/month.${end}`),
  );
  assert.deepEqual(files(archive), joined);
  assert.deepEqual(fs.readdirSync(rootOf(archive)), ['month=2026-01', 'month=2026-02'], 'no empty folder is left');
  assert.deepEqual(await seen(archive), before);
  assert.equal(await write(archive, names(1)), 0, 'delivered twice');
  assert.equal(await compactSites(archive, FOREVER), 0);

  const corrected = names(50, 20);
  for (const [hour, rows] of names(1)) if (!corrected.has(hour)) corrected.set(hour, hour < START + 86_400 ? [] : rows);
  assert.equal(await write(archive, corrected), 24);
  const late = await seen(archive);
  assert.equal(late.length, (HOURS - 4) * 2);
  assert.equal(await write(archive, corrected), 0);
  await compactSites(archive, FOREVER);
  assert.deepEqual(await seen(archive), late);
  assert.deepEqual(files(archive), joined);
});

test('a cut after any step of a compaction changes no row, and the next one ends it', async (t) => {
  const archive = await written(t);
  await compactSites(archive, FOREVER);
  await write(archive, names(70, 30));
  const expected = await seen(archive);
  const copyOf = (name: string) => {
    const copy = path.join(temporaryFolder(t), name);
    fs.cpSync(archive, copy, { recursive: true });
    return copy;
  };
  const done = copyOf('done');
  await compactSites(done, FOREVER);
  assert.deepEqual(await seen(done), expected);
  const ends = files(done);
  const month = (root: string, end: string) => path.join(rootOf(root), 'month=2026-01', `month.${end}`);
  /** Steps in their order: the next sidecar, the file, its sidecar, then the hours go one by one. */
  const steps: ((copy: string) => void)[] = [
    (copy) => fs.copyFileSync(month(done, 'json'), month(copy, 'next.json')),
    (copy) => fs.copyFileSync(month(done, 'parquet'), month(copy, 'parquet')),
    (copy) => fs.renameSync(month(copy, 'next.json'), month(copy, 'json')),
    ...files(archive)
      .filter((name) => name.startsWith('date=2026-01-30/'))
      .toSorted((a, b) => b.localeCompare(a))
      .map((name) => (copy: string) => fs.rmSync(path.join(rootOf(copy), name))),
  ];
  for (let count = 1; count <= steps.length; count++) {
    const copy = copyOf(`cut${count}`);
    for (const step of steps.slice(0, count)) step(copy);
    assert.deepEqual(await seen(copy), expected, `after step ${count}`);
    await compactSites(copy, FOREVER);
    assert.deepEqual(await seen(copy), expected, `after step ${count} and a compaction`);
    assert.deepEqual(files(copy), ends);
  }
});

test('day files of an earlier version are read, and go into the month; a forgotten device leaves both', async (t) => {
  const archive = await written(t);
  const expected = await seen(archive);
  const hours = [];
  for await (const hour of readHours({ archive, table: 'dns', site: SITE, wanted: () => true, damaged: assert.fail }))
    if (hour.sidecar.hour.startsWith('2026-01-31')) hours.push(hour);
  const folder = path.join(rootOf(archive), 'date=2026-01-31');
  fs.rmSync(folder, { recursive: true });
  await writeJoined(
    folder,
    'day',
    { table: 'dns', site: SITE, of: '2026-01-31' },
    hours.map(({ sidecar }) => sidecar),
    hours.flatMap(({ rows }) => rows),
  );
  assert.deepEqual(await seen(archive), expected);
  await compactSites(archive, '2026-01-31');
  assert.deepEqual(await seen(archive), expected);
  const forgotten = path.join(temporaryFolder(t), 'forgotten');
  fs.cpSync(archive, forgotten, { recursive: true });
  const gone = 'b827eb000002';
  assert.equal(await forgetRows(forgotten, ORIGIN, new Set([gone])), 1 + 1 + 24, 'a month, a day, hours');
  const stays = expected.filter((row) => !row.includes(gone));
  assert.deepEqual(await seen(forgotten), stays);
  for (const copy of [archive, forgotten]) await compactSites(copy, FOREVER);
  assert.deepEqual(await seen(archive), expected);
  assert.deepEqual(await seen(forgotten), stays);
  assert.equal(files(archive).length, 4);
});
