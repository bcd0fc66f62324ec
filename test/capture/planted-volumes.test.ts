import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { freeName, setAsidePlanted } from '../../appliance/capture/ledger/planted-volumes.ts';
import { fullVolumes, missingVolumes, volumeName } from '../../appliance/model/files/ledger-files.ts';
import { temporaryFolder } from './fixture.ts';

const FIRST_LINE = (volume: number): string =>
  `${JSON.stringify({ n: volume * 10, previous: '0'.repeat(64), type: 'volume', volume })}\n`;

/** Two volumes as capture makes them, and whatever else. */
function folderWith(t: TestContext, more: Readonly<Record<number, string>>): string {
  const folder = temporaryFolder(t);
  const texts = { 1: '{"n":1,"type":"start"}\n', 2: FIRST_LINE(2), ...more };
  for (const [volume, text] of Object.entries(texts))
    fs.writeFileSync(path.join(folder, volumeName(Number(volume))), text);
  return folder;
}

const numbers = (folder: string): number[] => fullVolumes(fs.readdirSync(folder));

test('volumes that begin as such stay, whatever is in the first', (t) => {
  const folder = folderWith(t, { 1: 'noise\n', 3: FIRST_LINE(3) });
  assert.deepEqual(setAsidePlanted(path.join(folder, 'ledger.ndjson')), []);
  assert.deepEqual(numbers(folder), [1, 2, 3]);
});

test('what lies above them and begins as none is renamed, a pipe and a link too, and nothing is thrown away', (t) => {
  const folder = folderWith(t, { 5: 'noise\n', 6: FIRST_LINE(7), 999999: '' });
  execFileSync('mkfifo', [path.join(folder, volumeName(8))]);
  fs.symlinkSync(volumeName(2), path.join(folder, volumeName(9)));
  const freed = setAsidePlanted(path.join(folder, 'ledger.ndjson'));
  assert.deepEqual(freed, [999_999, 9, 8, 6, 5].map(volumeName));
  assert.deepEqual(numbers(folder), [1, 2]);
  for (const name of freed) assert.ok(fs.lstatSync(path.join(folder, `aside-${name}`)) !== undefined, name);
});

test('a folder that is not there has none', (t) => {
  assert.deepEqual(setAsidePlanted(path.join(temporaryFolder(t), 'x', 'ledger.ndjson')), []);
});

test('a name that a dangling link holds is not free', (t) => {
  const name = path.join(temporaryFolder(t), 'a');
  assert.equal(freeName(name), name);
  fs.symlinkSync('nowhere', name);
  assert.equal(freeName(name), `${name}.2`);
});

test('volumes that lack are counted, and the lowest are named', () => {
  assert.deepEqual(missingVolumes([], 3), { count: 0, lowest: [] });
  assert.deepEqual(missingVolumes([1, 2, 3], 3), { count: 0, lowest: [] });
  assert.deepEqual(missingVolumes([2, 5, 999_999], 3), { count: 999_996, lowest: [1, 3, 4] });
});
