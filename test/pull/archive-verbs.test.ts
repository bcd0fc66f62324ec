// What `weir archive` prints: for people, for machines, and where the folder is none.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Archive } from '../../appliance/pull/archive.ts';
import { readHold } from '../../appliance/pull/hold.ts';
import { temporaryFolder } from '../capture/fixture.ts';

const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

function weir(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [WEIR, 'archive', ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

async function emptyArchive(t: TestContext): Promise<string> {
  const folder = path.join(temporaryFolder(t), 'archive');
  await Archive.open(folder, true);
  return folder;
}

test('an archive is held and released, and says so; the first hold stays', async (t) => {
  const folder = await emptyArchive(t);
  const first = weir('hold', folder, '--reason', 'case 4711\u001b[31m');
  assert.equal(first.stderr, '');
  assert.match(first.stdout, /^held since \d{4}-\d\d-\d\dT[\d:.]+Z: case 4711/);
  assert.ok(!first.stdout.includes('\u001b'));
  assert.equal(weir('hold', folder, '--reason', 'another').stdout, first.stdout);
  assert.match(weir('release', folder).stdout, /^released; /);
  assert.equal(weir('release', folder).stdout, 'there was no hold\n');
  assert.equal(readHold(folder), undefined);
});

test('a damaged hold holds all the same', async (t) => {
  const folder = await emptyArchive(t);
  for (const content of ['', '{', '[]', '\u0000'.repeat(4096)]) {
    fs.writeFileSync(path.join(folder, 'hold.json'), content);
    assert.deepEqual(readHold(folder), { since: null, reason: '' });
  }
  assert.match(weir('hold', folder).stdout, /^held since an unknown time/);
  assert.match(weir('release', folder).stdout, /^released; /);
});

test('an archive without appliances has a state, as text and as JSON, and nothing to join', async (t) => {
  const folder = await emptyArchive(t);
  assert.match(weir('status', folder).stdout, /^site +appliance +host/);
  assert.deepEqual(JSON.parse(weir('status', folder, '--json').stdout), { sites: [] });
  assert.equal(weir('compact', folder).stdout, '0 joined files written\n');
});

test('a folder that is no archive is one clear line, and stays as it is', (t) => {
  const folder = temporaryFolder(t);
  fs.writeFileSync(path.join(folder, 'letter.txt'), 'mine');
  for (const verb of ['status', 'compact', 'hold', 'release']) {
    const { status, stdout, stderr } = weir(verb, folder);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, /^weir: [^\n]*\[ARCHIVE_INVALID\]\n$/);
  }
  assert.deepEqual(fs.readdirSync(folder), ['letter.txt']);
});

test('a damaged list of hosts is no empty one: it would pin no key, and be written over', async (t) => {
  const folder = await emptyArchive(t);
  const archive = await Archive.open(folder, false);
  const known = { page_key: 'a'.repeat(64), site: 'b'.repeat(64) };
  archive.rememberHost('pi.local:8080', known);
  assert.deepEqual(archive.hosts(), { 'pi.local:8080': known });
  const file = path.join(folder, 'hosts.json');
  for (const content of ['', '{"pi.local', ' '.repeat(5 << 20)]) {
    fs.writeFileSync(file, content);
    assert.throws(() => archive.hosts(), /hosts\.json is damaged.*Restore it/);
    assert.throws(() => archive.rememberHost('other:8080', known), { code: 'ARCHIVE_INVALID' });
    assert.equal(fs.readFileSync(file, 'utf8'), content);
  }
  fs.rmSync(file);
  assert.deepEqual(archive.hosts(), {});
});
