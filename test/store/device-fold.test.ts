import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LedgerLine } from '../../appliance/model/ledger.ts';
import type { FoldedSegment } from '../../appliance/store/index/index-records.ts';
import { LedgerTail } from '../../appliance/store/tail/ledger-tail.ts';
import { type CatalogSegment, SegmentCatalog } from '../../appliance/store/tail/segment-catalog.ts';
import { TAIL_BUFFER_BYTES } from '../../appliance/store/tail/segment-tail.ts';
import type { Checkpoint } from '../../appliance/store/thread/analysis-messages.ts';
import { DeviceFold, type FoldRoom } from '../../appliance/store/thread/device-fold.ts';
import { liveMark } from '../../appliance/store/thread/live-segment.ts';
import { makeAnalyzer } from '../../appliance/store/thread/make-analyzer.ts';
import { ProgressCell } from '../../appliance/store/thread/progress.ts';
import { Quarantine } from '../../appliance/store/thread/quarantine.ts';
import type { MakeAnalyzer } from '../../appliance/store/thread/segment-analyzer.ts';
import { DataFolder, device, type OpenSegment, packet, START_NS } from './data-folder.ts';
import { makeAnalyzer as makeHostile } from './hostile-analyzer.ts';

const OWNER = device(1);
const QUARTER_NS = 900_000_000_000n;

/** What the index would hand to a new fold behind a slice. */
function checkpointOf(slice: FoldedSegment | undefined): Checkpoint | undefined {
  if (slice === undefined) return undefined;
  const { seq, slice: number, ends, bytes, carry } = slice;
  return { device: OWNER, seq, slice: number, offset: ends ? null : bytes, carry };
}

/** A fold that hears of the ledger when the test says so. */
class Follower {
  readonly fold: DeviceFold;
  readonly finished: FoldedSegment[] = [];
  readonly #catalog = new SegmentCatalog();
  readonly #ledger: LedgerTail;

  constructor(
    t: TestContext,
    folder: DataFolder,
    options: { make?: MakeAnalyzer; after?: FoldedSegment | undefined } = {},
  ) {
    const room: FoldRoom = {
      dataDir: folder.dir,
      buffer: new Uint8Array(TAIL_BUFFER_BYTES),
      makeAnalyzer: options.make ?? makeAnalyzer,
      progress: new ProgressCell(),
      quarantine: new Quarantine(),
      meter: null,
    };
    this.fold = new DeviceFold(OWNER, room, checkpointOf(options.after));
    this.#ledger = new LedgerTail(folder.ledger);
    t.after(() => {
      this.fold.close();
      this.#ledger.close();
    });
  }

  /** Hears what the ledger says and analyses what there is, `limit` bytes at a time. */
  catchUp(limit = 64 * 1024): this {
    for (const line of this.#ledger.poll().lines) this.#announce(line);
    for (let step = this.fold.step(limit); step !== 'idle'; step = this.fold.step(limit)) {
      const segment = this.fold.take();
      if (segment !== undefined) this.finished.push(segment);
    }
    return this;
  }

  #announce(line: LedgerLine): void {
    const segment = this.#catalog.apply(line);
    if (segment?.device === OWNER) this.fold.announce(segment);
  }
}

/** Two hours of one device, fifty packets each. */
function twoHours(folder: DataFolder, between: () => void = () => undefined): void {
  for (const hour of [0n, 1n]) {
    const at = START_NS + hour * 3_600_000_000_000n;
    const segment = folder.open(OWNER, at);
    for (let i = 0; i < 50; i++) {
      folder.append(segment, packet(OWNER, i, at));
      between();
    }
    folder.close(segment);
    between();
  }
}

test('a segment followed while it grew gives the same bytes as one read at once', (t) => {
  const folder = DataFolder.make(t);
  const live = new Follower(t, folder);
  twoHours(folder, () => live.catchUp(100).fold.live(''));
  live.catchUp();
  assert.deepEqual(live.finished, new Follower(t, folder).catchUp().finished);
});

test('asking for the open segment shows the packets so far and changes nothing', (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(OWNER);
  folder.append(segment, packet(OWNER, 0));
  const live = new Follower(t, folder).catchUp();
  const shown = live.fold.live('');
  assert.ok(shown !== undefined && shown !== 'same');
  assert.equal(shown.packets, 1);
  assert.equal(live.fold.live(liveMark(shown)), 'same');
  folder.close(segment);
  live.catchUp();
  assert.equal(live.fold.live(''), undefined);
});

test('going on from the carry of the first hour gives the second hour as if there had been no stop', (t) => {
  const folder = DataFolder.make(t);
  twoHours(folder);
  const whole = new Follower(t, folder).catchUp().finished;
  const [first, second] = whole;
  const resumed = new Follower(t, folder, { after: first }).catchUp();
  assert.deepEqual(resumed.finished, [second]);
});

test('where recovery kept less than was seen, the file as closed counts', (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(OWNER);
  for (let i = 0; i < 10; i++) folder.append(segment, packet(OWNER, i));
  const live = new Follower(t, folder).catchUp();
  folder.cut(segment, 3 * packet(OWNER, 0).length);
  segment.packets = 7;
  folder.close(segment, 'recovered');
  live.catchUp();
  assert.deepEqual(live.finished, new Follower(t, folder).catchUp().finished);
  assert.equal(live.finished[0]?.packets, 7);
});

