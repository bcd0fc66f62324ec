import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
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

const at = (dir: string, now: number, wall: number, mark = 'first') =>
  new Sessions(dir, { now, passwordMark: () => mark, wall: () => wall });
const FROM = { address: '192.0.2.7', agent: 'Firefox' };
const fileOf = (dir: string) => join(dir, 'access', 'sessions.json');

test('anyone who is logged in stays so over a restart, until twelve idle hours are over', (t) => {
  const dir = folder(t);
  const id = at(dir, 5000, NOON).open(5000, FROM);
  assert.equal(at(dir, 0, NOON + 11 * HOUR_MS).use(id, 0), true);
  assert.equal(at(dir, 0, NOON + 13 * HOUR_MS).use(id, 0), true, 'its use was kept');
  assert.equal(at(dir, 0, NOON + 26 * HOUR_MS).use(id, 0), false);
});

test('the file holds hashes only, and only its owner reads it', (t) => {
  const dir = folder(t);
  const id = at(dir, 0, NOON).open(0, FROM);
  assert.doesNotMatch(readFileSync(fileOf(dir), 'utf8'), new RegExp(id));
  assert.equal(statSync(fileOf(dir)).mode & 0o777, 0o600);
});

test('a log-out is one after a restart too', (t) => {
  const dir = folder(t);
  const sessions = at(dir, 0, NOON);
  const [left, right] = [sessions.open(0, FROM), sessions.open(0, FROM)];
  sessions.close(left, 1);
  const again = at(dir, 0, NOON);
  assert.deepEqual([again.use(left, 1), again.use(right, 1)], [false, true]);
});

test('a clock that starts in 1970 gives a session no more than its full time', (t) => {
  const dir = folder(t);
  const id = at(dir, 0, NOON).open(0, FROM);
  assert.equal(at(dir, 0, 0).use(id, 12 * HOUR_MS + 1), false);
  assert.equal(at(dir, 0, 0).use(id, 12 * HOUR_MS - 1), true);
});

test('a session ends a week after its log-in, however often it is used', (t) => {
  const sessions = at(folder(t), 0, NOON);
  const id = sessions.open(0, FROM);
  const used: boolean[] = [];
  for (let hours = 6; hours <= 7 * 24 + 6; hours += 6) used.push(sessions.use(id, hours * HOUR_MS));
  assert.deepEqual([used.slice(0, -1).every(Boolean), used.at(-1)], [true, false]);
});

test('a restart does not lengthen the week', (t) => {
  const dir = folder(t);
  const id = at(dir, 0, NOON).open(0, FROM);
  for (let days = 0.25; days < 7; days += 0.25) at(dir, 0, NOON + days * 24 * HOUR_MS).use(id, 0);
  assert.equal(at(dir, 0, NOON + 7.1 * 24 * HOUR_MS).use(id, 0), false);
});

test('sessions of another password are none, and those of a version that wrote no password are taken over', (t) => {
  const dir = folder(t);
  const id = at(dir, 0, NOON).open(0, FROM);
  assert.equal(at(dir, 0, NOON, 'second').use(id, 0), false);
  assert.equal(at(dir, 0, NOON, 'first').use(id, 0), true);
  const { sessions } = JSON.parse(readFileSync(fileOf(dir), 'utf8')) as { sessions: { hash: string; ends: string }[] };
  const bare = sessions.map(({ hash, ends }) => ({ hash, ends }));
  writeFileSync(fileOf(dir), JSON.stringify({ schema: 'weir.sessions/1', sessions: bare }));
  const taken = at(dir, 0, NOON);
  assert.equal(taken.use(id, 0), true);
  assert.deepEqual([taken.rows(0, id)[0]?.opened, taken.rows(0, id)[0]?.current], [null, true]);
});

