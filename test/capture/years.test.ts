// A start on a ledger of years knows what all its lines add up to, from the last volume alone. In short; WEIR_TEN_YEARS=1 writes ten years
// with volumes as they are (some GB below TMPDIR, minutes) and says what a start takes.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { startCapture } from '../../appliance/capture/main.ts';
import { fullVolumes } from '../../appliance/model/files/ledger-files.ts';
import { pcap, readLines, settingsFor, surroundings, temporaryFolder } from './fixture.ts';
import { writeYears, type Years } from './years.ts';

const START_BOUND_MS = 3000;
const IS_FULL = process.env['WEIR_TEN_YEARS'] === '1';
const SHORT: Years = { hours: 24 * 25, devices: 2, kept: 300, minutes: 200, volumeBytes: 128 * 1024 };
const FULL: Years = { hours: 87_600, devices: 5, kept: 24_000, minutes: 60_000, volumeBytes: 64 * 1024 * 1024 };

test('a start on years of a ledger reads the last volume, finds nothing to report, and goes on with the next number', {
  timeout: 1_800_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const years = IS_FULL ? FULL : SHORT;
  const lines = await writeYears(folder, years);
  const volumes = fullVolumes(fs.readdirSync(folder));
  const last = fs.statSync(path.join(folder, 'ledger.ndjson')).size;
  // Nobody reads them: what is in them does not matter to a start, as long as their lengths stay.
  const first = path.join(folder, 'ledger-000001.ndjson');
  const bytes = fs.readFileSync(first);
  fs.writeFileSync(first, Buffer.alloc(bytes.length, 0x20));
  const file = path.join(folder, 'in.pcap');
  fs.writeFileSync(file, pcap([]));
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const capture = await startCapture(settingsFor(folder, { file }), surroundings({ volumeBytes: years.volumeBytes }));
  const { user, system } = process.cpuUsage(cpu);
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s`;
  t.diagnostic(
    `${lines} lines, ${volumes.length} full volumes, ${last} bytes in the last, ${years.kept} segments: start ${took}`,
  );
  await capture.ended;
  await capture.stop('test');
  fs.writeFileSync(first, bytes);
  assert.ok(volumes.length > 3);
  // Recovery is promised to take no longer; CPU, for the wall says more of who else uses the machine.
  if (IS_FULL) assert.ok(user + system <= START_BOUND_MS * 1000, `a start takes ${took}`);
  assert.deepEqual(
    readLines(folder).filter(({ type }) => type === 'finding'),
    [],
  );
  assert.equal(capture.recorder.parts.lastSequence, years.hours * years.devices);
  const report = await verifyFolder(folder);
  // The segments are empty files here.
  const ofLedger = [...report.problems, ...report.warnings].filter(({ where }) => !where.startsWith('captures/'));
  assert.deepEqual(ofLedger, []);
});
