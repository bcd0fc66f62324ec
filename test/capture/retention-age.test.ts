import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadIdentity } from '../../appliance/capture/ledger/identity.ts';
import { Ledger } from '../../appliance/capture/ledger/ledger.ts';
import { checkAtStart } from '../../appliance/capture/ledger/start-check.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { nodeDisk } from '../../appliance/capture/storage/disk.ts';
import { Storage } from '../../appliance/capture/storage/storage.ts';
import { type Clock, systemClock } from '../../appliance/model/time/clock.ts';
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
} from './fixture.ts';

const DAY = 86_400;
const FIRST = 1_795_176_000; // 2026-11-20T12:00:00Z

/** Two days of two devices, stopped; then one look of storage at `days` after the first record. */
async function lookAfter(t: TestContext, days: number, changes: { isClockRight?: boolean; maxAgeDays?: number } = {}) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const frames = [0, DAY].flatMap((at) => [BULB, CAMERA].map((mac, i) => record(FIRST + at, i, frame(mac, GATEWAY))));
  fs.writeFileSync(file, pcap(frames));
  const settings = settingsFor(dataDir, {
    file,
    floor: { bytes: 0, share: 0 },
    freeInodeShare: 0,
    retentionSeconds: 3600,
  });
  const capture = await captureFor(t, settings);
  await capture.ended;
  await capture.stop('test');
  const before = storedSegments(dataDir).length;
  const clock: Clock = { ...systemClock, wall: () => BigInt(FIRST + days * DAY) * 1_000_000_000n };
  const identity = await loadIdentity(nodeDisk, dataDir, null, clock);
  const { state, start } = await checkAtStart(dataDir, identity);
  const signText = (text: string): string => sign(null, Buffer.from(text), identity.privateKey).toString('base64');
  const ledger = new Ledger(nodeDisk, path.join(dataDir, 'ledger.ndjson'), clock, state.highestBoot, signText, start);
  await ledger.start();
  const storage = new Storage({
    settings: { ...settings, maxAgeDays: changes.maxAgeDays ?? 30 },
    disk: nodeDisk,
    capturesFolder: path.join(dataDir, 'captures'),
    ledger,
    clock,
    lastSequence: state.highestSeq,
    acquaintances: state.acquaintances,
    isHeld: () => false,
    openBytes: () => 0,
    block: () => undefined,
    say: () => undefined,
    forgotten: state.forgotten,
    isClockRight: () => changes.isClockRight ?? true,
  });
  await storage.start();
  await storage.stop();
  await ledger.stop();
  const days_left = storedSegments(dataDir).map(({ sidecar }) => Math.floor((Number(sidecar.first_ts) - FIRST) / DAY));
  return { dataDir, before, days_left };
}

test('a segment goes when its last packet is older than the settings allow; the ledger says why and verifies', async (t) => {
  const { dataDir, before, days_left } = await lookAfter(t, 30.5);
  assert.equal(before, 4);
  assert.deepEqual(days_left, [1, 1]);
  const gone = readLines(dataDir).filter(({ type }) => type === 'segment-deleted');
  assert.equal(gone.length, 2);
  for (const line of gone) assert.match(JSON.stringify(line), /older than 30 days \(retention\.max_age_days\)/);
  assert.deepEqual((await verifyFolder(dataDir)).problems, []);
});

test('a clock that nothing keeps right deletes nothing, nor does an age of 0', async (t) => {
  assert.equal((await lookAfter(t, 4000, { isClockRight: false })).days_left.length, 4);
  assert.equal((await lookAfter(t, 4000, { maxAgeDays: 0 })).days_left.length, 4);
});

test('what is as old as allowed stays, and after the last day nothing is left', async (t) => {
  assert.equal((await lookAfter(t, 29.9)).days_left.length, 4);
  assert.deepEqual((await lookAfter(t, 32)).days_left, []);
});
