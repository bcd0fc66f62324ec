// How much of what was stored analysis has read: in the status and as metrics, also of what was deleted before it could.

import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { DataFolder, device, eventually, packet } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

async function ask(t: TestContext, folder: DataFolder) {
  const appliance = await startTestAppliance(t, undefined, folder);
  const headers = { cookie: await appliance.logIn() };
  return {
    status: async () => (await appliance.ask('/api/v1/status', { headers })).json as StatusResponse,
    metrics: async () => (await appliance.ask('/metrics', { headers })).text,
  };
}

/** Value of a metric without labels; undefined where it is not reported. */
function valueOf(metrics: string, name: string): number | undefined {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

/** A closed segment of so many packets; its size. */
function closed(folder: DataFolder, last: number, packets: number): { path: string; bytes: number } {
  const segment = folder.open(device(last));
  for (let i = 0; i < packets; i++) folder.append(segment, packet(device(last), i));
  folder.close(segment);
  return { path: segment.path, bytes: statSync(folder.file(segment.path)).size };
}

test('with nothing stored no share is reported, neither 0 nor 1', async (t) => {
  const { status, metrics } = await ask(t, DataFolder.make(t));
  assert.equal((await status()).analysis.analysed_share, null);
  const text = await metrics();
  assert.equal(valueOf(text, 'weir_analysis_share'), undefined);
  assert.equal(valueOf(text, 'weir_analysis_unread_bytes'), 0);
});

test('what was read whole is reported as 1', async (t) => {
  const folder = DataFolder.make(t);
  closed(folder, 1, 20);
  const { status, metrics } = await ask(t, folder);
  await eventually('everything read', async () => (await status()).analysis.analysed_share === 1);
  assert.equal(valueOf(await metrics(), 'weir_analysis_share'), 1);
});

test('segments deleted before they were read are counted and lower the share', async (t) => {
  const folder = DataFolder.make(t);
  const lost = closed(folder, 1, 60);
  const kept = closed(folder, 1, 20);
  const other = closed(folder, 2, 10);
  rmSync(folder.file(lost.path));
  folder.line({ type: 'segment-deleted', path: lost.path, sha256: folder.hash(lost.path), reason: 'space' });
  const { status, metrics } = await ask(t, folder);
  const read = kept.bytes + other.bytes;
  const share = read / (read + lost.bytes);
  await eventually('the rest read', async () => (await status()).analysis.analysed_share === share);
  const { analysis } = await status();
  assert.deepEqual([analysis.unread_segments, analysis.unread_bytes], [1, lost.bytes]);
  const text = await metrics();
  assert.equal(valueOf(text, 'weir_analysis_unread_bytes'), lost.bytes);
  assert.equal(valueOf(text, 'weir_analysis_share'), share);
});

test('a segment deleted after it was read lowers nothing', async (t) => {
  const folder = DataFolder.make(t);
  const { path } = closed(folder, 1, 20);
  const { status } = await ask(t, folder);
  await eventually('everything read', async () => (await status()).analysis.analysed_share === 1);
  rmSync(folder.file(path));
  folder.line({ type: 'segment-deleted', path, sha256: folder.hash(path), reason: 'space' });
  const open = folder.open(device(1));
  folder.append(open, packet(device(1), 0));
  await eventually('one packet more', async () => (await status()).analysis.analysed_records === 21);
  const { analysis } = await status();
  assert.deepEqual([analysis.unread_segments, analysis.unread_bytes, analysis.analysed_share], [0, 0, 1]);
});
