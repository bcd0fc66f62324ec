// Three appliances as processes of their own into one archive, while lines break, an index is rebuilt, captures are deleted for
// space, a clock goes back, and somebody pulls twice at once: the archive ends as if nothing had been.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Archive } from '../../appliance/pull/archive.ts';
import { parseHost } from '../../appliance/pull/host-name.ts';
import { verifySite } from '../../appliance/pull/verify-archive.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { assertOwnSums, duckDb } from './own-sums.ts';
import { RealAppliance } from './real-appliance.ts';
import { cuttingLine, HOUR, pullAll, recordInto } from './recorded.ts';

const LATER = (HOUR + 40 * 86_400) * 1000;
const CUTS = 100;

/** Numbers that look like chance, the same every time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test('cut lines, a rebuild, deleted captures, a clock that goes back and two pulls at once end in the same archive', async (t) => {
  const folder = temporaryFolder(t);
  const archive = path.join(folder, 'archive');
  const dirs = [0, 1, 2].map((i) => path.join(folder, `home${i}`));
  for (const [i, dir] of dirs.entries())
    await recordInto(dir, { hour: 2, count: 150 + 50 * i, devices: [3 * i + 1, 3 * i + 2] });
  const homes: RealAppliance[] = [];
  for (const dir of dirs) homes.push(await RealAppliance.start(t, dir));
  const random = chance(4711);
  let cuts = 0;
  const now = () => LATER;

  /** Pulls through lines that break until `most` have broken in all, and then until all is there. */
  const pullThrough = async (most: number) => {
    const hosts = new Map<string, string>();
    for (const home of homes) {
      const next = () => (cuts < most ? 1 + Math.floor(random() * 9000) : Number.MAX_SAFE_INTEGER);
      const line = await cuttingLine(t, Number(home.host.split(':')[1]), next, () => cuts++);
      hosts.set(home.host, line.host);
    }
    for (;;) {
      const served = homes.map((home) => ({ host: hosts.get(home.host) ?? '', token: home.token }));
      // At first somebody else pulls at the same time.
      const pulls = Array.from({ length: most < CUTS / 2 ? 2 : 1 }, () => pullAll(archive, served, { now }));
      const errors = (await Promise.all(pulls))
        .flat()
        .flatMap(({ error }) => (error === undefined ? [] : [error.message]));
      const wrong = errors.filter((text) => !/no answer after|fetches from this appliance already/.test(text));
      assert.deepEqual(wrong, []);
      if (cuts >= most && errors.every((text) => /already/.test(text))) return;
    }
  };

  await pullThrough(CUTS / 4);
  await homes[1]?.rebuild();
  await pullThrough(CUTS / 2);
  // The clock went back by an hour; the appliance meets what was recorded meanwhile when it starts.
  const [first, second, third] = homes as [RealAppliance, RealAppliance, RealAppliance];
  await first.stop();
  await recordInto(first.dataDir, { hour: 1, count: 60, devices: [1, 2] });
  await first.start();
  await pullThrough((CUTS * 3) / 4);
  await third.stop();
  await recordInto(third.dataDir, { hour: 5, count: 60, devices: [7, 8] }, 8000, { budgetBytes: 30_000 });
  await third.start();
  await pullThrough(CUTS);
  assert.ok(cuts >= CUTS, `${cuts} cuts`);

  const sites = (await Archive.open(archive, false)).sites();
  assert.equal(sites.length, 3);
  for (const site of sites) {
    const at = path.join(archive, 'sites', site);
    const report = await verifySite(at);
    assert.ok(report.ok, JSON.stringify(report.problems));
    const ledger = fs.readFileSync(path.join(at, 'ledger.ndjson'), 'utf8');
    const source = dirs.find((dir) => fs.readFileSync(path.join(dir, 'ledger.ndjson'), 'utf8') === ledger);
    assert.ok(source !== undefined, `the ledger of ${site} is that of no appliance`);
    for (const name of filesBelow(path.join(source, 'captures')))
      assert.deepEqual(read(path.join(at, 'captures', name)), read(path.join(source, 'captures', name)), name);
    assert.deepEqual(
      fs.readdirSync(at).filter((name) => name.startsWith('incoming')),
      [],
    );
  }
  // What was deleted for space is still in the archive.
  const lines = read(path.join(third.dataDir, 'ledger.ndjson')).toString();
  assert.match(lines, /"type":"segment-deleted"/);
  await assertOwnSums(homes, [duckDb(archive)]);

  const before = homes.map((home) => home.cpuSeconds());
  const ends = await pullAll(archive, homes, { now });
  for (const [i, home] of [first, second, third].entries()) {
    const cost = ends[i]?.pulled?.cost;
    t.diagnostic(
      `${parseHost(home.host).key}: ${home.cpuSeconds().toFixed(2)} s of processor in all; a pull of nothing new ${(home.cpuSeconds() - (before[i] ?? 0)).toFixed(2)} s, ${cost?.requests} requests, ${cost?.bytes} bytes`,
    );
  }
});

function filesBelow(folder: string): string[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => fs.lstatSync(path.join(folder, name)).isFile());
}

function read(file: string): Buffer {
  return fs.readFileSync(file);
}
