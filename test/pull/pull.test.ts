import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../capture/fixture.ts';
import { pullAll, recorded, siteOf } from './recorded.ts';

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
