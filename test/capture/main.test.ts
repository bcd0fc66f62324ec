import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startCapture } from '../../appliance/capture/main.ts';
import type { CaptureSettings } from '../../appliance/model/capture-settings.ts';
import {
  BROADCAST,
  BULB,
  CAMERA,
  captureFor,
  frame,
  GATEWAY,
  pcap,
  readLines,
  record,
  recordsOf,
  settingsFor,
  sha256,
  storedSegments,
  surroundings,
  temporaryFolder,
} from './fixture.ts';

const HOUR = 1_795_176_000; // 2026-11-20T12:00:00Z

/** Replays records flat out into a new data folder and stops; the folder and the final counters. */
async function replay(t: TestContext, records: readonly Buffer[], changes: Partial<CaptureSettings> = {}) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap(records));
  const capture = await captureFor(t, settingsFor(dataDir, { file, ...changes }));
  await capture.ended;
  await capture.stop('test');
  return { dataDir, counters: capture.recorder.counters() };
}

test('a frame goes to the file of its sender, and one of the access point to the file of its receiver', async (t) => {
  const { dataDir } = await replay(t, [
    record(HOUR, 1, frame(BULB, GATEWAY)),
    record(HOUR, 2, frame(GATEWAY, BULB)),
    record(HOUR, 3, frame(GATEWAY, BROADCAST)),
    record(HOUR, 4, frame(GATEWAY, CAMERA)),
  ]);
  const counts = storedSegments(dataDir).map(({ sidecar }) => [sidecar.device, sidecar.packets]);
  assert.deepEqual(counts, [
    [BULB, 2],
    ['_infra', 2],
  ]);
});

test('a frame between two captured devices is in both files, marked, and counts once', async (t) => {
  const { dataDir, counters } = await replay(t, [
    record(HOUR, 1, frame(BULB, BROADCAST)),
    record(HOUR, 2, frame(CAMERA, BROADCAST)),
    record(HOUR, 3, frame(BULB, CAMERA, 100)),
  ]);
  const segments = storedSegments(dataDir).map(({ sidecar }) => sidecar);
  const rows = segments.map((s) => [s.device, s.packets, s.shared_packets, s.shared_bytes]);
  assert.deepEqual(rows, [
    [BULB, 2, 0, 0],
    [CAMERA, 2, 1, 100],
  ]);
  assert.equal(counters.written, 3);
});

test('group and zero senders are counted and stored in _infra', async (t) => {
  const { counters } = await replay(t, [
    record(HOUR, 1, frame(BROADCAST, BULB)),
    record(HOUR, 2, frame('00:00:00:00:00:00', BULB)),
    record(HOUR, 3, frame('01:00:5e:00:00:01', BULB)),
    record(HOUR, 4, frame(BULB, GATEWAY)),
  ]);
  assert.deepEqual([counters.captured, counters.sourceless, counters.written], [4, 3, 4]);
});

test('senders beyond the limit share one overflow file', async (t) => {
  const senders = Array.from({ length: 500 }, (_, i) => `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:01`);
  const spoofed = senders.map((mac, i) => mac.slice(0, -2) + (i & 255).toString(16).padStart(2, '0'));
  const { dataDir, counters } = await replay(
    t,
    spoofed.map((mac, i) => record(HOUR, i, frame(mac, GATEWAY))),
    { maxDevices: 5 },
  );
  const segments = storedSegments(dataDir).map(({ sidecar }) => sidecar);
  assert.equal(segments.length, 6);
  assert.equal(segments.find((s) => s.device === '_overflow')?.packets, 495);
  assert.equal(counters.written, 500);
});

const MIDNIGHT = HOUR + 12 * 3600;

test('a quiet device has one segment a day, which ends at midnight UTC', async (t) => {
  const hourly = Array.from({ length: 36 }, (_, i) => record(HOUR + i * 3600, 0, frame(BULB, GATEWAY)));
  const { dataDir } = await replay(t, [record(MIDNIGHT - 86_400, 0, frame(BULB, GATEWAY)), ...hourly]);
  const segments = storedSegments(dataDir).map(({ path: name, sidecar }) => [
    path.basename(name),
    sidecar.packets,
    sidecar.cut,
  ]);
  assert.deepEqual(segments, [
    ['50-c7-bf-00-00-01_20261120T000000Z_00000001_idle.pcap', 13, 'hour'],
    ['50-c7-bf-00-00-01_20261121T000000Z_00000002_idle.pcap', 24, 'stop'],
  ]);
});

test('a device that has become busy is cut at the next full hour', async (t) => {
  const busy = Array.from({ length: 1100 }, (_, i) => record(HOUR + 4000, i, frame(CAMERA, GATEWAY, 1000)));
  const { dataDir } = await replay(t, [
    record(HOUR, 0, frame(CAMERA, GATEWAY)),
    ...busy,
    record(HOUR + 7200, 0, frame(CAMERA, GATEWAY)),
    record(HOUR + 10_800, 0, frame(CAMERA, GATEWAY)),
  ]);
  const segments = storedSegments(dataDir).map(({ sidecar }) => [sidecar.packets, sidecar.cut]);
  assert.deepEqual(segments, [
    [1101, 'hour'],
    [2, 'stop'],
  ]);
});

