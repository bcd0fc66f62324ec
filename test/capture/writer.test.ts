// The promise under test: whatever the disk answers, every final file holds whole records only, and every frame is in exactly
// one column of the books.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EngineSink } from '../../appliance/capture/engines/engine.ts';
import { makeEngine } from '../../appliance/capture/engines/engines.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { readPcapHeader, walkRecords } from '../../appliance/decode/files/pcap-record.ts';
import type { CaptureSettings } from '../../appliance/model/capture-settings.ts';
import { type Fault, faultyDisk } from './faulty-disk.ts';
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
  storedSegments,
  temporaryFolder,
} from './fixture.ts';

const HOUR = 1_795_176_000;
const QUICK = { retryMs: 20, holdMs: 5000, syncSecondsIdle: 0.05, segmentBytes: 60_000, flushMs: 5 };

/** 600 frames of two devices that also talk to each other, over half a second. */
function conversation(): Buffer[] {
  return Array.from({ length: 600 }, (_, i) => {
    const [from, to] = [
      [BULB, GATEWAY],
      [CAMERA, BROADCAST],
      [BULB, CAMERA],
    ][i % 3] as [string, string];
    return record(HOUR, i * 800_000, frame(from, to, 60 + (i % 400)));
  });
}

async function capturedWith(t: TestContext, fault: Fault, changes: Partial<CaptureSettings> = {}) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap(conversation()));
  const settings = settingsFor(dataDir, { file, replaySpeed: 5, ...QUICK, ...changes });
  const capture = await captureFor(t, settings, { disk: faultyDisk(fault) });
  assert.equal(await capture.ended, 'end of file');
  await capture.stop('test');
  return { dataDir, counters: capture.recorder.counters() };
}

function assertWhole(dataDir: string): void {
  const names = fs.readdirSync(path.join(dataDir, 'captures'), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((n) => n.endsWith('.pcap'))) {
    const bytes = fs.readFileSync(path.join(dataDir, 'captures', name));
    const format = readPcapHeader(bytes, 0, bytes.length);
    assert.ok(format !== undefined, name);
    assert.equal(walkRecords(bytes, 24, bytes.length, format).fault, null, name);
  }
}

function assertBalanced({ dataDir, counters }: Awaited<ReturnType<typeof capturedWith>>): void {
  const { captured, written, lost_disk, lost_queue, refused } = counters;
  assert.equal(captured, 600);
  assert.equal(written + lost_disk + lost_queue + refused, captured);
  const stored = storedSegments(dataDir).reduce(
    (sum, { sidecar }) => sum + sidecar.packets - sidecar.shared_packets,
    0,
  );
  assert.equal(stored, written);
  assertOrdered(dataDir);
}

/** By sequence number, the records of a device are in the order of their arrival. */
function assertOrdered(dataDir: string): void {
  const last = new Map<string, number>();
  for (const { sidecar, bytes } of storedSegments(dataDir)) {
    for (const { fraction } of recordsOf(bytes)) {
      assert.ok(fraction > (last.get(sidecar.device) ?? -1), `${sidecar.file}: ${fraction}`);
      last.set(sidecar.device, fraction);
    }
  }
}

const CODES = ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'] as const;

for (const code of CODES) {
  test(`${code} on any one write loses nothing and leaves no half record`, async (t) => {
    for (const k of [1, 2, 3, 4, 5, 8, 13]) {
      const outcome = await capturedWith(t, (call, name, n) =>
        call === 'write' && name.endsWith('.part') && n % 40 === k ? code : undefined,
      );
      assertWhole(outcome.dataDir);
      assertBalanced(outcome);
      assert.equal(outcome.counters.written, 600);
    }
  });
}