test('a packet that makes the analyzer throw is left out, and the rest of the segment is not', (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(OWNER);
  for (let i = 0; i < 5; i++) folder.append(segment, packet(OWNER, i));
  const bad = packet(OWNER, 5);
  bad.write('THROW', 16 + 42, 'latin1');
  folder.append(segment, bad);
  for (let i = 6; i < 10; i++) folder.append(segment, packet(OWNER, i));
  folder.close(segment);
  const [folded] = new Follower(t, folder, { make: makeHostile }).catchUp().finished;
  assert.deepEqual([folded?.packets, folded?.quarantined], [9, [24 + 5 * bad.length]]);
});

test('a segment full of such packets is given up after twenty of them, and the next one is analysed', (t) => {
  const folder = DataFolder.make(t);
  const first = folder.open(OWNER);
  for (let i = 0; i < 100; i++) {
    const bad = packet(OWNER, i);
    bad.write('THROW', 16 + 42, 'latin1');
    folder.append(first, bad);
  }
  folder.close(first);
  const second = folder.open(OWNER, START_NS + 3_600_000_000_000n);
  folder.append(second, packet(OWNER, 0));
  folder.close(second);
  const { finished } = new Follower(t, folder, { make: makeHostile }).catchUp();
  assert.deepEqual(
    finished.map((segment) => [segment.packets, segment.flaw?.reason ?? null]),
    [
      [0, 'quarantine'],
      [1, null],
    ],
  );
});

test('a segment deleted before it was read is counted with its bytes, and the next one is analysed', (t) => {
  const folder = DataFolder.make(t);
  twoHours(folder);
  const reader = new Follower(t, folder).catchUp();
  const gone = reader.finished[0];
  assert.ok(gone !== undefined);
  folder.line({ type: 'segment-deleted', path: gone.path, sha256: folder.hash(gone.path), reason: 'budget' });
  const { finished, fold } = new Follower(t, folder).catchUp();
  assert.deepEqual(
    finished.map((segment) => segment.seq),
    [2],
  );
  assert.deepEqual(fold.unread, { segments: 1, bytes: gone.bytes });
  assert.deepEqual(reader.catchUp().fold.unread, { segments: 0, bytes: 0 }, 'what was read before is not unread');
});

test('an empty segment changes neither carry nor figures', (t) => {
  const folder = DataFolder.make(t);
  const empty = folder.open(OWNER);
  folder.line({ type: 'segment-empty', device: OWNER, seq: empty.seq, path: empty.path });
  const segment = folder.open(OWNER);
  folder.append(segment, packet(OWNER, 0));
  folder.close(segment);
  assert.deepEqual(
    new Follower(t, folder).catchUp().finished.map((folded) => folded.seq),
    [segment.seq],
  );
});

test('a thousand segments that wait are each looked at a few times, not each for each', (t) => {
  const { fold } = new Follower(t, DataFolder.make(t));
  let looks = 0;
  for (let seq = 1; seq <= 1000; seq++) {
    const segment: CatalogSegment = {
      n: seq,
      device: OWNER,
      get seq() {
        looks++;
        return seq;
      },
      path: '',
      phase: 'idle',
      infra: [],
      state: 'closed',
      opened: '',
      closed: null,
      bytes: 1,
      packets: 1,
      sha256: null,
      cut: null,
      lastTs: null,
    };
    fold.announce(segment);
  }
  assert.equal(fold.backlog().segments, 1000);
  assert.ok(looks <= 5000, `${looks} looks`);
});

/** A segment of three hours, a packet a quarter of an hour; open. */
function longSegment(folder: DataFolder): OpenSegment {
  const segment = folder.open(OWNER);
  for (let i = 0; i < 12; i++) folder.append(segment, packet(OWNER, i, START_NS + BigInt(i) * QUARTER_NS));
  return segment;
}

test('a segment that lasts hours is reported hour by hour, each as soon as the next one begins', (t) => {
  const folder = DataFolder.make(t);
  const segment = longSegment(folder);
  const live = new Follower(t, folder).catchUp();
  const reported = () => live.finished.map(({ slice, ends, hour, packets }) => [slice, ends, hour, packets]);
  assert.deepEqual(reported(), [
    [0, false, '20261120T13', 4],
    [1, false, '20261120T14', 4],
  ]);
  assert.equal(live.fold.live(liveMark({ seq: segment.seq, slice: 2, packets: 4 })), 'same');
  folder.close(segment);
  live.catchUp();
  assert.deepEqual(reported()[2], [2, true, '20261120T15', 4]);
  assert.deepEqual(
    live.finished.map(({ from }) => from),
    [0, ...live.finished.slice(0, 2).map(({ bytes }) => bytes)],
  );
});

test('hours of one segment are the same bytes whenever they are read and wherever analysis began again', (t) => {
  const folder = DataFolder.make(t);
  const segment = longSegment(folder);
  const live = new Follower(t, folder).catchUp(100);
  folder.close(segment);
  live.catchUp(100);
  const whole = new Follower(t, folder).catchUp().finished;
  const withoutHash = (slices: readonly FoldedSegment[]) => slices.map((slice) => ({ ...slice, sha256: null }));
  assert.deepEqual(withoutHash(live.finished), withoutHash(whole));
  for (const [i, after] of whole.entries())
    assert.deepEqual(new Follower(t, folder, { after }).catchUp().finished, whole.slice(i + 1));
});

test('a packet of an earlier hour begins no slice', (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(OWNER);
  for (const [i, hour] of [1n, 0n, 1n, 0n].entries())
    folder.append(segment, packet(OWNER, i, START_NS + hour * 4n * QUARTER_NS));
  folder.close(segment);
  assert.deepEqual(
    new Follower(t, folder).catchUp().finished.map(({ packets, hour }) => [packets, hour]),
    [[4, '20261120T14']],
  );
});
