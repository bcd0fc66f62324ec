import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { planRetention, type RetentionLimits, type StoredFile } from '../../appliance/capture/storage/retention.ts';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import {
  BULB,
  CAMERA,
  captureFor,
  frame,
  GATEWAY,
  pcap,
  readLines,
  record,
  settingsFor,
  storedSegments,
  temporaryFolder,
  until,
} from './fixture.ts';

const HOUR = 1_795_176_000;
const NO_FLOOR = { bytes: 0, share: 0 };

/** Segments of 10 bytes: `a3` is the third of device a. */
function stored(names: string, changes: Partial<StoredFile> = {}): StoredFile[] {
  return names.split(' ').map((name) => ({
    path: name,
    device: name[0] as DeviceKey,
    seq: Number(name.slice(1)),
    phase: 'idle',
    bytes: 10,
    open: false,
    copies: new Map(),
    ...changes,
  }));
}

function limits(changes: Partial<RetentionLimits>): RetentionLimits {
  return {
    budgetBytes: 1_000_000,
    floorBytes: 0,
    freeBytes: 1_000_000,
    floorInodes: 0,
    freeInodes: 1_000_000,
    maxFiles: 30_000,
    keepNewest: 1,
    modeOf: (phase) => (phase === 'idle' ? 'ring' : 'keep'),
    isLocked: () => false,
    isKnown: () => true,
    isHeld: () => false,
    ...changes,
  };
}

function victims(files: readonly StoredFile[], changes: Partial<RetentionLimits>): string {
  return planRetention(files, limits(changes))
    .victims.map((file) => file.path)
    .join(' ');
}

test('within all limits nothing is deleted', () => {
  assert.deepEqual(planRetention(stored('a1 a2 b3'), limits({})), { victims: [], reason: '', blocked: false });
});

test('over budget the oldest goes first, as many as needed and no more', () => {
  assert.equal(victims(stored('a3 a1 a2 a4'), { budgetBytes: 25 }), 'a1 a2');
});

test('the device furthest above its share pays', () => {
  assert.equal(victims(stored('a1 b2 b3 b4 b5 b6'), { budgetBytes: 40 }), 'b2 b3');
});

test('a noisy device cannot push a quiet one below its floor', () => {
  const noisy = Array.from({ length: 100 }, (_, i) => `n${i + 10}`).join(' ');
  const files = stored(`q1 q2 q3 ${noisy}`);
  assert.ok(!victims(files, { budgetBytes: 100 }).includes('q'));
});

test('what is being copied goes last, and goes all the same: who asks for that may ask for everything', () => {
  const files = stored('a1 a2 a3 a4');
  const isHeld = (seq: number) => seq === 1;
  assert.equal(victims(files, { budgetBytes: 25, isHeld }), 'a2 a3');
  assert.equal(victims(files, { budgetBytes: 15, isHeld: () => true }), 'a1 a2 a3');
});

test('open segments, kept phases and locked segments stay; then storing is blocked', () => {
  const files = [...stored('a1 a2', { open: true }), ...stored('a3 a4', { phase: 'intensive' }), ...stored('a5 a6 a7')];
  const plan = planRetention(files, limits({ budgetBytes: 10, isLocked: (name) => name === 'a5' }));
  assert.deepEqual(
    plan.victims.map((file) => file.path),
    ['a6'],
  );
  assert.equal(plan.blocked, true);
});

test('the newest few of a device are spared as long as another can go', () => {
  const files = stored('a1 a2 a3 b4 b5 b6 b7 b8');
  assert.equal(victims(files, { budgetBytes: 70, keepNewest: 3 }), 'b4');
  assert.equal(victims(files, { budgetBytes: 40, keepNewest: 3 }), 'b4 b5 a1 b6');
});

