// Ten thousand invented senders and one device at full rate: nobody else's evidence is touched, memory and handles stay flat.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaptureProcess, openHandles, residentBytes } from './capture-process.ts';
import { Evidence } from './evidence.ts';
import { finalCounters, imbalance } from './ledger-book.ts';
import { FULL, missing } from './requirements.ts';
import { Stage } from './stage.ts';
import { deviceMac, talk } from './traffic.ts';

const MIB = 1024 * 1024;
const QUIET_DEVICES = 6;
const SPOOFED = 10_000;
const FLOOD = FULL ? 1_000_000 : 60_000;
const BUDGET_BYTES = FULL ? 200 * MIB : 24 * MIB;
const MAX_DEVICES = 64;
const RSS_LIMIT = 96 * MIB;

test('a flood of invented senders and one loud device leaves the others as they were', {
  skip: missing(),
}, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const capture = new CaptureProcess(stage, `${stage.root}/data`, {
    capture: { segment_bytes: 2 * MIB, ring_kib: 16 * 1024 },
    retention: { budget_bytes: BUDGET_BYTES, idle: 'ring' },
  });
  const { pid } = await capture.start();
  await talk(stage, { run: 1, devices: QUIET_DEVICES, count: 3000, rate: 3000, peer: 5 });
  await capture.request({ verb: 'rotate' });
  await capture.until('the quiet segments closed', () => closedFiles(stage, capture).length >= QUIET_DEVICES - 1);
  const quiet = closedFiles(stage, capture);

  // The quiet devices go on, one by one, while strangers and the first device shout. Device 0 of run 3 is the loud one.
  const handles: number[] = [];
  const watch = setInterval(() => handles.push(openHandles(pid)), 200);
  await Promise.all([
    talk(stage, { run: 2, devices: 1, count: FLOOD, rate: FULL ? 60_000 : 20_000, spoofed: SPOOFED, size: 400 }),
    talk(stage, { run: 3, devices: 1, count: FLOOD, rate: 0, down: 0, seed: 7 }),
    talk(stage, { run: 4, devices: QUIET_DEVICES, count: 1000, rate: 500, peer: 5 }),
  ]);
  const { delivered } = stage.wire();
  await capture.until('all frames counted', (s) => s.counters.received === delivered);
  clearInterval(watch);
  const resident = residentBytes(pid);
  assert.equal(await capture.stop(), 0);

  const evidence = new Evidence(stage.outside(capture.data));
  const [counters] = finalCounters(evidence.ledger);
  assert.ok(counters !== undefined);
  t.diagnostic(
    `delivered ${delivered}, written ${counters.written}, kernel drops ${counters.dropped_kernel}, lost_queue ${counters.lost_queue}`,
  );
  t.diagnostic(
    `resident ${(resident / MIB).toFixed(1)} MiB, handles ${Math.min(...handles)} to ${Math.max(...handles)}`,
  );
  assert.deepEqual(evidence.problems, []);
  assert.deepEqual(imbalance(counters), []);
  assert.equal(counters.received, delivered);
  const left = new Map(evidence.files.map((file) => [file.path, file.sidecar?.sha256]));
  assert.deepEqual(
    quiet.filter((file) => left.get(file.path) !== file.sha256),
    [],
  );
  const folders = new Set(evidence.files.map((file) => file.device));
  assert.ok(folders.size <= MAX_DEVICES + 2, `${folders.size} device folders`);
  assert.ok(folders.has('_overflow'));
  assert.ok(Math.max(...handles) <= MAX_DEVICES + 64, `${Math.max(...handles)} handles`);
  assert.ok(resident <= RSS_LIMIT, `${resident} bytes resident`);
});

/** Closed segments of all but the loud device. */
function closedFiles(stage: Stage, capture: CaptureProcess): { path: string; sha256: string | undefined }[] {
  return new Evidence(stage.outside(capture.data)).files
    .filter((file) => !file.open && file.device !== deviceMac(0))
    .map((file) => ({ path: file.path, sha256: file.sidecar?.sha256 }));
}
