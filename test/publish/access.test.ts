import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ACCESS_FILE, CLAIM_FILE, claimText } from '../../appliance/model/files/access-files.ts';
import { makeOwned } from '../../appliance/provision/owned.ts';
import { AccessStore } from '../../appliance/publish/http/access/access-store.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { DataFolder } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

const TOKEN = { name: 'pull', scopes: ['summaries'], days: null };
const NEW_PASSWORD = 'four entirely unrelated words';

test('a changed password ends every other session and every token, and keeps anyone who changed it', async (t) => {
  const { ask, logIn, password } = await startTestAppliance(t);
  const [own, other] = [await logIn(), await logIn()];
  const made = await ask('/api/v1/tokens', { method: 'POST', headers: { cookie: own }, body: TOKEN });
  const authorization = `Bearer ${(made.json as { token: string }).token}`;
  const body = { current: password, password: NEW_PASSWORD };
  const changed = await ask('/api/v1/password', { method: 'POST', headers: { cookie: own }, body });
  assert.equal(changed.status, 200, changed.text);
  const cookie = String(changed.headers['set-cookie']).split(';', 1)[0] ?? '';
  const status = async (headers: Record<string, string>) => (await ask('/api/v1/status', { headers })).status;
  assert.deepEqual(
    [await status({ cookie }), await status({ cookie: own }), await status({ cookie: other })],
    [200, 401, 401],
  );
  assert.equal(await status({ authorization }), 401);
  const login = async (tried: string) =>
    (await ask('/api/v1/login', { method: 'POST', body: { password: tried } })).status;
  assert.deepEqual([await login(password), await login(NEW_PASSWORD)], [401, 200]);
});

test('only the password of now changes it, only into a good one, and a token or nobody never does', async (t) => {
  const { ask, logIn, password } = await startTestAppliance(t);
  const cookie = await logIn();
  const change = async (body: unknown, headers: Record<string, string> = { cookie }) =>
    (await ask('/api/v1/password', { method: 'POST', headers, body })).status;
  assert.equal(await change({ current: 'wrong', password: NEW_PASSWORD }), 400);
  assert.equal(await change({ current: password, password: 'eleven char' }), 400);
  assert.equal(await change({ current: password, password: '123456789012' }), 400);
  assert.equal(await change({ current: password, password: NEW_PASSWORD }, {}), 401);
  assert.equal((await ask('/api/v1/status', { headers: { cookie } })).status, 200);
});

test('anyone who is logged in sees who else is, and ends it', async (t) => {
  const { ask, logIn } = await startTestAppliance(t);
  const [own, other] = [await logIn(), await logIn()];
  const list = async () =>
    (
      (await ask('/api/v1/sessions', { headers: { cookie: own } })).json as {
        sessions: { id: string; current: boolean }[];
      }
    ).sessions;
  const stranger = (await list()).find(({ current }) => !current);
  assert.equal((await list()).length, 2);
  await ask(`/api/v1/sessions/${stranger?.id}`, { method: 'DELETE', headers: { cookie: own } });
  assert.equal((await ask('/api/v1/status', { headers: { cookie: other } })).status, 401);
  assert.equal((await list()).length, 1);
});

test('a reset ends the sessions of before, a stolen one too', async (t) => {
  const first = await startTestAppliance(t);
  const cookie = await first.logIn();
  await first.running.stop();
  await makeOwned('forget', { dataDir: first.folder.dir, wanted: null });
  writeFileSync(join(first.folder.dir, CLAIM_FILE), claimText('23456-789ab-cdefg-hijkm-npqrs'));
  const second = await startTestAppliance(t, undefined, first.folder, first.capture);
  assert.equal((await second.ask('/api/v1/status', { headers: { cookie } })).status, 403);
  const body = { token: '23456-789ab-cdefg-hijkm-npqrs', password: NEW_PASSWORD };
  assert.equal((await second.ask('/api/v1/claim', { method: 'POST', body })).status, 200);
  assert.equal((await second.ask('/api/v1/status', { headers: { cookie } })).status, 401);
});