test('only what is about to go is asked for its tags, however much is stored', () => {
  const files = stored(Array.from({ length: 10_000 }, (_, i) => `a${i}`).join(' '));
  const asked: string[] = [];
  const isLocked = (name: string) => asked.push(name) <= 5;
  assert.equal(victims(files, { budgetBytes: 99_980, isLocked }), 'a5 a6');
  assert.ok(asked.length <= 9, `${asked.length} sidecars read`);
});

/** A file of 10 MB each, with so many MB of copies of what `sender` sent. */
function flooded(names: string, sender: string, megabytes: number): StoredFile[] {
  return stored(names, { bytes: 10_000_000, copies: new Map([[sender as DeviceKey, megabytes * 1_000_000]]) });
}

test('files are shared as bytes are: many small ones do not evict a camera’s', () => {
  const camera = stored('c1 c2 c3 c4 c5', { bytes: 1000 });
  const chatter = stored(Array.from({ length: 40 }, (_, i) => `n${i + 10}`).join(' '), { bytes: 1 });
  assert.equal(victims([...camera, ...chatter], { maxFiles: 80 }), 'n10 n11 n12 n13 n14');
});

test('what a flood leaves in its victim’s files is paid for by the flooder, with its own files first', () => {
  const own = stored('v1 v2', { bytes: 10_000_000 });
  const files = [...own, ...stored('f3 f5 f7 f9', { bytes: 9_500_000 }), ...flooded('v4 v6 v8', 'f', 9.5)];
  assert.equal(victims(files, { budgetBytes: 60_000_000 }), 'f3 f5 f7');
  assert.equal(victims(files, { budgetBytes: 40_000_000 }), 'f3 f5 f7 v4 v6');
});

test('copies that share a file with what its device sent never evict that file', () => {
  const files = [...stored('v1 v3'), ...flooded('v2 v4', 'f', 6), ...stored('f5 f6 f7')];
  assert.equal(victims(files, { budgetBytes: 20_000_035 }), 'f5 f6');
});

test('all newcomers together pay first for what they have above a tenth, the oldest of them all first', () => {
  const newcomers = Array.from({ length: 30 }, (_, i) => ({ ...stored(`${String.fromCharCode(65 + i)}${i + 1}`)[0]! }));
  const camera = stored(Array.from({ length: 50 }, (_, i) => `c${i + 100}`).join(' '));
  const isKnown = (device: DeviceKey) => device === 'c';
  const gone = victims([...newcomers, ...camera], { maxFiles: 140, isKnown });
  assert.equal(gone, 'A1 B2 C3 D4 E5 F6 G7 H8 I9 J10');
  const more = planRetention([...newcomers, ...camera], limits({ maxFiles: 100, isKnown })).victims;
  assert.deepEqual([more.filter((file) => !isKnown(file.device)).length, more.length], [25, 30]);
});

test('the free-space and inode floors count like the budget', () => {
  assert.equal(victims(stored('a1 a2 a3 a4'), { floorBytes: 100, freeBytes: 85 }), 'a1 a2');
  assert.equal(victims(stored('a1 a2 a3 a4'), { floorInodes: 100, freeInodes: 97 }), 'a1 a2');
});

