// Tables of an archive as text: what DuckDB reads out of the CSV and the lines of JSON is what it reads out of the Parquet.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeHours } from '../../appliance/pull/tables/hourly-files.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { compactSites } from './compacted.ts';
import { ask, newest } from './duckdb.ts';

const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const HOUR = 1_795_176_000;
const SITE = 'a'.repeat(64);

function rows(...words: readonly string[]) {
  return spawnSync(process.execPath, [WEIR, 'archive', 'rows', ...words], { encoding: 'utf8' });
}

test('rows as CSV and as lines of JSON are those of the Parquet, each hour once', async (t) => {
  const folder = temporaryFolder(t);
  const archive = path.join(folder, 'archive');
  fs.mkdirSync(archive);
  fs.writeFileSync(path.join(archive, 'archive.json'), '{"schema":"weir.archive/1"}\n');
  const write = (queries: number) => {
    const names = ['a.example.org', 'with, "quotes"', null];
    const dns = new Map([
      [HOUR, names.map((name, i) => ({ device: 'b827eb000001', phase: 'idle', name, queries: queries + i }))],
      [HOUR + 3600, [{ device: 'b827eb000002', phase: 'idle', name: 'b.example.org', queries: 7 }]],
    ]);
    const origin = { site: SITE, tool: null, ledger: { lines: 1, head: '' }, written: '' };
    return writeHours(archive, { dns }, origin, HOUR + 10 * 86_400);
  };
  await write(1);
  await compactSites(archive, '2999-01-01');
  await write(40);
  const columns = 'device, name, queries, revision, epoch(hour)::bigint as hour';
  const order = 'order by hour, queries';
  const expected = await ask(`select ${columns} from ${newest(archive, 'dns')} ${order}`);
  assert.equal(expected.length, 4);
  for (const [format, reader] of [
    ['csv', 'read_csv'],
    ['ndjson', 'read_json'],
  ] as const) {
    const ended = rows(archive, 'dns', '--format', format, '--site', 'aaaa');
    assert.equal(ended.status, 0, ended.stderr);
    const file = path.join(folder, `rows.${format}`);
    fs.writeFileSync(file, ended.stdout);
    const found = await ask(`select ${columns} from ${reader}('${file}') ${order}`);
    assert.deepEqual(
      found.map((row) => Object.values(row).map(String)),
      expected.map((row) => Object.values(row).map(String)),
    );
  }
  assert.match(rows(archive, 'dnss').stderr, /There is no table dnss: hour, .*nothing was written\. \[USAGE\]/);
  assert.match(rows(archive, 'dns', '--site', 'b').stderr, /no rows of dns from b; nothing was written/);
  const month = path.join(archive, 'v1', 'table=dns', `site=${SITE}`, 'month=2026-11');
  fs.appendFileSync(path.join(month, 'month.parquet'), 'x');
  const damaged = rows(archive, 'dns');
  assert.equal(damaged.status, 1);
  assert.match(
    damaged.stderr,
    /is not the one of its sidecar \(of this day or its month\), or holds rows of another place; the hours of this day were left out/,
  );
});
