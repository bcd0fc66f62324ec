// Verification begun over the API: allowed with captures only, it names an altered file in the words of `weir verify`.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startCapture } from '../../appliance/capture/main.ts';
import type { VerificationResponse } from '../../appliance/publish/schemas/verification.ts';
import { BULB, frame, GATEWAY, pcap, record, settingsFor, surroundings, temporaryFolder } from '../capture/fixture.ts';
import { DataFolder } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

const HOUR = 1_795_176_000;

test('a folder verifies from the page, and an altered file is named', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap(Array.from({ length: 20 }, (_, i) => record(HOUR + i, 0, frame(BULB, GATEWAY, 80)))));
  const capture = await startCapture(settingsFor(dataDir, { file }), surroundings());
  await capture.ended;
  await capture.stop('test');
  const { ask, logIn } = await startTestAppliance(t, undefined, new DataFolder(dataDir));
  assert.equal((await ask('/api/v1/verify')).status, 401);
  assert.equal((await ask('/api/v1/verify', { method: 'POST', body: {} })).status, 401);
  const cookie = await logIn();
  const see = async () => (await ask('/api/v1/verify', { headers: { cookie } })).json as VerificationResponse;
  const verify = async () => {
    await ask('/api/v1/verify', { method: 'POST', headers: { cookie }, body: {} });
    let seen = await see();
    while (seen.state === 'running') {
      await pause(50);
      seen = await see();
    }
    return seen;
  };
  assert.equal((await see()).state, 'none');
  const well = await verify();
  assert.deepEqual([well.state, well.result?.ok], ['done', true], JSON.stringify(well));
  assert.match(well.result?.text ?? '', /^verified: appliance /m);
  assert.ok(well.result?.text.includes(`head     ${well.result.head}`));
  assert.match(well.result?.key ?? '', /^[0-9a-f]{64}$/);

  const folder = path.join(dataDir, 'captures');
  const [name] = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.pcap'));
  fs.appendFileSync(path.join(folder, name ?? ''), 'x');
  const altered = await verify();
  assert.equal(altered.result?.ok, false);
  assert.match(altered.result?.text ?? '', /^PROBLEM  altered/m);
});