test('a short write that then fails keeps the whole records that fitted', async (t) => {
  let broken = false;
  const outcome = await capturedWith(t, (call, name, n) => {
    if (call !== 'write' || !name.endsWith('.part') || n < 3) return undefined;
    if (broken) return n % 7 === 0 ? 'EIO' : undefined;
    broken = true;
    return 333;
  });
  assertWhole(outcome.dataDir);
  assertBalanced(outcome);
  assert.equal(outcome.counters.written, 600);
});

test('a disk that stays full is counted as lost on disk, and capture goes on', async (t) => {
  let full = false;
  const outcome = await capturedWith(
    t,
    (call, name) => {
      if (call === 'write' && name.endsWith('.part') && full) return 'ENOSPC';
      full ||= call === 'write' && name.endsWith('.part');
      return undefined;
    },
    { holdMs: 30 },
  );
  assertWhole(outcome.dataDir);
  assertBalanced(outcome);
  assert.ok(outcome.counters.lost_disk > 0);
});

test('writing resumes when there is room again', async (t) => {
  const started = performance.now();
  const outcome = await capturedWith(t, (call, name) =>
    call === 'write' && name.endsWith('.part') && performance.now() - started < 60 ? 'ENOSPC' : undefined,
  );
  assertWhole(outcome.dataDir);
  assertBalanced(outcome);
  assert.equal(outcome.counters.written, 600);
});

test('segments that cannot be opened while others are cut keep order, phase and every record', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap(conversation()));
  const started = performance.now();
  const disk = faultyDisk((call, name) => {
    const hit = (call === 'create' || call === 'write') && name.endsWith('.part');
    return hit && Math.floor((performance.now() - started) / 30) % 2 === 1 ? 'ENOSPC' : undefined;
  });
  const capture = await captureFor(t, settingsFor(dataDir, { file, replaySpeed: 2, ...QUICK, holdMs: 5000 }), { disk });
  const phases = ['idle', 'intensive', 'scan'] as const;
  const cuts = setInterval(() => {
    const phase = phases[Math.floor(performance.now() / 14) % 3]!;
    capture.recorder
      .carryOut({ verb: 'phase', phase, interaction: 'none', by: 'test', note: '' })
      .catch(() => undefined);
  }, 7);
  await capture.ended;
  clearInterval(cuts);
  await capture.stop('test');
  assertWhole(dataDir);
  assertBalanced({ dataDir, counters: capture.recorder.counters() });
  assert.equal(capture.recorder.counters().written, 600);
  assert.ok(storedSegments(dataDir).every(({ sidecar, path: name }) => name.includes(`_${sidecar.phase}.pcap`)));
});

test('a failed fdatasync ends the segment, is reported, and is never tried again on it', async (t) => {
  let failed = '';
  const outcome = await capturedWith(t, (call, name) => {
    if (call !== 'sync' || !name.endsWith('.part')) return undefined;
    if (failed === '') failed = name;
    if (failed !== name) return undefined;
    assert.equal(failed, name);
    return 'EIO';
  });
  assertWhole(outcome.dataDir);
  assertBalanced(outcome);
  const findings = readLines(outcome.dataDir).filter((line) => line.type === 'finding');
  assert.deepEqual(
    findings.map((line) => line.type === 'finding' && line.code),
    ['DISK_SYNC'],
  );
});

/** One call in four, in no rhythm: with every third one, three closings in turn let the same one fail for ever. */
function isUnlucky(n: number): boolean {
  return Math.imul(n, 0x9e3779b1) >>> 30 === 0;
}

test('a closing that meets an error is finished when the disk is back', async (t) => {
  for (const call of ['rename', 'syncFolder', 'open'] as const) {
    const outcome = await capturedWith(t, (c, name, n) =>
      c === call && name.includes('captures/') && isUnlucky(n) ? 'EIO' : undefined,
    );
    assertWhole(outcome.dataDir);
    assertBalanced(outcome);
    assert.ok((await verifyFolder(outcome.dataDir)).ok, call);
  }
});

