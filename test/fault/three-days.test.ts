// Three days in minutes: the testbed home talks while a capture at its bridge suffers a fault in every stretch; then what the
// home said is laid out over 72 hours and replayed in scaled time, with a fault of another kind in every quarter of a day. At
// the end every file is whole, every frame is stored, lost with a reason or in a gap that was reported, and `weir verify` has
// nothing to say.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { storedFramesBelow } from '../integration/installation.ts';
import { type Frame, framesOf } from '../integration/pcap-frames.ts';
import { randomFrom, shuffled } from './chance.ts';
import { Evidence } from './evidence.ts';
import { Card } from './ext4.ts';
import { type Fault, FILE_FAULTS, LIVE_FAULTS } from './faults.ts';
import { gapsOf, type Interval, isInside } from './gaps.ts';
import { finalCounters, imbalance, linesOf } from './ledger-book.ts';
import { type End, Life, type World } from './life.ts';
import { FULL, SEED } from './requirements.ts';
import { Stage } from './stage.ts';
import { stretch } from './stretched-days.ts';
import { compareFrames, homeMissing, WitnessedHome } from './witnessed-home.ts';

const MIB = 1024 * 1024;
const QUARTERS = 12;
const QUARTER_SECONDS = 6 * 3600;
const REPLAY_SECONDS = FULL ? 8 : 1.5;
const STRETCHES = FULL ? LIVE_FAULTS.length + 1 : 3;
const STRETCH_MS = FULL ? 9000 : 3000;
const START = Date.UTC(2026, 10, 17) / 1000;

/** One fault for each turn, all kinds where there is room, in an order that the seed decides. */
function faultsFor(turns: number, kinds: readonly Fault[], random: () => number): Fault[] {
  const some = shuffled(kinds, random);
  return shuffled(
    Array.from({ length: turns }, (_, i) => some[i % some.length] ?? 'none'),
    random,
  );
}

/** Lives at the home's bridge, one after another in one data folder; answers how each ended. */
async function liveAtHome(world: World, home: WitnessedHome, faults: readonly Fault[]): Promise<End[]> {
  const ends: End[] = [];
  for (const fault of [...faults, 'none'] as const) {
    const settings = { ...home.captureSettings, ring_kib: 4096, flush_ms: 200, queue_bytes: 4 * MIB };
    const life = await Life.start(world, settings, fault);
    await life.until('a frame of the home', (status) => status.counters.captured > 0);
    ends.push(await life.suffer(STRETCH_MS));
  }
  return ends;
}

/** What the witness saw and the files do not hold must be in a gap, or counted in the books of an orderly life. */
function judgeLive(t: TestContext, data: string, witness: readonly Frame[]): void {
  const evidence = new Evidence(data);
  const { missing, invented } = compareFrames(witness, storedFramesBelow(data));
  const gaps = gapsOf(evidence);
  const claimed: Interval = [
    Number(linesOf(evidence.ledger, 'start')[0]?.ts) * 1e9,
    Number(linesOf(evidence.ledger, 'stop').at(-1)?.until) * 1e9,
  ];
  const untold = missing.filter(({ ns }) => isInside(ns, claimed) && !gaps.some((gap) => isInside(ns, gap)));
  const books = finalCounters(evidence.ledger);
  const counted = books.reduce((sum, c) => sum + c.lost_disk + c.lost_queue + (c.dropped_kernel ?? 0), 0);
  t.diagnostic(
    `live: ${witness.length} frames of the home, ${missing.length} not stored, of them ${untold.length} outside of ` +
      `the ${gaps.length} gaps, ${counted} counted as lost`,
  );
  assert.deepEqual(invented, []);
  for (const counters of books) assert.deepEqual(imbalance(counters), []);
  const [hidden] = untold;
  assert.ok(untold.length <= counted, `hidden loss, the first at ${hidden?.ns} of ${hidden?.source}`);
}

/** Replays the quarters of three days; answers how each ended. */
async function liveThreeDays(world: World, files: readonly string[], faults: readonly Fault[]): Promise<End[]> {
  const ends: End[] = [];
  for (const [quarter, file] of files.entries()) {
    const speed = QUARTER_SECONDS / REPLAY_SECONDS;
    const settings = { engine: 'file', file, speed, flush_ms: 100, sync_seconds_idle: 1, queue_bytes: 64 * MIB };
    const life = await Life.start(world, settings, faults[quarter] ?? 'none');
    ends.push(await life.replay(REPLAY_SECONDS * 1000));
  }
  return ends;
}