test('a full budget deletes in the ledger first, and the folder still verifies', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const frames = Array.from({ length: 2000 }, (_, i) =>
    record(HOUR, i * 300_000, frame(i % 10 === 0 ? CAMERA : BULB, GATEWAY, 1000)),
  );
  fs.writeFileSync(file, pcap(frames));
  const budgetBytes = 600_000;
  const changes = {
    file,
    replaySpeed: 0.2,
    segmentBytes: 50_000,
    budgetBytes,
    floor: NO_FLOOR,
    freeInodeShare: 0,
  };
  const capture = await captureFor(t, settingsFor(dataDir, { ...changes, retentionSeconds: 0.1 }));
  await capture.ended;
  // The reader may be far ahead of the writer: below the budget is also what is not written yet.
  const countOf = (type: string): number => readLines(dataDir).filter((line) => line.type === type).length;
  // On a slow disk the budget may be reached before something is deleted: those frames are lost, reported, and not this test's matter.
  const settled = () => capture.status().counters.written + capture.status().counters.lost_disk === frames.length;
  await until(() => settled() && countOf('segment-deleted') >= 15);
  await until(() => capture.status().storage.bytes < budgetBytes);
  await capture.stop('test');
  const types = readLines(dataDir).map((line) => line.type);
  const deleted = types.filter((type) => type === 'segment-deleted').length;
  assert.equal(types.filter((type) => type === 'segment-deleting').length, deleted);
  const gone = readLines(dataDir).flatMap((line) => (line.type === 'segment-deleted' ? [line.last_ts] : []));
  const lasts = gone.map((text) => Number(text) - HOUR);
  assert.ok(
    lasts.every((seconds) => seconds >= 0 && seconds < 0.6),
    'each says up to when something is gone',
  );
  assert.ok(Math.max(...lasts) > Math.min(...lasts));
  assert.deepEqual((await verifyFolder(dataDir)).problems, []);
  const bytes = storedSegments(dataDir).reduce((sum, segment) => sum + segment.bytes.length, 0);
  assert.ok(bytes <= budgetBytes + 50_000, `${bytes}`);
  assert.ok(storedSegments(dataDir).some((segment) => segment.sidecar.device === CAMERA));
});

test('where something has to go there is room for more than the next segment, so that not each one costs a scan', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const write = (hour: number, count: number) =>
    fs.writeFileSync(file, pcap(Array.from({ length: count }, (_, i) => record(hour, i, frame(BULB, GATEWAY, 1000)))));
  const changes = { file, segmentBytes: 2000, floor: NO_FLOOR, freeInodeShare: 0, retentionSeconds: 0.05 };
  write(HOUR, 20_000);
  const first = await captureFor(t, settingsFor(dataDir, changes));
  await first.ended;
  await first.stop('test');
  const budgetBytes = first.status().storage.bytes - 1;
  write(HOUR + 3600, 1);
  const second = await captureFor(t, settingsFor(dataDir, { ...changes, budgetBytes }));
  await second.ended;
  await until(() => second.status().storage.bytes < budgetBytes);
  await second.stop('test');
  const { bytes } = second.status().storage;
  assert.ok(bytes <= budgetBytes * 0.995 && bytes > budgetBytes * 0.97, `${bytes} of ${budgetBytes}`);
});

test('a full budget in a kept phase stops storing, counts on, says so, and goes on when there is room', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const frames = Array.from({ length: 3000 }, (_, i) => record(HOUR, i * 300_000, frame(BULB, GATEWAY, 1000)));
  fs.writeFileSync(file, pcap(frames));
  const changes = { budgetBytes: 300_000, floor: NO_FLOOR, freeInodeShare: 0, retentionSeconds: 0.05 };
  // Slow enough that frames still come when there is room again, also on a machine with other work.
  const settings = settingsFor(dataDir, {
    file,
    replaySpeed: 0.2,
    segmentBytes: 50_000,
    phase: 'intensive',
    ...changes,
  });
  const capture = await captureFor(t, settings);
  await until(() => capture.status().counters.lost_disk > 100);
  assert.match(capture.status().reason, /^storing stopped: captures take \d+ bytes more than their budget/);
  assert.equal(capture.status().state, 'degraded');
  // Somebody takes captures away.
  fs.rmSync(path.join(dataDir, 'captures'), { recursive: true, maxRetries: 20 });
  fs.mkdirSync(path.join(dataDir, 'captures'));
  await until(() => capture.status().gaps.some((gap) => gap.reason === 'no room to store'));
  await capture.ended;
  await capture.stop('test');
  const { captured, written, lost_disk } = capture.recorder.counters();
  assert.deepEqual([captured, written + lost_disk], [3000, 3000]);
  assert.ok(storedSegments(dataDir).length > 0);
});