test('a ledger that cannot be written for a while loses no line and keeps its chain', async (t) => {
  const outcome = await capturedWith(t, (call, name, n) =>
    call === 'write' && name.endsWith('ledger.ndjson') && n % 2 === 0 ? 'ENOSPC' : undefined,
  );
  const report = await verifyFolder(outcome.dataDir);
  assert.deepEqual(report.problems, []);
  assertBalanced(outcome);
});

test('a closing whose line met an error of the sync is in the ledger once', async (t) => {
  let closings = 0;
  // The first sync from a closing on fails: what it would have made durable is in doubt to the end of the run.
  let syncs = 0;
  const outcome = await capturedWith(t, (call, name) => {
    if (call === 'rename' && name.endsWith('.part')) closings++;
    const isLedgerSync = call === 'sync' && name.endsWith('ledger.ndjson') && closings > 0;
    return isLedgerSync && syncs++ === 0 ? 'EIO' : undefined;
  });
  const closed = readLines(outcome.dataDir).filter((line) => line['type'] === 'segment-closed');
  assert.equal(new Set(closed.map((line) => line['path'])).size, closed.length);
  const head = JSON.parse(fs.readFileSync(path.join(outcome.dataDir, 'ledger.head'), 'utf8')) as Record<string, number>;
  assert.ok(Number(head['durable']) < Number(closed[0]?.['n']), 'lines of a failed sync are said to be on the card');
  assert.deepEqual((await verifyFolder(outcome.dataDir)).problems, []);
  assertBalanced(outcome);
});

/** A replay that does not ask for room, as an interface cannot. */
const impatient: typeof makeEngine = (...parts) => {
  const engine = makeEngine(...parts);
  const start = (sink: EngineSink): Promise<void> =>
    engine.start({
      onStream: (format) => sink.onStream(format),
      onBatch: (bytes, from, to) => sink.onBatch(bytes, from, to),
      onState: (state, reason) => sink.onState(state, reason),
      onGap: (gap) => sink.onGap(gap),
      room: () => null,
    });
  return {
    name: engine.name,
    timestamps: engine.timestamps,
    waits: false,
    start,
    stop: () => engine.stop(),
    responsive: () => engine.responsive(),
    stats: (fresh) => engine.stats(fresh),
  };
};

test('beyond the queue limit whole records are dropped and counted', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap(conversation()));
  // A disk that answers slowly, and a source that does not wait for it.
  const slow = faultyDisk(() => undefined);
  const disk = {
    ...slow,
    create: async (name: string) => {
      const handle = await slow.create(name);
      const write: typeof handle.write = async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return await handle.write(...args);
      };
      return { ...handle, write };
    },
  };
  const settings = settingsFor(dataDir, { file, replaySpeed: 1, queueBytes: 64, flushMs: 5 });
  const capture = await captureFor(t, settings, { disk, makeEngine: impatient });
  await capture.ended;
  await capture.stop('test');
  const counters = capture.recorder.counters();
  assertWhole(dataDir);
  assertBalanced({ dataDir, counters });
  assert.ok(counters.lost_queue > 0);
  const lost = storedSegments(dataDir).reduce((sum, { bytes }) => sum + recordsOf(bytes).length, 0);
  assert.ok(lost > 0);
});

test('a replay that outruns the disk waits for it: sixty devices, a segment for each frame, nothing lost', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const devices = Array.from({ length: 60 }, (_, i) => `50:c7:bf:00:01:${i.toString(16).padStart(2, '0')}`);
  const frames = Array.from({ length: 1800 }, (_, i) => record(HOUR + i, 0, frame(devices[i % 60]!, BROADCAST)));
  fs.writeFileSync(file, pcap(frames));
  const settings = settingsFor(dataDir, { file, segmentSeconds: 1, queueBytes: 1024 * 1024 });
  const capture = await captureFor(t, settings);
  await capture.ended;
  await capture.stop('test');
  const { captured, written, lost_queue } = capture.recorder.counters();
  assert.deepEqual([captured, written, lost_queue], [1800, 1800, 0]);
});
