import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { nodeDisk } from '../../appliance/capture/storage/disk.ts';
import { CaptureClient } from '../../appliance/experiment/capture-client.ts';
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
  surroundings,
  temporaryFolder,
  until,
} from './fixture.ts';

const HOUR = 1_795_176_000;
const DAY = 86_400;
const ROOMY = { floor: { bytes: 0, share: 0 }, freeInodeShare: 0 };

/** Three days of two devices, the last of them still open. */
async function recorded(t: TestContext, changes: Parameters<typeof surroundings>[0] = {}) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const times = [0, DAY, 2 * DAY].flatMap((at) =>
    [BULB, CAMERA].map((mac, i) => record(HOUR + at, i, frame(mac, GATEWAY))),
  );
  fs.writeFileSync(file, pcap(times));
  const settings = settingsFor(dataDir, { file, ...ROOMY });
  const capture = await captureFor(t, settings, changes);
  await capture.ended;
  const client = new CaptureClient(path.join(dataDir, 'run', 'capture.sock'));
  const owner = new CaptureClient(path.join(dataDir, 'run', 'owner.sock'));
  const forget = (device: string, by = owner) =>
    by.ask({ verb: 'forget', device: device as DeviceKey, by: 'me', reason: 'asked for by its owner' });
  return { dataDir, settings, capture, client, forget };
}

const ownersOf = (dataDir: string): string[] => storedSegments(dataDir).map(({ sidecar }) => sidecar.device);
const folderOf = (dataDir: string, mac: string) => path.join(dataDir, 'captures', mac.replaceAll(':', '-'));

test('a forgotten device loses its segments, the open one too, and its folder; the others stay and verify is clean', async (t) => {
  const { dataDir, capture, client, forget } = await recorded(t);
  await client.ask({ verb: 'tag-start', tag: 'tea', device: BULB as DeviceKey, by: 'me' });
  // What recovery put aside for a person to see (recovery.test.ts) names the device as well.
  const closed = (): string | undefined =>
    fs
      .readdirSync(folderOf(dataDir, BULB), { recursive: true, encoding: 'utf8' })
      .find((name) => name.endsWith('.json'));
  await until(() => closed() !== undefined);
  const sidecar = path.join(folderOf(dataDir, BULB), closed() ?? '');
  for (const aside of [`${sidecar}.damaged`, `${sidecar}.damaged-2`, sidecar.replace(/json$/, 'pcap.part.damaged')])
    fs.writeFileSync(aside, 'put aside');
  await forget(BULB);
  await until(() => !fs.existsSync(folderOf(dataDir, BULB)));
  // A writer that has closed its last file is let go at the next tick.
  let status = await client.status();
  for (let looks = 0; looks < 1000 && status.devices.some(({ device }) => device === BULB); looks++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    status = await client.status();
  }
  const { devices, tags } = status;
  assert.deepEqual([devices.map(({ device }) => device), tags], [[CAMERA], []]);
  await capture.stop('test');
  assert.deepEqual(new Set(ownersOf(dataDir)), new Set([CAMERA]));
  const [tombstone] = readLines(dataDir).filter(({ type }) => type === 'device-forgotten');
  assert.match(JSON.stringify(tombstone), /"reason":"asked for by its owner"/);
  const gone = readLines(dataDir).flatMap((line) => (line.type === 'segment-deleted' ? [line.reason] : []));
  assert.deepEqual([gone.length, new Set(gone).size, gone[0]?.includes('forgotten')], [3, 1, true]);
  const { problems, warnings } = await verifyFolder(dataDir);
  assert.deepEqual([problems, warnings], [[], []]);
});

test('what could not be deleted when a device was forgotten goes at the next start, also behind a volume of the ledger', async (t) => {
  let refuses = true;
  const disk: typeof nodeDisk = Object.assign(Object.create(nodeDisk) as typeof nodeDisk, {
    remove: (file: string) =>
      refuses && file.endsWith('.pcap')
        ? Promise.reject(Object.assign(new Error('no'), { code: 'EIO' }))
        : nodeDisk.remove(file),
  });
  const { dataDir, settings, capture, forget } = await recorded(t, { disk, volumeBytes: 2048 });
  const answer = await forget(BULB);
  await capture.stop('test');
  assert.ok(ownersOf(dataDir).includes(BULB), 'the card refused');
  refuses = false;
  const again = await captureFor(t, { ...settings, file: path.join(dataDir, 'in.pcap') }, { volumeBytes: 2048 });
  await again.ended;
  await again.stop('test');
  const { up_to: upTo } = answer as { up_to: number };
  assert.ok(upTo >= 5 && fs.existsSync(path.join(dataDir, 'ledger-000001.ndjson')));
  const left = storedSegments(dataDir).filter(({ sidecar }) => sidecar.device === BULB);
  assert.ok(left.length > 0, 'heard again, it is recorded again');
  for (const { sidecar } of left) assert.ok(sidecar.seq > upTo);
  assert.deepEqual((await verifyFolder(dataDir)).problems, []);
});

test('who may ask capture for its status may not ask it to forget: the socket for that is for its owner alone', async (t) => {
  const { dataDir, capture, client, forget } = await recorded(t);
  await assert.rejects(forget(BULB, client), /for root on the machine itself/);
  assert.equal(fs.statSync(path.join(dataDir, 'run', 'owner.sock')).mode & 0o777, 0o600);
  const owner = new CaptureClient(path.join(dataDir, 'run', 'owner.sock'));
  await assert.rejects(owner.ask({ verb: 'rotate' }), /not asked for on this socket/);
  await capture.stop('test');
  assert.ok(ownersOf(dataDir).includes(BULB));
});

test('a pseudo device cannot be forgotten, nor what is no address', async (t) => {
  const { dataDir, capture, forget } = await recorded(t);
  for (const word of ['_infra', '_overflow', 'bulb']) await assert.rejects(forget(word), /device is a MAC address/);
  await capture.stop('test');
  assert.ok(ownersOf(dataDir).includes(BULB));
});