test('a device that another floods begins a new segment, and its sidecar says whose the copies are', async (t) => {
  const flood = Array.from({ length: 3000 }, (_, i) => record(HOUR + 1, i, frame(CAMERA, BULB, 1000)));
  const { dataDir, counters } = await replay(t, [
    record(HOUR, 0, frame(BULB, GATEWAY)),
    record(HOUR, 1, frame(CAMERA, GATEWAY)),
    ...flood,
  ]);
  const victim = storedSegments(dataDir).filter(({ sidecar }) => sidecar.device === BULB);
  assert.deepEqual(
    victim.map(({ sidecar }) => [sidecar.cut, sidecar.packets, sidecar.shared_from]),
    [
      ['size', 1034, { [CAMERA]: 1033 * 1016 }],
      ['stop', 1967, { [CAMERA]: 1967 * 1016 }],
    ],
  );
  assert.equal(counters.written, 3002);
});

test('segments shorter than an hour are cut whatever a device sends', async (t) => {
  const { dataDir } = await replay(
    t,
    [0, 899, 900, 3600].map((second) => record(HOUR + second, 0, frame(BULB, GATEWAY))),
    { segmentSeconds: 900 },
  );
  assert.deepEqual(
    storedSegments(dataDir).map(({ sidecar }) => sidecar.packets),
    [2, 1, 1],
  );
});

test('a busy segment is cut at the full hour of packet time', async (t) => {
  const before = Array.from({ length: 1100 }, (_, i) => record(HOUR + 3599, i, frame(BULB, GATEWAY, 1000)));
  const { dataDir } = await replay(t, [...before, record(HOUR + 3600, 0, frame(BULB, GATEWAY))]);
  const segments = storedSegments(dataDir).map(({ path: name, sidecar }) => [path.basename(name), sidecar.cut]);
  assert.deepEqual(segments, [
    ['50-c7-bf-00-00-01_20261120T125959Z_00000001_idle.pcap', 'hour'],
    ['50-c7-bf-00-00-01_20261120T130000Z_00000002_idle.pcap', 'stop'],
  ]);
});

test('a segment never exceeds its size and loses no record at the cut', async (t) => {
  const records = Array.from({ length: 2000 }, (_, i) => record(HOUR, i, frame(BULB, GATEWAY, 1000)));
  const { dataDir, counters } = await replay(t, records, { segmentBytes: 200_000 });
  const segments = storedSegments(dataDir);
  assert.ok(segments.every(({ bytes }) => bytes.length <= 200_000));
  const fractions = segments.flatMap(({ bytes }) => recordsOf(bytes).map((r) => r.fraction));
  assert.deepEqual(fractions, [...Array(2000).keys()]);
  assert.equal(counters.written, 2000);
});

test('records longer than a block are stored whole', async (t) => {
  const { dataDir } = await replay(t, [
    record(HOUR, 1, frame(BULB, GATEWAY, 100)),
    record(HOUR, 2, frame(BULB, GATEWAY, 200_000)),
    record(HOUR, 3, frame(BULB, GATEWAY, 100)),
  ]);
  const lengths = storedSegments(dataDir).flatMap(({ bytes }) => recordsOf(bytes).map((r) => r.frame.length));
  assert.deepEqual(lengths, [100, 200_000, 100]);
});

test('sidecar and ledger carry the SHA-256 of what is on the disk', async (t) => {
  const { dataDir } = await replay(t, [record(HOUR, 1, frame(BULB, GATEWAY))]);
  const [segment] = storedSegments(dataDir);
  assert.ok(segment !== undefined);
  const closed = readLines(dataDir).find((line) => line.type === 'segment-closed');
  assert.equal(segment.sidecar.sha256, sha256(segment.bytes));
  assert.ok(closed?.type === 'segment-closed');
  assert.equal(closed.sha256, segment.sidecar.sha256);
  const sidecar = fs.readFileSync(path.join(dataDir, 'captures', segment.path.replace('.pcap', '.json')));
  assert.equal(closed.sidecar_sha256, sha256(sidecar));
});

test('frames too short for addresses and other link types go to _infra', async (t) => {
  const { dataDir } = await replay(t, [record(HOUR, 1, Buffer.from([1, 2, 3])), record(HOUR, 2, Buffer.alloc(11, 4))]);
  assert.deepEqual(
    storedSegments(dataDir).map(({ sidecar }) => [sidecar.device, sidecar.packets]),
    [['_infra', 2]],
  );
});

test('a second capture on the same folder is refused with one line', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap([record(HOUR, 1, frame(BULB, GATEWAY)), record(HOUR + 60, 1, frame(BULB, GATEWAY))]));
  const settings = settingsFor(dataDir, { file, replaySpeed: 'recorded' });
  const first = await captureFor(t, settings);
  t.after(() => first.stop('test'));
  await assert.rejects(startCapture(settings, surroundings()), { code: 'ALREADY_RUNNING' });
});

test('a file that is no capture is refused with one line', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, 'This is a shopping list.\n');
  await assert.rejects(startCapture(settingsFor(dataDir, { file }), surroundings()), { code: 'NOT_A_CAPTURE' });
});

test('the whole records before a damage are stored, and the end says where it is', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, Buffer.concat([pcap([record(HOUR, 1, frame(BULB, GATEWAY))]), Buffer.alloc(4096)]));
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  assert.match(await capture.ended, /record of length zero: .* at byte 100; all before is kept/);
  await capture.stop('test');
  assert.equal(storedSegments(dataDir)[0]?.sidecar.packets, 1);
});