test('a password that was taken away by hand takes its sessions with it', async (t) => {
  const first = await startTestAppliance(t);
  const cookie = await first.logIn();
  await first.running.stop();
  rmSync(join(first.folder.dir, ACCESS_FILE));
  const second = await startTestAppliance(t, undefined, first.folder, first.capture);
  assert.equal((await second.ask('/api/v1/status', { headers: { cookie } })).status, 401);
});

const SCOPED = {
  summaries: [
    '/api/v1/status',
    '/api/v1/devices',
    '/api/v1/summary',
    '/api/v1/findings',
    '/api/v1/health',
    '/api/v1/tags',
  ],
  captures: ['/api/v1/segments', '/api/v1/segments/1/pcap', '/api/v1/ledger'],
  metrics: ['/metrics'],
  control: [],
} as const;
const CHANGES = ['/api/v1/phase', '/api/v1/annotate', '/api/v1/capture/pause', '/api/v1/tags/start', '/api/v1/rotate'];
const FOR_PEOPLE = ['/api/v1/tokens', '/api/v1/password', '/api/v1/logout'];

async function withTokens(t: TestContext) {
  const appliance = await startTestAppliance(t);
  const cookie = await appliance.logIn();
  const make = async (scopes: readonly string[], days: number | null = null) => {
    const body = { name: scopes.join('.'), scopes, days };
    const made = await appliance.ask('/api/v1/tokens', { method: 'POST', headers: { cookie }, body });
    return `Bearer ${(made.json as { token: string }).token}`;
  };
  return { ...appliance, cookie, make };
}

test('a token opens what its scope names and nothing else', async (t) => {
  const { ask, make } = await withTokens(t);
  for (const own of Object.keys(SCOPED)) {
    const authorization = await make([own]);
    for (const [scope, routes] of Object.entries(SCOPED)) {
      for (const route of routes) {
        const { status } = await ask(route, { headers: { authorization } });
        assert.equal(status === 403, scope !== own, `${own} ${route} ${status}`);
        const head = await ask(route, { method: 'HEAD', headers: { authorization } });
        assert.equal(head.status, status, `HEAD ${route}`);
      }
    }
    for (const route of CHANGES) {
      const { status } = await ask(route, { method: 'POST', headers: { authorization }, body: {} });
      assert.equal(status === 403, own !== 'control', `${own} ${route} ${status}`);
    }
    for (const route of FOR_PEOPLE) {
      const { status } = await ask(route, { method: 'POST', headers: { authorization }, body: {} });
      assert.equal(status, 403, `${own} ${route}`);
    }
    assert.equal((await ask('/api/v1/session', { headers: { authorization } })).status, 200);
  }
});

test('with the scope control a script sets a phase, and the ledger names its token', async (t) => {
  const { ask, make, capture } = await withTokens(t);
  const authorization = await make(['control']);
  const answer = await ask('/api/v1/phase', { method: 'POST', headers: { authorization }, body: { phase: 'idle' } });
  assert.equal(answer.status, 200);
  const asked = capture.asked.find(({ verb }) => verb === 'phase');
  assert.ok(asked?.verb === 'phase' && asked.by === 'token control from 127.0.0.1');
});

test('orders over the page and by tokens have a pace, so that nobody fills the ledger; questions have none', async (t) => {
  const { ask, make, capture } = await withTokens(t);
  const headers = { authorization: await make(['control', 'summaries']) };
  const note = () => ask('/api/v1/annotate', { method: 'POST', headers, body: { text: 'x' } });
  const answers: number[] = [];
  for (let i = 0; i < 70; i++) answers.push((await note()).status);
  assert.ok(answers.filter((status) => status === 200).length >= 60);
  assert.ok(answers.includes(429), answers.join(' '));
  const noted = capture.asked.filter(({ verb }) => verb === 'annotate').length;
  assert.equal(noted, answers.filter((status) => status === 200).length, 'a refused order reached capture');
  const { refused } = (await ask('/api/v1/status', { headers })).json as StatusResponse;
  assert.equal(refused.orders, answers.filter((status) => status === 429).length);
  assert.equal((await ask('/api/v1/devices', { headers })).status, 200);
});

