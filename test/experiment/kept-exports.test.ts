// Bundles in the data folder, and what somebody else may have put in their place.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { exportFiles, listExports, removeExport } from '../../appliance/experiment/kept-exports.ts';
import { temporaryFolder } from '../capture/fixture.ts';

const NAME = '20261120T120000Z';
const CUSTODY = {
  schema: 'weir.custody/1',
  appliance: 'weir-1',
  reason: 'case 7',
  selection: { devices: [], phases: [] },
  ledger: { lines: 3, head_sha256: 'ab', omitted: 0 },
  files: [{ path: 'a/2026/11/20/x.pcap', sha256: 'cd', bytes: 40 }],
};

/** A data folder with a bundle of that name, whole if it is signed. */
function bundle(t: TestContext, custody: unknown, isSigned = true): string {
  const data = temporaryFolder(t);
  const folder = path.join(data, 'exports', NAME);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'custody.json'), typeof custody === 'string' ? custody : JSON.stringify(custody));
  if (isSigned) fs.writeFileSync(path.join(folder, 'SHA256SUMS.minisig'), 'x');
  return data;
}

const wholeOf = async (data: string) => (await listExports(data, new Map())).map(({ whole }) => whole);

test('a signed bundle is whole, one without its signature is not yet', async (t) => {
  assert.deepEqual(await wholeOf(bundle(t, CUSTODY)), [{ segments: 1, bytes: 40, reason: 'case 7' }]);
  assert.deepEqual(await wholeOf(bundle(t, CUSTODY, false)), [null]);
  assert.deepEqual(await wholeOf(temporaryFolder(t)), []);
});

test('a record that is none leaves the bundle unfinished', async (t) => {
  for (const custody of ['', '{', '[]', 'null', { ...CUSTODY, files: [null] }, { ...CUSTODY, files: [{ path: 7 }] }])
    assert.deepEqual(await wholeOf(bundle(t, custody)), [null], JSON.stringify(custody));
  assert.deepEqual(await wholeOf(bundle(t, { ...CUSTODY, reason: 7 })), [{ segments: 1, bytes: 40, reason: '' }]);
});

test('what is whole is read once, and forgotten when it is gone', async (t) => {
  const data = bundle(t, CUSTODY);
  const known = new Map();
  const [first] = await listExports(data, known);
  fs.rmSync(path.join(data, 'exports', NAME, 'custody.json'));
  assert.deepEqual(await listExports(data, known), [first]);
  assert.ok(await removeExport(data, NAME));
  assert.deepEqual(await listExports(data, known), []);
  assert.equal(known.size, 0);
});

test('a link, a pipe and other names are no bundle, and nothing outside is removed', async (t) => {
  const data = bundle(t, CUSTODY);
  const outside = path.join(data, 'kept');
  fs.mkdirSync(outside);
  fs.symlinkSync(outside, path.join(data, 'exports', '20261120T120001Z'));
  fs.mkdirSync(path.join(data, 'exports', 'other'));
  assert.equal(spawnSync('mkfifo', [path.join(data, 'exports', '20261120T120002Z')]).status, 0);
  assert.deepEqual(
    (await listExports(data, new Map())).map(({ name }) => name),
    [NAME],
  );
  for (const name of ['20261120T120001Z', '20261120T120002Z', 'other', '..', '../kept', '']) {
    assert.equal(await removeExport(data, name), false, name);
    assert.equal(exportFiles(data, name), undefined, name);
  }
  assert.ok(fs.existsSync(outside));
});

test('a pipe in place of a book is left out and not waited for', async (t) => {
  const data = bundle(t, CUSTODY);
  assert.equal(spawnSync('mkfifo', [path.join(data, 'exports', NAME, 'ledger.ndjson')]).status, 0);
  assert.deepEqual(
    exportFiles(data, NAME)?.map(({ name }) => name),
    [`${NAME}/custody.json`, `${NAME}/SHA256SUMS.minisig`],
  );
});
