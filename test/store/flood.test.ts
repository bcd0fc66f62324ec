// Devices that flood: what analysis holds in memory stays bounded, and the figures are those of an analysis that had all the
// memory there is.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Summary } from '../../appliance/analysis/summary.ts';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { AnalysisLoop } from '../../appliance/store/analysis-loop.ts';
import type { FromWorker } from '../../appliance/store/analysis-messages.ts';
import type { FoldRoom } from '../../appliance/store/device-fold.ts';
import type { FoldedSegment } from '../../appliance/store/index-records.ts';
import { LedgerTail } from '../../appliance/store/ledger-tail.ts';
import { makeAnalyzer } from '../../appliance/store/make-analyzer.ts';
import { ProgressCell } from '../../appliance/store/progress.ts';
import { Quarantine } from '../../appliance/store/quarantine.ts';
import { SegmentCatalog } from '../../appliance/store/segment-catalog.ts';
import { TAIL_BUFFER_BYTES } from '../../appliance/store/segment-tail.ts';
import { ascii, udp } from '../analysis/packets.ts';
import { DataFolder, device, GATEWAY, record, START_NS } from './data-folder.ts';

/** A packet of one byte to another address each time. */
function probe(from: DeviceKey, i: number): Uint8Array {
  const to = { mac: GATEWAY, ip: `198.51.${i >> 8}.${i & 255}`, port: 9 };
  return udp({ mac: from, ip: '10.0.0.11', port: 40_000 }, to, ascii('?'));
}

/** The loop of the analysis thread; it hears of the ledger when the test says so. */
class Thread {
  readonly finished: FoldedSegment[] = [];
  readonly lags: number[] = [];
  readonly #loop: AnalysisLoop;
  readonly #catalog = new SegmentCatalog();
  readonly #ledger: LedgerTail;
  #now = 0;
  unread = 0;

  constructor(t: TestContext, folder: DataFolder, mostConversations: number) {
    const room: FoldRoom = {
      dataDir: folder.dir,
      buffer: new Uint8Array(TAIL_BUFFER_BYTES),
      makeAnalyzer,
      progress: new ProgressCell(),
      quarantine: new Quarantine(),
      meter: null,
    };
    this.#loop = new AnalysisLoop(
      room,
      [],
      (message) => this.#hear(message),
      () => this.#now,
      mostConversations,
    );
    this.#ledger = new LedgerTail(folder.ledger);
    t.after(() => this.#ledger.close());
  }

  #hear(message: FromWorker): void {
    if (message.type === 'load') {
      this.lags.push(message.lag_seconds);
      this.unread = message.unread_segments;
    }
    if (message.type !== 'finished') return;
    this.finished.push(message.segment);
    this.#loop.receive({ type: 'stored', count: 1 });
  }

  /** Works until there is nothing to do. */
  run(): this {
    const segments = this.#ledger.poll().lines.flatMap((line) => this.#catalog.apply(line) ?? []);
    this.#loop.receive({ type: 'segments', segments });
    do this.#now += 1001;
    while (this.#loop.turn());
    return this;
  }

  byDevice(): FoldedSegment[] {
    return this.finished.toSorted((x, y) => x.seq - y.seq);
  }
}

test('of devices that flood at once, some wait until their segments are closed: the same figures, later', (t) => {
  const folder = DataFolder.make(t);
  const segments = [1, 2, 3].map((last) => folder.open(device(last)));
  const tight = new Thread(t, folder, 500);
  for (let i = 0; i < 300; i++) {
    for (const segment of segments) folder.append(segment, record(probe(segment.device, i), START_NS + BigInt(i)));
    if (i % 100 === 99) tight.run();
  }
  assert.ok(tight.run().lags.at(-1)! > 0, 'and it says that it is behind');
  for (const segment of segments) folder.close(segment);
  tight.run();
  assert.equal(tight.finished.length, 3);
  assert.deepEqual(tight.byDevice(), new Thread(t, folder, 1_000_000).run().byDevice());
  tight.run();
  assert.equal(tight.lags.at(-1), 0);
});

test('a parked segment that is deleted before its turn is told as never read', (t) => {
  const folder = DataFolder.make(t);
  const segments = [1, 2].map((last) => folder.open(device(last)));
  const tight = new Thread(t, folder, 250);
  for (let i = 0; i < 200; i++) {
    for (const segment of segments) folder.append(segment, record(probe(segment.device, i), START_NS + BigInt(i)));
  }
  tight.run();
  for (const segment of segments) {
    folder.close(segment);
    rmSync(folder.file(segment.path));
    const { device: owner, seq, path, packets } = segment;
    folder.line({ type: 'segment-deleted', device: owner, seq, path, sha256: folder.hash(path), packets });
  }
  tight.run();
  assert.equal(tight.unread, 1);
  assert.equal(tight.finished.length, 1, 'the other had been read to its end');
});

test('a device that scans costs one segment at most five thousand conversations, the rest is counted', () => {
  const owner = device(1);
  const analyzer = makeAnalyzer({ device: owner, seq: 1, infra: [GATEWAY], linkType: 1, dataDir: '/', carry: null });
  for (let i = 0; i < 12_000; i++) {
    const bytes = probe(owner, i);
    analyzer.frame(bytes, 0, bytes.length, Number(START_NS / 1_000_000_000n), i, bytes.length, 1);
  }
  assert.equal(analyzer.conversations, 5000);
  const told = JSON.parse(analyzer.snapshot()) as Summary;
  const finished = JSON.parse(analyzer.finish().summary) as Summary;
  for (const { own } of [told, finished]) {
    const kept = Object.values(own.conversations).reduce((sum, { ab, ba }) => sum + ab.packets + ba.packets, 0);
    assert.equal(kept + own.evicted.packets, 12_000);
  }
  assert.ok(Object.keys(told.own.conversations).length <= 2000);
  assert.equal(Object.keys(finished.own.conversations).length, 5000);
});
