import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ACCESS_FILE, CLAIM_FILE, claimText } from '../../appliance/model/access-files.ts';
import { makeOwned } from '../../appliance/provision/owned.ts';
import { startTestAppliance } from './running.ts';

const NEW_PASSWORD = 'four entirely unrelated words';

test('a changed password ends every other session and every token, and keeps whoever changed it', async (t) => {
  const { ask, logIn, password } = await startTestAppliance(t);
  const [own, other] = [await logIn(), await logIn()];
  const made = await ask('/api/v1/tokens', { method: 'POST', headers: { cookie: own }, body: { name: 'pull' } });
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

test('whoever is logged in sees who else is, and ends it', async (t) => {
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
