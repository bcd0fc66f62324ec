// An export begun over the API: refused without the scopes, signed, downloaded as a tar that GNU tar reads and `weir verify` accepts,
// a line of custody for the download, and removed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import type { ExportsResponse } from '../../appliance/publish/schemas/exports.ts';
import { BULB, CAMERA, temporaryFolder } from '../capture/fixture.ts';
import { recordedHome } from '../capture/recorded-home.ts';
import { DataFolder } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

test('the captures of one device are exported over the API, downloaded as a tar that verifies, and removed', async (t) => {
  const dataDir = await recordedHome(t);
  const { ask, logIn, url, capture } = await startTestAppliance(t, undefined, new DataFolder(dataDir));
  for (const [method, at] of [
    ['GET', ''],
    ['POST', ''],
    ['GET', '/20261203T000000Z/tar'],
    ['DELETE', '/20261203T000000Z'],
  ] as const)
    assert.equal((await ask(`/api/v1/exports${at}`, { method, body: {} })).status, 401, `${method} ${at}`);
  const headers = { cookie: await logIn() };
  const see = async () => (await ask('/api/v1/exports', { headers })).json as ExportsResponse;
  const order = (body: object) => ask('/api/v1/exports', { method: 'POST', headers, body });
  assert.deepEqual([(await see()).state, (await see()).exports], ['none', []]);
  assert.equal((await order({ devices: ['02:00:00:00:99'] })).status, 404);
  assert.equal((await order({ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })).status, 400);
  assert.equal((await see()).state, 'none', 'what was refused began nothing');

  assert.equal((await order({ devices: [BULB], reason: 'case 7' })).status, 200);
  let seen = await see();
  while (seen.state === 'running') {
    await pause(50);
    seen = await see();
  }
  assert.equal(seen.state, 'done', JSON.stringify(seen));
  assert.deepEqual([seen.result?.segments, seen.result?.noted], [1, true]);
  const [made] = seen.exports;
  assert.deepEqual(made?.whole, { segments: 1, bytes: seen.result?.bytes, reason: 'case 7' });
  assert.ok(capture.asked.some((one) => one.verb === 'note' && one.type === 'export' && one.files === 1));

  const answer = await fetch(new URL(`/api/v1/exports/${made?.name}/tar`, url), { headers });
  assert.equal(answer.headers.get('content-disposition'), `attachment; filename="weir-export-${made?.name}.tar"`);
  const tar = Buffer.from(await answer.arrayBuffer());
  assert.equal(Number(answer.headers.get('content-length')), tar.length);
  const elsewhere = temporaryFolder(t);
  fs.writeFileSync(path.join(elsewhere, 'bundle.tar'), tar);
  execFileSync('tar', ['-xf', 'bundle.tar'], { cwd: elsewhere });
  const report = await verifyFolder(path.join(elsewhere, made?.name ?? ''));
  assert.deepEqual([report.ok, report.kind, report.files, report.problems], [true, 'export', 2, []]);
  const names = fs.readdirSync(path.join(elsewhere, made?.name ?? ''), { recursive: true, encoding: 'utf8' });
  assert.ok(
    names.every((name) => !name.includes(CAMERA.replaceAll(':', '-'))),
    'nothing of another device',
  );
  while (!capture.asked.some((one) => one.verb === 'note' && one.type === 'download')) await pause(50);

  assert.equal((await ask(`/api/v1/exports/${made?.name}`, { method: 'DELETE', headers })).status, 200);
  assert.deepEqual((await see()).exports, []);
  assert.equal((await ask(`/api/v1/exports/${made?.name}`, { method: 'DELETE', headers })).status, 404);
  assert.deepEqual((await verifyFolder(dataDir)).problems, [], 'the evidence is as it was');
});

test('only what an export holds leaves by its download: no link, no name outside, nothing of an unfinished one', async (t) => {
  const dataDir = await recordedHome(t);
  const { ask, logIn } = await startTestAppliance(t, undefined, new DataFolder(dataDir));
  const headers = { cookie: await logIn() };
  const folder = path.join(dataDir, 'exports', '20261203T000000Z');
  fs.mkdirSync(folder, { recursive: true });
  const get = async (name: string) => ask(`/api/v1/exports/${name}/tar`, { headers });
  assert.equal((await get('20261203T000000Z')).status, 404, 'unfinished');
  for (const name of ['..', '%2e%2e', '..%2Fkey', 'key', '.']) assert.equal((await get(name)).status, 404, name);
  const unfinished = (await ask('/api/v1/exports', { headers })).json as ExportsResponse;
  assert.deepEqual(unfinished.exports, [{ name: '20261203T000000Z', whole: null }]);

  const files = [
    { path: '../../../key/ed25519.pem', sha256: '', bytes: 1 },
    { path: 'x', sha256: '', bytes: 1 },
  ];
  const custody = { appliance: 'a', ledger: { lines: 1, head_sha256: '' }, reason: '', files };
  const selection = { devices: [], phases: [], from: null, to: null };
  fs.writeFileSync(path.join(folder, 'custody.json'), JSON.stringify({ ...custody, selection }));
  fs.writeFileSync(path.join(folder, 'SHA256SUMS.minisig'), 'x');
  fs.symlinkSync('../../key/ed25519.pem', path.join(folder, 'weir.pub'));
  const tar = await get('20261203T000000Z');
  assert.equal(tar.status, 200);
  const names = [...tar.text.matchAll(/20261203T000000Z\/[^\0]+/g)].map(([name]) => name);
  assert.deepEqual(names, ['20261203T000000Z/custody.json', '20261203T000000Z/SHA256SUMS.minisig']);
  assert.ok(!tar.text.includes('PRIVATE KEY'));
});
