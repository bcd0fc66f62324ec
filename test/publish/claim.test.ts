import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ACCESS_FILE, CLAIM_FILE, claimText } from '../../appliance/model/files/access-files.ts';
import type { BootReport } from '../../appliance/model/files/boot-report.ts';
import { DataFolder } from '../store/data-folder.ts';
import { startTestAppliance, type TestAppliance } from './running.ts';

const TOKEN = '23456-789ab-cdefg-hijkm-npqrs';
const PASSWORD = 'Längst gewählt, 1!';

async function startUnclaimed(t: TestContext, report?: BootReport): Promise<TestAppliance> {
  const folder = DataFolder.make(t);
  mkdirSync(join(folder.dir, 'access'), { recursive: true });
  writeFileSync(join(folder.dir, CLAIM_FILE), claimText(TOKEN));
  const reportFile = join(folder.dir, 'report.json');
  if (report !== undefined) writeFileSync(reportFile, JSON.stringify(report));
  return await startTestAppliance(t, undefined, folder, undefined, reportFile);
}

const claim = ({ ask }: TestAppliance, token: string, password = PASSWORD) =>
  ask('/api/v1/claim', { method: 'POST', body: { token, password } });

test('before the claim only claim, liveness and the page itself answer', async (t) => {
  const appliance = await startUnclaimed(t);
  const { ask } = appliance;
  const reads = ['/api/v1/status', '/api/v1/session', '/api/v1/openapi.json', '/api/v1/nothing', '/events', '/metrics'];
  for (const route of reads) assert.equal((await ask(route)).status, 403, route);
  for (const route of ['/api/v1/login', '/api/v1/logout', '/api/v1/tokens', '/api/v1/phase'])
    assert.equal((await ask(route, { method: 'POST', body: { password: TOKEN } })).status, 403, route);
  assert.deepEqual((await ask('/api/v1/status')).json, {
    code: 'UNCLAIMED',
    error:
      'This appliance waits for its claim. Open its page and type the claim token from weir-access.txt on the card or from the console.',
  });
  assert.equal((await ask('/healthz')).status, 200);
  assert.deepEqual((await ask('/api/v1/claim')).json, { claimed: false, appliance: 'weir-test', settings: null });
  assert.equal(appliance.password, '', 'no password was made');
});

test('the token sets the password once, logs in, and is gone', async (t) => {
  const appliance = await startUnclaimed(t);
  const { ask, folder } = appliance;
  // As somebody types it from a screen.
  const answer = await claim(appliance, TOKEN.replaceAll('-', ' ').toUpperCase());
  assert.equal(answer.status, 200, answer.text);
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
  assert.equal((await ask('/api/v1/status', { headers: { cookie } })).status, 200);
  assert.equal(existsSync(join(folder.dir, CLAIM_FILE)), false);
  assert.equal((await claim(appliance, TOKEN, 'another password')).status, 409);
  assert.equal((await ask('/api/v1/claim')).json?.['claimed' as never], true);
  const login = (password: string) => ask('/api/v1/login', { method: 'POST', body: { password } });
  assert.equal((await login(PASSWORD)).status, 200);
  assert.equal((await login('another password')).status, 401);
});

test('a chosen password counts with every character, and only its hash is kept', async (t) => {
  const appliance = await startUnclaimed(t);
  await claim(appliance, TOKEN);
  const login = (password: string) => appliance.ask('/api/v1/login', { method: 'POST', body: { password } });
  assert.equal((await login(PASSWORD.toLowerCase())).status, 401);
  assert.equal((await login(PASSWORD.replace('!', ''))).status, 401);
  assert.equal((await login(PASSWORD.normalize('NFD'))).status, 200, 'the same letters, composed by another keyboard');
  const kept = readFileSync(join(appliance.folder.dir, ACCESS_FILE), 'utf8');
  assert.ok(!kept.includes('gewählt'));
});

test('the claim survives a restart, and so does the password after it', async (t) => {
  const first = await startUnclaimed(t);
  await first.running.stop();
  const second = await startTestAppliance(t, undefined, first.folder, first.capture);
  assert.equal((await claim(second, TOKEN)).status, 200);
  await second.running.stop();
  const third = await startTestAppliance(t, undefined, first.folder, first.capture);
  assert.equal((await third.ask('/api/v1/login', { method: 'POST', body: { password: PASSWORD } })).status, 200);
});

test('five wrong tokens make the right one wait', async (t) => {
  const appliance = await startUnclaimed(t);
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await claim(appliance, `guess-${i}`)).status);
  statuses.push((await claim(appliance, TOKEN)).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
});

test('of two claims at the same moment one wins and the other hears so', async (t) => {
  const appliance = await startUnclaimed(t);
  const answers = await Promise.all([
    claim(appliance, TOKEN, 'one long password of mine'),
    claim(appliance, TOKEN, 'two long words of yours'),
  ]);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.equal(answers.filter(({ status }) => status === 409).length, 1);
});

test('a short or often guessed password is refused and the claim stays open', async (t) => {
  const appliance = await startUnclaimed(t);
  for (const weak of ['short', 'eleven char', '123456789012', 'aaaaaaaaaaaaaa', 'Password1234', 'weir-test-2026'])
    assert.equal((await claim(appliance, TOKEN, weak)).status, 400, weak);
  assert.equal((await claim(appliance, TOKEN)).status, 200);
});

for (const text of ['', '{', 'null', '{"schema":"weir.claim/1"}', '{"schema":"weir.claim/1","hash":""}']) {
  test(`the damaged claim file ${JSON.stringify(text)} opens the page to nobody`, async (t) => {
    const appliance = await startUnclaimed(t);
    writeFileSync(join(appliance.folder.dir, CLAIM_FILE), text);
    assert.equal((await claim(appliance, TOKEN)).status, 401);
    assert.equal((await claim(appliance, '-----')).status, 401);
    assert.equal((await appliance.ask('/api/v1/status')).status, 403);
  });
}

test('mistakes on the boot partition are hinted at before the claim and reported on every view after it', async (t) => {
  const report: BootReport = {
    schema: 'weir.boot/1',
    settings: 'refused',
    mistakes: ['weir.yaml:2: http.prot: unknown setting'],
    notes: [],
  };
  const appliance = await startUnclaimed(t, report);
  const before = await appliance.ask('/api/v1/claim');
  assert.equal(before.json?.['settings' as never], 'refused');
  assert.ok(!before.text.includes('prot'));
  const answer = await claim(appliance, TOKEN);
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
  const status = (await appliance.ask('/api/v1/status', { headers: { cookie } })).json as { warnings: string[] };
  assert.equal(
    status.warnings[0],
    'On the boot partition: weir.yaml:2: http.prot: unknown setting. The settings from before are in force. Correct it there and start again.',
  );
});
