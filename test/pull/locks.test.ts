// Real processes that write into one archive at once: no entry is lost, one has a lock at a time, and a dead one's lock is taken over once.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Archive } from '../../appliance/pull/archive.ts';
import { temporaryFolder } from '../capture/fixture.ts';

const WORKER = fileURLToPath(new URL('lock-worker.js', import.meta.url));
const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const SITE = 'c'.repeat(64);
const AT_ONCE = 4;
const KEY = { page_key: 'a'.repeat(64), site: null };

function worker(t: TestContext, ...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [WORKER, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function ended(child: ChildProcess): Promise<{ code: unknown; out: string }> {
  let out = '';
  child.stdout?.on('data', (piece: Buffer) => (out += piece.toString('utf8')));
  const [code] = await once(child, 'close');
  return { code, out };
}

async function newArchive(t: TestContext): Promise<Archive> {
  return await Archive.open(path.join(temporaryFolder(t), 'archive'), true);
}

test('processes that note hosts at once lose none, and a key that another pinned meanwhile is not replaced', async (t) => {
  const archive = await newArchive(t);
  const each = 40;
  const workers = Array.from({ length: AT_ONCE }, (_, i) => worker(t, 'hosts', archive.folder, `home${i}`, `${each}`));
  const ends = await Promise.all(workers.map(ended));
  assert.deepEqual(
    ends.map(({ code }) => code),
    Array.from({ length: AT_ONCE }, () => 0),
  );
  assert.equal(Object.keys(archive.hosts()).length, AT_ONCE * each);
  const other = { ...KEY, page_key: 'b'.repeat(64) };
  assert.throws(() => archive.rememberHost('home0-0:8443', other, false), /another pull has just noted/);
  archive.rememberHost('home0-0:8443', other, true);
  assert.equal(archive.hosts()['home0-0:8443']?.page_key, other.page_key);
});

test('the lock of a killed process is taken over once, and one process has it at a time', async (t) => {
  const archive = await newArchive(t);
  const holder = worker(t, 'hold', archive.folder, SITE);
  await once(holder.stdout ?? holder, 'data');
  const compact = () => spawnSync(process.execPath, [WEIR, 'archive', 'compact', archive.folder], { encoding: 'utf8' });
  fs.mkdirSync(path.join(archive.folder, 'v1', 'table=hour', `site=${SITE}`), { recursive: true });
  const refused = compact();
  assert.equal(refused.status, 1);
  assert.match(
    refused.stderr,
    new RegExp(`process ${holder.pid} fetches from this appliance already; nothing was done`),
  );
  holder.kill('SIGKILL');
  await once(holder, 'close');
  const workers = Array.from({ length: AT_ONCE }, () => worker(t, 'turns', archive.folder, SITE, '25'));
  const ends = await Promise.all(workers.map(ended));
  assert.deepEqual(
    ends.map(({ code }) => code),
    Array.from({ length: AT_ONCE }, () => 0),
  );
  const said = ends.flatMap(({ out }) => out.split('\n').filter(Boolean));
  assert.deepEqual(said, [
    `${SITE.slice(0, 16)}: process ${holder.pid} ended without giving its lock back; it was taken over.`,
  ]);
  assert.deepEqual(
    fs.readdirSync(archive.siteFolder(SITE)).filter((name) => name.includes('lock')),
    [],
    'no lock is left',
  );
  assert.equal(compact().status, 0);
});

test('a process number that was given away since is not taken for the owner; a damaged lock is nobody’s', async (t) => {
  const archive = await newArchive(t);
  const unlock = archive.lock(SITE);
  const file = path.join(archive.siteFolder(SITE), 'pull.lock');
  const [pid = '', start = ''] = fs.readFileSync(file, 'utf8').trim().split(' ');
  assert.equal(pid, String(process.pid));
  assert.throws(() => archive.lock(SITE), { code: 'ALREADY_RUNNING' });
  unlock();
  for (const [text, owner] of [
    [`${pid} ${Number(start) - 1}\n`, pid],
    ['', '0'],
    ['what\n', '0'],
  ] as const) {
    fs.writeFileSync(file, text);
    const said: string[] = [];
    archive.lock(SITE, (message) => said.push(message))();
    assert.match(said.join(' '), new RegExp(`process ${owner} ended without`));
  }
  // Of a version that noted no start.
  fs.writeFileSync(file, `${pid}\n`);
  assert.throws(() => archive.lock(SITE), { code: 'ALREADY_RUNNING' });
});
