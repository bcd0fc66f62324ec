// What waits between analysis and index is bounded in bytes; nothing is lost by waiting.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { LedgerTail } from '../../appliance/store/tail/ledger-tail.ts';
import { SegmentCatalog } from '../../appliance/store/tail/segment-catalog.ts';
import { TAIL_BUFFER_BYTES } from '../../appliance/store/tail/segment-tail.ts';
import { AnalysisLoop } from '../../appliance/store/thread/analysis-loop.ts';
import { type FromWorker, sizeOf } from '../../appliance/store/thread/analysis-messages.ts';
import { ProgressCell } from '../../appliance/store/thread/progress.ts';
import { Quarantine } from '../../appliance/store/thread/quarantine.ts';
import { DataFolder, device, packet } from './data-folder.ts';

const DEVICES = 100;

/** A loop over one closed segment of each device, whose summaries have so many bytes and cannot be packed. */
function loopOver(t: TestContext, summaryBytes: number) {
  const folder = DataFolder.make(t);
  for (let i = 1; i <= DEVICES; i++) {
    const segment = folder.open(device(i));
    folder.append(segment, packet(segment.device, i));
    folder.close(segment);
  }
  const finished: (FromWorker & { type: 'finished' })[] = [];
  const room = {
    dataDir: folder.dir,
    buffer: new Uint8Array(TAIL_BUFFER_BYTES),
    makeAnalyzer: () => ({
      frame: () => undefined,
      skip: () => 1,
      numberFrom: () => undefined,
      snapshot: () => '',
      finish: () => ({ summary: randomBytes(summaryBytes / 2).toString('hex'), carry: '' }),
    }),
    progress: new ProgressCell(),
    quarantine: new Quarantine(),
    meter: null,
  };
  const hear = (message: FromWorker): void => void (message.type === 'finished' && finished.push(message));
  const loop = new AnalysisLoop(room, [], hear, () => 0);
  const ledger = new LedgerTail(folder.ledger);
  t.after(() => ledger.close());
  const catalog = new SegmentCatalog();
  loop.receive({ type: 'segments', segments: ledger.poll().lines.flatMap((line) => catalog.apply(line) ?? []) });
  const run = (): number => {
    while (loop.turn());
    return finished.length;
  };
  return { loop, finished, run };
}

test('large slices wait for the index in megabytes, and go on as it takes them', (t) => {
  const { loop, finished, run } = loopOver(t, 4_000_000);
  let reported = run();
  assert.ok(reported < 5, `${reported} slices of 2 MB are on their way`);
  for (let taken = 0; taken < DEVICES; taken++) {
    loop.receive({ type: 'stored', ...sizeOf(finished[taken]!.segment) });
    reported = run();
    const waiting = finished.slice(taken + 1).reduce((sum, { segment }) => sum + segment.summary.length, 0);
    assert.ok(waiting < 8_000_000, `${waiting} bytes wait`);
  }
  assert.equal(reported, DEVICES);
});

test('small slices do not wait for each other, but there is an end to their number', (t) => {
  const { loop, finished, run } = loopOver(t, 1000);
  assert.equal(run(), 64);
  loop.receive({ type: 'stored', ...sizeOf(finished[0]!.segment) });
  assert.equal(run(), 65);
});

/** A loop over the growing file of one device: `second` appends so many records, lets a second pass and gives the lag reported. */
function loopOverGrowing(t: TestContext) {
  const folder = DataFolder.make(t);
  const segment = folder.open(device(1));
  let now = 0;
  const lags: number[] = [];
  const room = {
    dataDir: folder.dir,
    buffer: new Uint8Array(TAIL_BUFFER_BYTES),
    makeAnalyzer: () => ({
      frame: () => undefined,
      skip: () => 1,
      numberFrom: () => undefined,
      snapshot: () => '',
      finish: () => ({ summary: '', carry: '' }),
    }),
    progress: new ProgressCell(),
    quarantine: new Quarantine(),
    meter: null,
  };
  const hear = (message: FromWorker): void => void (message.type === 'load' && lags.push(message.lag_seconds));
  const loop = new AnalysisLoop(room, [], hear, () => now);
  const ledger = new LedgerTail(folder.ledger);
  t.after(() => ledger.close());
  const catalog = new SegmentCatalog();
  loop.receive({ type: 'segments', segments: ledger.poll().lines.flatMap((line) => catalog.apply(line) ?? []) });
  let sent = 0;
  const pass = (): number => {
    now += 1000;
    loop.turn();
    return lags.at(-1)!;
  };
  const second = (records: number): number => {
    const frames = Array.from({ length: records }, () => packet(segment.device, ++sent));
    folder.append(segment, Buffer.concat(frames));
    return pass();
  };
  /** The next file of the device has something, before anybody says that the first one is closed. */
  const openNext = (): void => {
    const next = folder.open(device(1));
    folder.append(next, packet(next.device, ++sent));
    loop.receive({ type: 'segments', segments: ledger.poll().lines.flatMap((line) => catalog.apply(line) ?? []) });
  };
  return { second, pass, openNext, file: `${folder.dir}/captures/${segment.path}.part` };
}

test('a device that never stops sending is not behind while all it sent is read', (t) => {
  const { second } = loopOverGrowing(t);
  for (let i = 0; i < 10; i++) assert.equal(second(10), 0);
  // Several steps of it: meanwhile the lag grows by a second a round, and then everything is read.
  const behind = [second(8000)];
  while (behind.at(-1) !== 0 && behind.length < 50) behind.push(second(10));
  assert.deepEqual(behind.slice(0, 2), [1, 2]);
  assert.deepEqual(behind, [...behind.slice(0, -1).map((_, i) => i + 1), 0]);
  for (let i = 0; i < 10; i++) assert.equal(second(10), 0);
});

test('a device that stays a little behind does not seem further behind with each second', (t) => {
  const { second } = loopOverGrowing(t);
  // 90 bytes a record and 256 KiB a turn: a turn reads 2912. What the first second brought three turns more stays in front of the rest.
  second(3 * 2912);
  const lags = Array.from({ length: 60 }, () => second(2912));
  for (const lag of lags) assert.ok(lag >= 2 && lag <= 4, lags.join(' '));
});

test('what waits in the next file is counted while the first one is not said to be closed', (t) => {
  const { second, pass, openNext } = loopOverGrowing(t);
  assert.equal(second(10), 0);
  openNext();
  const lags = [pass(), pass(), pass(), pass()];
  assert.ok(lags.every((lag, i) => lag >= i && lag <= i + 2) && lags[3]! >= 3, lags.join(' '));
});

test('a file that can no longer be opened ends nothing', (t) => {
  const { pass, openNext, file } = loopOverGrowing(t);
  // Its folder is none: as with a card that dies, opening fails with something else than that nothing is there.
  const folder = path.dirname(file);
  fs.renameSync(folder, `${folder}.gone`);
  fs.writeFileSync(folder, '');
  assert.equal(pass(), 0);
  fs.rmSync(folder);
  fs.renameSync(`${folder}.gone`, folder);
  openNext();
  fs.renameSync(folder, `${folder}.gone`);
  fs.writeFileSync(folder, '');
  for (let i = 0; i < 3; i++) assert.ok(pass() >= 0);
});
