import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { makeExport } from '../../appliance/experiment/make-export.ts';
import { BULB } from '../capture/fixture.ts';
import { recordedHome } from '../capture/recorded-home.ts';

const OPTIONS = { by: 'mqtt', reason: 'a paper', version: '0', floor: { bytes: 0, share: 0 } };

test('an export that is asked for from afar is in the data folder, verifies, and is one of sixteen at most', async (t) => {
  const dataDir = await recordedHome(t);
  const made = await makeExport(dataDir, { devices: [BULB as never] }, OPTIONS);
  assert.equal(made.segments, 1);
  assert.equal(path.dirname(made.folder), path.join(dataDir, 'exports'));
  assert.deepEqual((await verifyFolder(made.folder)).problems, []);
  assert.deepEqual((await verifyFolder(dataDir)).problems, [], 'exports are no part of the evidence');
  for (let i = 1; i < 16; i++) await makeExport(dataDir, {}, OPTIONS);
  await assert.rejects(makeExport(dataDir, {}, OPTIONS), /holds 16 exports already. Nothing was exported/);
  assert.equal(fs.readdirSync(path.join(dataDir, 'exports')).length, 16);
});
