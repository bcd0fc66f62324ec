// A campaign in the simulated home, scaled from days to seconds, while its processes are killed: the appliance while a step is recorded,
// capture while another is, and both at once. What is in the ledger in the end is what a campaign without trouble would have left,
// and the gaps.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readLedgerStory } from '../../appliance/experiment/windows/read-ledger.ts';
import { windowsOf } from '../../appliance/experiment/windows/windows.ts';
import type { CampaignResponse, CampaignStarted } from '../../appliance/publish/schemas/campaign.ts';
import { homeUnavailable, startHome } from '../testbed/home.ts';
import { Installation } from './installation.ts';

const reason = homeUnavailable();
const skip = reason === undefined ? false : `no simulated home here: ${reason}`;

type Run = NonNullable<CampaignResponse['campaign']>;

const campaignText = (hook: string) => `
campaign: scaled_home
guard: 1s
accept: {seconds: 3, data: false, packets: 1}
steps:
  - {name: idle, phase: idle, tag: idle, duration: 4s, guard: 0s}
  - name: hook
    phase: intensive
    interaction: lan_app
    tag: lamp
    duration: 4s
    before: {prompt: Look at the lamp.}
    action: {webhook: {url: "${hook}"}}
    accept: {data: true}
  - {name: voice, phase: intensive, interaction: voice, tag: voice, duration: 4s}
  - {name: silent, phase: intensive, tag: silent, duration: 3s, device: "02:00:00:00:00:99", accept: {attempts: 1}}
  - {name: rest, phase: idle, tag: rest, duration: 5s, accept: {gap: allowed, loss: allowed}}
`;

/** Answers every request and records it. */
async function hookServer(t: TestContext): Promise<{ readonly url: string; readonly attempts: number[] }> {
  const attempts: number[] = [];
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString('utf8')));
    request.on('end', () => {
      attempts.push((JSON.parse(body) as { attempt: number }).attempt);
      answer.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, attempts };
}

test('a scaled campaign ends whole, whoever is killed meanwhile', { skip, timeout: 480_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-campaign-'));
  const home = await startHome({ dir: join(folder, 'home'), seed: 18 });
  const weir = new Installation(folder, home);
  t.after(async () => {
    await weir.stop();
    await home.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  weir.configure({ http: { port: 0 }, capture: { canary_seconds: 0 } });
  await weir.startCapture();
  weir.startAppliance();
  const ask = async () => (await weir.get<CampaignResponse>('/api/v1/campaign')).campaign;
  /** Whoever is asked meanwhile says done, as often as it takes. */
  const reaches = (what: string, isSo: (run: Run) => boolean) =>
    weir.until(what, 120, async () => {
      const now = await ask();
      if (now === null || isSo(now)) return now !== null;
      if (now.asks) await weir.post('/api/v1/campaign/done', {});
      return false;
    });
  await weir.until('the appliance', 60, async () => (await ask()) === null);

  const hook = await hookServer(t);
  await weir.post<CampaignStarted>('/api/v1/campaign/start', { text: campaignText(hook.url) });
  /** Being recorded, or on a slow machine recorded already: nobody may be killed too early, too late does no harm. */
  const reached = (number: number) => (run: Run) =>
    run.step === null || run.step.number > number || (run.step.number === number && run.step.stage === 'recording');

  await reaches('the first recording', reached(1));
  await weir.end('appliance', 'SIGKILL');
  weir.startAppliance();

  await reaches('the request to a person', (run) => run.asks);
  await weir.post('/api/v1/campaign/done', {});
  await reaches('the recording with its action', reached(2));
  await weir.end('capture', 'SIGKILL');
  rmSync(join(weir.data, 'run', 'capture.sock'), { force: true });
  await weir.startCapture();

  await reaches('the last recording', reached(5));
  await Promise.all([weir.end('capture', 'SIGKILL'), weir.end('appliance', 'SIGKILL')]);
  rmSync(join(weir.data, 'run', 'capture.sock'), { force: true });
  await weir.startCapture();
  weir.startAppliance();
  await reaches('the end', (run) => run.state !== 'running');

  const run = await ask();
  assert.equal(run?.state, 'finished');
  assert.deepEqual(
    run.results.map(({ name, outcome }) => `${name} ${outcome}`),
    ['idle accepted', 'hook accepted', 'voice accepted', 'silent failed', 'rest accepted'],
    JSON.stringify(run.results),
  );
  assert.match(run.results[3]?.reason ?? '', /0 packets, 1 are needed/);
  assert.ok(hook.attempts.length > 0, 'the action was done');

  const windows = windowsOf(readLedgerStory(weir.data).recorded).map(({ window }) => window);
  const kept = (kind: string) => windows.filter((window) => window.kind === kind).map(({ name }) => name);
  assert.deepEqual(kept('tag'), ['idle', 'lamp', 'voice', 'rest']);
  assert.deepEqual(
    kept('campaign'),
    [1, 2, 3, 5].map((at) => `scaled_home_${at}`),
  );
  assert.ok(kept('gap').length >= 2, 'two deaths of capture');
});
