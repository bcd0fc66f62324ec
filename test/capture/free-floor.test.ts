// What stays free on the card is what the settings say, for capture, exports and the check-up alike.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { exportBundle } from '../../appliance/capture/ledger/export.ts';
import { type DiskSpace, nodeDisk } from '../../appliance/capture/storage/disk.ts';
import { floorBytes, freeFloor } from '../../appliance/model/free-floor.ts';
import { BULB, captureFor, frame, GATEWAY, pcap, record, settingsFor, temporaryFolder } from './fixture.ts';

const HOUR = 1_795_176_000;
const GB = 1_000_000_000;
/** A large disk that something else has filled to a twentieth. */
const NEARLY_FULL: DiskSpace = { totalBytes: 100 * GB, freeBytes: 5 * GB, inodes: 0, freeInodes: 0 };
const disk = { ...nodeDisk, space: () => Promise.resolve(NEARLY_FULL) };

async function recordFive(
  t: Parameters<typeof captureFor>[0],
  retention: { free_bytes: number; free_percent: number },
) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap(Array.from({ length: 5 }, (_, i) => record(HOUR + i, 0, frame(BULB, GATEWAY, 100)))));
  const said: string[] = [];
  const settings = settingsFor(dataDir, { file, floor: freeFloor(retention), phase: 'intensive' });
  const capture = await captureFor(t, settings, { disk, say: (text) => said.push(text) });
  await capture.ended;
  await capture.stop('test');
  return { dataDir, counters: capture.status().counters, said: said.join('\n') };
}

test('a disk below the floor stores nothing, and the message names the settings that decide', async (t) => {
  const { counters, said } = await recordFive(t, { free_bytes: GB, free_percent: 10 });
  assert.equal(counters.written, 0);
  assert.equal(counters.lost_disk, 5);
  assert.match(
    said,
    /5000000000 bytes more must be free \(the larger of retention\.free_bytes and retention\.free_percent\)/,
  );
});

test('what the message says helps: with less to keep free the same disk stores everything', async (t) => {
  const { counters } = await recordFive(t, { free_bytes: GB, free_percent: 4 });
  assert.equal(counters.written, 5);
  assert.equal(counters.lost_disk, 0);
});

test('an export next to the captures stops at their floor, so that it never makes retention delete', async (t) => {
  const { dataDir } = await recordFive(t, { free_bytes: 0, free_percent: 0 });
  const options = { by: 'test', reason: '', version: '0' };
  const target = path.join(dataDir, 'bundle');
  const floor = { bytes: Number.MAX_SAFE_INTEGER, share: 0 };
  await assert.rejects(exportBundle(dataDir, target, {}, { ...options, floor }), /what captures keep free/);
  assert.equal(fs.existsSync(target), false);
  await exportBundle(dataDir, target, {}, { ...options, floor: { bytes: 0, share: 0 } });
});

test('the floor is the larger of bytes and share', () => {
  assert.equal(floorBytes({ bytes: GB, share: 0.1 }, 100 * GB), 10 * GB);
  assert.equal(floorBytes({ bytes: 20 * GB, share: 0.1 }, 100 * GB), 20 * GB);
});
