// Campaigns by the API: what is listed, what is refused before anything starts, and who may hand over a text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import {
  type CampaignsResponse,
  campaignResponseSchema,
  campaignsSchema,
} from '../../appliance/publish/schemas/campaign.ts';
import { askAt, socketOf, startTestAppliance } from './running.ts';

const TEXT = 'campaign: one\nsteps: [{name: only, phase: idle, duration: 30s}]\n';

test('campaigns are listed, and a wrong one is refused with line and remedy', async (t) => {
  const { ask, logIn, folder, capture } = await startTestAppliance(t);
  const cookie = await logIn();
  const send = (path: string, body?: unknown) => ask(path, { method: 'POST', headers: { cookie }, body });
  const local = (path: string, body?: unknown) =>
    askAt('http://localhost', path, { method: 'POST', body, socketPath: socketOf(folder) });

  const list = await ask('/api/v1/campaigns', { headers: { cookie } });
  assert.deepEqual([...Value.Errors(campaignsSchema, list.json)], []);
  const { campaigns } = list.json as CampaignsResponse;
  assert.ok(campaigns.some(({ name, ready_made }) => name === 'paper' && ready_made));

  const none = await ask('/api/v1/campaign', { headers: { cookie } });
  assert.deepEqual([...Value.Errors(campaignResponseSchema, none.json)], []);
  assert.deepEqual(none.json, { campaign: null });

  for (const [what, answer, status, said] of [
    ['an unknown name', await send('/api/v1/campaign/start', { name: 'no_such' }), 400, /There is no campaign no_such/],
    ['a path', await send('/api/v1/campaign/start', { name: '../paper' }), 400, /name/],
    ['a text from afar', await send('/api/v1/campaign/start', { text: TEXT }), 403, /on the machine itself only/],
    ['neither name nor text', await send('/api/v1/campaign/start', {}), 400, /one of the two/],
    [
      'a device that was never seen',
      await send('/api/v1/campaign/start', { name: 'paper', device: 'ghost' }),
      404,
      /No device ghost/,
    ],
    [
      'a text with a mistake',
      await local('/api/v1/campaign/start', { text: TEXT.replace('idle', 'idel') }),
      400,
      /line 2: step 1.phase.*Nothing was started/,
    ],
    [
      'a program that is not there',
      await local('/api/v1/campaign/start', { text: TEXT.replace('30s', '30s, action: {program: nope}') }),
      400,
      /line 2: program nope/,
    ],
    ['done without a request', await send('/api/v1/campaign/done'), 400, /Nobody is asked/],
    ['skip without a campaign', await send('/api/v1/campaign/skip'), 400, /No campaign is running/],
    ['abort without a campaign', await send('/api/v1/campaign/abort'), 400, /No campaign is running/],
  ] as const) {
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    assert.match((answer.json as { error: string }).error, said, what);
  }
  assert.deepEqual(capture.asked, []);
});

test('nobody starts a campaign without proof of who they are', async (t) => {
  const { ask } = await startTestAppliance(t);
  for (const verb of ['start', 'done', 'skip', 'abort']) {
    const { status } = await ask(`/api/v1/campaign/${verb}`, { method: 'POST', body: { name: 'paper' } });
    assert.equal(status, 401, verb);
  }
});
