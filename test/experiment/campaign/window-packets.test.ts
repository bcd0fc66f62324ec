// What the capture files hold of a recording: to the nanosecond, each frame once, and which of it is application data. The figures are
// compared with tshark's where it is installed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { countWindow, type WindowQuestion } from '../../../appliance/experiment/campaign/window-packets.ts';
import type { DeviceKey } from '../../../appliance/model/mac.ts';
import { formatSeconds } from '../../../appliance/model/time/clock.ts';
import type { CatalogSegment } from '../../../appliance/store/tail/segment-catalog.ts';
import { DataFolder, device, GATEWAY, packet, record, START_NS, udpFrame } from '../../store/data-folder.ts';

const ONE = device(1);
const SECOND = 1_000_000_000n;
const noTshark = spawnSync('tshark', ['--version']).error === undefined ? false : 'tshark is not installed';

/** One packet a second, of which each third is a question for a name. */
function recorded(t: TestContext, owner: DeviceKey, seconds: number) {
  const folder = DataFolder.make(t);
  const segment = folder.open(owner);
  for (let at = 0; at < seconds; at++) {
    const ns = START_NS + BigInt(at) * SECOND;
    folder.append(segment, at % 3 === 0 ? record(dns(owner), ns) : packet(owner, at, ns));
  }
  folder.close(segment);
  return { folder, row: row(owner, segment.path, segment.seq), file: folder.file(segment.path) };
}

function dns(owner: DeviceKey): Buffer {
  return udpFrame({
    from: owner,
    to: GATEWAY,
    source: '10.0.0.11',
    destination: '10.0.0.1',
    sourcePort: 40_000,
    destinationPort: 53,
    payload: Buffer.alloc(20, 1),
  });
}

function row(owner: DeviceKey, path: string, seq: number): CatalogSegment {
  const opened = formatSeconds(START_NS);
  const sums = { n: 1, lastTs: null, bytes: null, packets: null, sha256: null, cut: null };
  return {
    device: owner,
    seq,
    path,
    phase: 'idle',
    infra: [],
    state: 'closed',
    opened,
    closed: formatSeconds(START_NS + 99n * SECOND),
    ...sums,
  };
}

const question = (dataDir: string, segments: readonly CatalogSegment[], from: bigint, to: bigint): WindowQuestion => ({
  dataDir,
  segments,
  device: null,
  from: formatSeconds(START_NS + from),
  to: formatSeconds(START_NS + to),
  packets: 1_000_000,
  data: true,
});

test('the first moment of a recording is in it, the last is not', async (t) => {
  const { folder, row: one } = recorded(t, ONE, 30);
  const found = await countWindow(question(folder.dir, [one], 10n * SECOND, 20n * SECOND));
  assert.deepEqual(found, { packets: 10, withData: 7, isEnough: false, missing: '' });
});

test('a window that ends within a second counts as tshark does', { skip: noTshark }, async (t) => {
  const { folder, row: one, file } = recorded(t, ONE, 60);
  const [from, to] = [START_NS + 3n * SECOND + 1n, START_NS + 40n * SECOND + 500_000_000n];
  const found = await countWindow(question(folder.dir, [one], from - START_NS, to - START_NS));
  const lines = (filter: string) => {
    const span = `frame.time_epoch >= ${formatSeconds(from)} && frame.time_epoch < ${formatSeconds(to)}`;
    const { stdout } = spawnSync(
      'tshark',
      ['-r', file, '-Y', `${span}${filter}`, '-T', 'fields', '-e', 'frame.number'],
      { encoding: 'utf8' },
    );
    return stdout.split('\n').filter((line) => line !== '').length;
  };
  assert.deepEqual([found.packets, found.withData], [lines(''), lines(' && udp.length > 8 && !(udp.port == 53)')]);
});

test('counting ends when there is enough, and says so', async (t) => {
  const { folder, row: one } = recorded(t, ONE, 30);
  const found = await countWindow({ ...question(folder.dir, [one], 0n, 30n * SECOND), packets: 3 });
  assert.equal(found.isEnough, true);
  assert.ok(found.packets >= 3 && found.withData >= 1);
});

test('another device’s packets are not the step’s', async (t) => {
  const { folder, row: one } = recorded(t, ONE, 30);
  const found = await countWindow({ ...question(folder.dir, [one], 0n, 30n * SECOND), device: device(2) });
  assert.deepEqual(found, { packets: 0, withData: 0, isEnough: false, missing: '' });
});

test('a frame between two devices is in both files and counts once', async (t) => {
  const folder = DataFolder.make(t);
  const frame = udpFrame({
    from: ONE,
    to: device(2),
    source: '10.0.0.11',
    destination: '10.0.0.12',
    sourcePort: 40_000,
    destinationPort: 5000,
    payload: Buffer.alloc(20, 1),
  });
  const rows = [ONE, device(2)].map((owner) => {
    const segment = folder.open(owner);
    folder.append(segment, record(frame, START_NS + SECOND));
    folder.close(segment);
    return row(owner, segment.path, segment.seq);
  });
  const found = await countWindow(question(folder.dir, rows, 0n, 30n * SECOND));
  assert.deepEqual([found.packets, found.withData], [1, 1]);
});

test('files that are gone are reported', async (t) => {
  const { folder, row: one } = recorded(t, ONE, 3);
  const gone = { ...one, path: one.path.replace('.pcap', '.gone'), state: 'closed' as const };
  const found = await countWindow(question(folder.dir, [gone, { ...one, state: 'deleted' }], 0n, 30n * SECOND));
  assert.equal(found.missing, '2 files of it are deleted or cannot be read');
});
