import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Sessions } from '../../appliance/publish/http/access/sessions.ts';
import { startTestAppliance } from './running.ts';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 20, 12);

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-sessions-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

const at = (dir: string, now: number, wall: number) => new Sessions(dir, now, () => wall);
const fileOf = (dir: string) => join(dir, 'access', 'sessions.json');

test('whoever is logged in stays so over a restart, until twelve idle hours are over', (t) => {
  const dir = folder(t);
  const id = at(dir, 5000, NOON).open(5000);
  assert.equal(at(dir, 0, NOON + 11 * HOUR_MS).use(id, 0), true);
  assert.equal(at(dir, 0, NOON + 13 * HOUR_MS).use(id, 0), true, 'its use was kept');
  assert.equal(at(dir, 0, NOON + 26 * HOUR_MS).use(id, 0), false);
});

test('the file holds hashes only, and only its owner reads it', (t) => {
  const dir = folder(t);
  const id = at(dir, 0, NOON).open(0);
  assert.doesNotMatch(readFileSync(fileOf(dir), 'utf8'), new RegExp(id));
  assert.equal(statSync(fileOf(dir)).mode & 0o777, 0o600);
});

test('a log-out is one after a restart too', (t) => {
  const dir = folder(t);
  const sessions = at(dir, 0, NOON);
  const [left, right] = [sessions.open(0), sessions.open(0)];
  sessions.close(left, 1);
  const again = at(dir, 0, NOON);
  assert.deepEqual([again.use(left, 1), again.use(right, 1)], [false, true]);
});

test('a clock that starts in 1970 gives a session no more than its full time', (t) => {
  const dir = folder(t);
  const id = at(dir, 0, NOON).open(0);
  assert.equal(at(dir, 0, 0).use(id, 12 * HOUR_MS + 1), false);
  assert.equal(at(dir, 0, 0).use(id, 12 * HOUR_MS - 1), true);
});

test('a damaged file and a folder that takes nothing log nobody in and break nothing', (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'access'));
  for (const text of ['', '{', '{"sessions":[{"hash":"x","ends":"y"}]}', '[1]', 'null']) {
    writeFileSync(fileOf(dir), text);
    assert.equal(at(dir, 0, NOON).use('x', 0), false, text);
  }
  const full = folder(t);
  writeFileSync(join(full, 'access'), 'in the way');
  const nowhere = at(full, 0, NOON);
  assert.equal(nowhere.use(nowhere.open(0), 1), true);
});

test('a log-in at the page survives a restart of the appliance', async (t) => {
  const first = await startTestAppliance(t);
  const cookie = await first.logIn();
  await first.running.stop();
  const second = await startTestAppliance(t, undefined, first.folder, first.capture);
  assert.equal((await second.ask('/api/v1/status', { headers: { cookie } })).status, 200);
  assert.equal((await second.ask('/api/v1/status')).status, 401);
});