test('the list of sessions names each without opening it, and ends it by that name', (t) => {
  const sessions = at(folder(t), 0, NOON);
  const [left, right] = [sessions.open(0, FROM), sessions.open(1000, { ...FROM, agent: 'x'.repeat(1000) })];
  const [newest, oldest] = sessions.rows(2000, left);
  assert.deepEqual(oldest, {
    id: oldest?.id,
    ...FROM,
    opened: '2026-11-20T12:00:00.000Z',
    last_use: '2026-11-20T11:59:58.000Z',
    current: true,
  });
  assert.ok((newest?.agent.length ?? 0) < 200);
  assert.equal(sessions.use(newest?.id ?? '', 2000), false);
  assert.equal(sessions.closeRow('', 2000), false);
  assert.equal(sessions.closeRow(newest?.id ?? '', 2000), true);
  assert.deepEqual([sessions.use(left, 2000), sessions.use(right, 2000)], [true, false]);
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
  assert.equal(nowhere.use(nowhere.open(0, FROM), 1), true);
});

test('a log-in at the page survives a restart of the appliance', async (t) => {
  const first = await startTestAppliance(t);
  const cookie = await first.logIn();
  await first.running.stop();
  const second = await startTestAppliance(t, undefined, first.folder, first.capture);
  assert.equal((await second.ask('/api/v1/status', { headers: { cookie } })).status, 200);
  assert.equal((await second.ask('/api/v1/status')).status, 401);
});

/** As the version of 29 November wrote them, for which tokens had no scopes and sessions no end and no password that they belong to. */
function writeAccessOfBefore(dir: string, cookie: string, token: string): void {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const access = join(dir, 'access', 'access.json');
  const { password } = JSON.parse(readFileSync(access, 'utf8')) as { password: object };
  const tokens = [{ name: 'script', hash: hash(token), created: new Date().toISOString() }];
  writeFileSync(access, JSON.stringify({ schema: 'weir.access/1', password, tokens }));
  const ends = new Date(Date.now() + 6 * HOUR_MS).toISOString();
  const sessions = [{ hash: hash(cookie.split('=')[1] ?? ''), ends }];
  writeFileSync(fileOf(dir), `${JSON.stringify({ schema: 'weir.sessions/1', sessions })}\n`);
}

test('password, session and token of an earlier version are taken over: the list says so, and the token reads on and changes nothing', async (t) => {
  const first = await startTestAppliance(t);
  const { password } = first;
  const cookie = await first.logIn();
  await first.running.stop();
  const token = 'w5y42-8tb99-9rcs2-5d8d2-7t7y9-dywvj-cryu7-vfpbw';
  writeAccessOfBefore(first.folder.dir, cookie, token);
  const { ask } = await startTestAppliance(t, undefined, first.folder, first.capture);
  const listed = await ask('/api/v1/sessions', { headers: { cookie } });
  const [session] = (listed.json as { sessions: { opened: string | null; current: boolean }[] }).sessions;
  assert.deepEqual([listed.status, session?.opened, session?.current], [200, null, true]);
  const tokens = (await ask('/api/v1/tokens', { headers: { cookie } })).json as { tokens: Record<string, unknown>[] };
  const [known] = tokens.tokens;
  assert.deepEqual([known?.['scopes'], known?.['expires']], [['summaries', 'captures', 'metrics'], null]);
  const authorization = `Bearer ${token}`;
  assert.equal((await ask('/api/v1/devices', { headers: { authorization } })).status, 200);
  const change = await ask('/api/v1/phase', { method: 'POST', headers: { authorization }, body: {} });
  assert.equal(change.status, 403);
  assert.equal((await ask('/api/v1/login', { method: 'POST', body: { password } })).status, 200);
  const changed = { current: password, password: 'another one of mine' };
  const set = await ask('/api/v1/password', { method: 'POST', headers: { cookie }, body: changed });
  assert.equal(set.status, 200, set.text);
  assert.equal((await ask('/api/v1/devices', { headers: { authorization } })).status, 401, 'a new password ends it');
});