/** What a deleted file held: frames of its device (any, for pseudo devices) from its first packet to its last. */
interface DeletedFile {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

/** The line that announces a deletion reports both; a start that finishes one may not know the last any more. */
function deletedFiles({ ledger }: Evidence): DeletedFile[] {
  return linesOf(ledger, 'segment-deleting').map(({ path, last_ts }) => {
    assert.ok(last_ts !== undefined, `the line of ${path} does not say up to when`);
    return { device: folderOf(path).replaceAll('-', ':'), from: startOf(path), to: Number(last_ts.split('.')[0]) };
  });
}

/** Frames whose file retention deleted; their ledger lines stay. */
function isEvicted({ source, destination, ns }: Frame, deleted: readonly DeletedFile[]): boolean {
  const second = Number(ns / 1_000_000_000n);
  return deleted.some(
    ({ device, from, to }) =>
      (device === source || device === destination || device.startsWith('_')) && second >= from && second <= to,
  );
}

const folderOf = (path: string) => path.split('/')[0] ?? '';

/** Seconds since 1970 of a segment's first packet, by its name. */
function startOf(path: string): number {
  const [, y, mo, d, h, mi, s] = (/_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_/.exec(path) ?? []).map(Number);
  return Date.UTC(y ?? 0, (mo ?? 1) - 1, d, h, mi, s) / 1000;
}

function judgeDays(t: TestContext, data: string, quarters: readonly (readonly Frame[])[], ends: readonly End[]): void {
  const evidence = new Evidence(data);
  const books = finalCounters(evidence.ledger);
  const { missing, invented } = compareFrames(quarters.flat(), storedFramesBelow(data).filter(isOfThreeDays));
  assert.deepEqual(invented, []);
  const gone = new Set(missing);
  const deleted = deletedFiles(evidence);
  const evicted = new Set(missing.filter((frame) => isEvicted(frame, deleted)));
  let reported = 0;
  for (const [quarter, frames] of quarters.entries()) {
    if (ends[quarter] !== 'stopped') continue;
    const lost = frames.filter((frame) => gone.has(frame) && !evicted.has(frame)).length;
    const evictedHere = frames.filter((frame) => evicted.has(frame)).length;
    const book = books.find(
      (c) => c.captured === frames.length && isBookOf(c.lost_disk + c.lost_queue, lost, evictedHere),
    );
    assert.ok(
      book !== undefined,
      `no books say that ${lost} of the ${frames.length} frames of quarter ${quarter} are lost`,
    );
    assert.deepEqual(imbalance(book), [], `quarter ${quarter}`);
    books.splice(books.indexOf(book), 1);
    reported += lost;
  }
  t.diagnostic(
    `72 hours: ${quarters.flat().length} frames, ${missing.length} not stored (${evicted.size} evicted, ${reported} reported as ` +
      `lost, the rest in lives that were killed), ${evidence.files.length} files, ${evidence.ledger.lines.length} lines`,
  );
  const gaps = linesOf(evidence.ledger, 'gap').length;
  assert.ok(gaps >= ends.filter((end) => end === 'killed').length, 'a killed life leaves a gap line');
}

/** What is missing was reported as lost; of evicted frames nobody knows any more whether they had been lost before. */
function isBookOf(reported: number, lost: number, evicted: number): boolean {
  return reported >= lost && reported <= lost + evicted;
}

function isOfThreeDays({ ns }: Frame): boolean {
  const seconds = Number(ns / 1_000_000_000n);
  return seconds >= START && seconds < START + QUARTERS * QUARTER_SECONDS;
}

test('three days of the testbed home with faults of all kinds end in books that balance', {
  skip: homeMissing('losetup', 'strace'),
  timeout: 900_000,
}, async (t) => {
  const random = randomFrom(SEED);
  const home = await WitnessedHome.start(SEED);
  t.after(() => home.close());
  const stage = await Stage.open();
  t.after(() => stage.close());
  const card = new Card(stage, 'card', { bytes: 128 * MIB, inodes: 4096 });
  card.mount();
  const world = { stage, card, random };
  const data = stage.outside(`${card.folder}/data`);

  home.enterFrom(stage);
  const liveFaults = faultsFor(STRETCHES, LIVE_FAULTS, random);
  t.diagnostic(`seed ${SEED}, live: ${liveFaults.join(', ')}`);
  await liveAtHome(world, home, liveFaults);
  judgeLive(t, data, await home.testimony());

  stage.network = '';
  const files = stretch(stage, home.file, { start: START, quarters: QUARTERS, quarterSeconds: QUARTER_SECONDS });
  const quarters = files.map((file) => framesOf(stage.outside(file)));
  const faults = faultsFor(QUARTERS, FILE_FAULTS, random);
  t.diagnostic(`quarters: ${faults.join(', ')}`);
  const ends = await liveThreeDays(world, files, faults);
  if (ends.at(-1) !== 'stopped')
    await liveThreeDays(
      world,
      [files.at(-1) ?? ''].map(() => emptied(stage)),
      ['none'],
    );
  judgeDays(t, data, quarters, ends);

  assert.deepEqual(new Evidence(data).problems, []);
  const { problems, files: verified, ledgerLines, seals } = await verifyFolder(data);
  t.diagnostic(`verify: ${verified} files, ${ledgerLines} ledger lines, ${seals} seals, ${problems.length} problems`);
  assert.deepEqual(problems, []);
});

/** A capture file without a packet: a life of its own that only recovers. */
function emptied(stage: Stage): string {
  const file = `${stage.root}/nothing.pcap`;
  stage.run('sh', '-c', `head -c 24 ${stage.root}/quarter-0.pcap > ${file}`);
  return file;
}