test('a token is made with scopes that exist and an end that was chosen', async (t) => {
  const { ask, cookie } = await withTokens(t);
  const make = async (body: unknown) =>
    (await ask('/api/v1/tokens', { method: 'POST', headers: { cookie }, body })).status;
  for (const body of [
    { name: 'x' },
    { name: 'x', scopes: [], days: null },
    { name: 'x', scopes: ['root'], days: null },
    { name: 'x', scopes: ['metrics', 'metrics'], days: null },
    { name: 'x', scopes: ['metrics'] },
    { name: 'x', scopes: ['metrics'], days: 0 },
  ])
    assert.equal(await make(body), 400, JSON.stringify(body));
});

test('when a token was last used is reported, and is known after a restart', async (t) => {
  const { dir } = DataFolder.make(t);
  let now = Date.parse('2026-11-20T12:00:00Z');
  const store = await AccessStore.open(
    dir,
    () => undefined,
    () => now,
  );
  const { token } = store.addToken('scraper', ['metrics'], null);
  store.addToken('idle', ['metrics'], null);
  const uses = (from: AccessStore) => from.tokens.map(({ name, last_use }) => [name, last_use]);
  assert.deepEqual(uses(store), [
    ['scraper', null],
    ['idle', null],
  ]);
  store.findToken(token);
  now += 60_000;
  store.findToken(token);
  assert.deepEqual(uses(store), [
    ['scraper', '2026-11-20T12:01:00.000Z'],
    ['idle', null],
  ]);
  const again = await AccessStore.open(
    dir,
    () => undefined,
    () => now,
  );
  assert.deepEqual(uses(again), [
    ['scraper', '2026-11-20T12:00:00.000Z'],
    ['idle', null],
  ]);
});

test('a token ends on its day, and waits while the clock is not set', async (t) => {
  const folder = DataFolder.make(t);
  let now = Date.UTC(2026, 10, 20);
  const access = await AccessStore.open(
    folder.dir,
    () => undefined,
    () => now,
  );
  const { token, expires } = access.addToken('week', ['metrics'], 7);
  const always = access.addToken('always', ['metrics'], null).token;
  assert.equal(expires, '2026-11-27T00:00:00.000Z');
  const known = (at: number) => {
    now = at;
    return [access.findToken(token)?.name, access.findToken(always)?.name];
  };
  assert.deepEqual(known(Date.UTC(2026, 10, 26)), ['week', 'always']);
  assert.deepEqual(known(Date.UTC(2026, 10, 27)), [undefined, 'always']);
  assert.deepEqual(known(0), [undefined, 'always']);
});

test('a token of a version without scopes reads what it read', async (t) => {
  const first = await withTokens(t);
  const authorization = await first.make(['metrics']);
  await first.running.stop();
  const path = join(first.folder.dir, ACCESS_FILE);
  const file = JSON.parse(readFileSync(path, 'utf8')) as { tokens: { name: string; hash: string; created: string }[] };
  const tokens = file.tokens.map(({ name, hash, created }) => ({ name, hash, created }));
  writeFileSync(path, JSON.stringify({ ...file, tokens }));
  const { ask } = await startTestAppliance(t, undefined, first.folder, first.capture);
  const statuses = [];
  for (const route of ['/api/v1/status', '/api/v1/ledger', '/metrics'])
    statuses.push((await ask(route, { headers: { authorization } })).status);
  const phase = await ask('/api/v1/phase', { method: 'POST', headers: { authorization }, body: { phase: 'idle' } });
  assert.deepEqual([...statuses, phase.status], [200, 200, 200, 403]);
});

test('the stream of a revoked token and of an ended session ends', async (t) => {
  const { ask, cookie, make, url, logIn } = await withTokens(t);
  const authorization = await make(['summaries']);
  const other = await logIn();
  const ended = [{ authorization }, { cookie: other }].map(
    (headers) =>
      new Promise((resolve) => {
        const asking = get(`${url}/events`, { headers }, (answer) => answer.resume().once('close', resolve));
        asking.on('error', resolve);
      }),
  );
  await ask('/api/v1/tokens/summaries', { method: 'DELETE', headers: { cookie } });
  await ask('/api/v1/logout', { method: 'POST', headers: { cookie: other } });
  await Promise.all(ended);
});
