import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../capture/fixture.ts';
import { cuttingLine, pullAll, recorded, siteOf } from './recorded.ts';

function filesBelow(folder: string): Map<string, string> {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => fs.lstatSync(path.join(folder, name)).isFile());
  return new Map(files.map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('base64')]));
}

test('a pull brings ledger, head, sidecars and captures home, byte for byte', async (t) => {
  const served = await recorded(t, { hour: 0, count: 120, devices: [1, 2] });
  const archive = path.join(temporaryFolder(t), 'archive');
  const [end] = await pullAll(archive, [served]);
  assert.equal(end?.error, undefined);
  const site = siteOf(archive);
  assert.deepEqual(filesBelow(path.join(site, 'captures')), filesBelow(path.join(served.dataDir, 'captures')));
  for (const name of ['ledger.ndjson', 'ledger.head', 'appliance.json'])
    assert.equal(
      fs.readFileSync(path.join(site, name), 'utf8'),
      fs.readFileSync(path.join(served.dataDir, name), 'utf8'),
      name,
    );
  const before = filesBelow(path.join(site, 'captures'));
  const [again] = await pullAll(archive, [served]);
  assert.deepEqual([again?.pulled?.captures, again?.pulled?.sidecars, again?.pulled?.ledger.lines], [0, 0, 0]);
  assert.deepEqual(filesBelow(path.join(site, 'captures')), before);
});

test('a line that is cut at random bytes ends with the same archive', async (t) => {
  const served = await recorded(t, { hour: 0, count: 400, devices: [1, 2, 3] });
  const port = Number(served.host.split(':')[1]);
  let state = 4711;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  let cuts = () => 0;
  const line = await cuttingLine(t, port, () =>
    cuts() < 100 ? 1 + Math.floor(random() * 12_000) : Number.MAX_SAFE_INTEGER,
  );
  cuts = line.cuts;
  const folder = path.join(temporaryFolder(t), 'archive');
  let error: Error | undefined;
  // A pull that needs nothing more still asks enough to be cut.
  for (let rounds = 0; rounds < 500; rounds++) {
    error = (await pullAll(folder, [served], { through: line.host }))[0]?.error;
    if (error === undefined && cuts() >= 100) break;
  }
  assert.equal(error, undefined);
  assert.ok(cuts() >= 100, `${cuts()} cuts`);
  const site = siteOf(folder);
  assert.deepEqual(filesBelow(path.join(site, 'captures')), filesBelow(path.join(served.dataDir, 'captures')));
  assert.equal(
    fs.readFileSync(path.join(site, 'ledger.ndjson'), 'utf8'),
    fs.readFileSync(path.join(served.dataDir, 'ledger.ndjson'), 'utf8'),
  );
  assert.deepEqual(
    fs.readdirSync(site).filter((name) => name.startsWith('incoming')),
    [],
  );
});
