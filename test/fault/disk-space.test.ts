// The card fills up, runs out of inodes, turns read-only: capture counts on, the page says what is wrong in words that help, and
// capture recovers by itself.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CaptureProcess } from './capture-process.ts';
import { Evidence } from './evidence.ts';
import { Card, type CardSize } from './ext4.ts';
import { finalCounters, imbalance } from './ledger-book.ts';
import { Page } from './page.ts';
import { FULL, missing } from './requirements.ts';
import { Stage } from './stage.ts';
import { Talker, talk } from './traffic.ts';

const MIB = 1024 * 1024;
const NEEDS = missing('losetup', 'mkfs.ext4', 'e2fsck');
const RECOVERY_MS = 15_000;
const ROUNDS = FULL ? 8 : 1;
/** What the page's word is while frames may be lost. */
const TROUBLED = 'Capturing, with losses';

interface Problem {
  readonly stage: Stage;
  readonly card: Card;
  readonly capture: CaptureProcess;
}

async function makeProblem(t: TestContext, size: CardSize, capture: Record<string, unknown> = {}): Promise<Problem> {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const card = new Card(stage, 'card', size);
  card.mount();
  const settings = { flush_ms: 200, sync_seconds_idle: 1, segment_seconds: 3, phase: 'intensive', ...capture };
  return { stage, card, capture: new CaptureProcess(stage, `${card.folder}/data`, { capture: settings }) };
}

/** Waits until capture stores again; answers after how many milliseconds. */
async function storingAgain(capture: CaptureProcess): Promise<number> {
  const since = performance.now();
  const before = (await capture.status()).counters.written;
  await capture.until(
    'storing again',
    (s) => s.counters.written > before && !/tries again|storing stopped/.test(s.reason),
  );
  return performance.now() - since;
}

/** Waits until frames are lost that the page did not report as lost before; answers the page's lines then. */
async function lossOnPage(page: Page, words: RegExp): Promise<string> {
  const before = (await page.look()).lost;
  const seen = await page.until(
    `loss reported as ${words}`,
    ({ lost, reasons }) => lost > before && words.test(reasons),
  );
  assert.equal(seen.word, TROUBLED);
  return seen.reasons;
}

/** At the end of a life: whole records only, right files, right sums, every frame of the wire in exactly one column. */
function checkBooks(t: TestContext, { stage, capture }: Problem, runs: readonly number[], delivered: number): void {
  const evidence = new Evidence(stage.outside(capture.data));
  const [counters] = finalCounters(evidence.ledger);
  assert.ok(counters !== undefined, 'no stop line in the ledger');
  const stored = runs.reduce((sum, run) => sum + evidence.unique(run), 0);
  t.diagnostic(
    `delivered ${delivered}, stored ${stored}, lost_disk ${counters.lost_disk}, lost_queue ${counters.lost_queue}`,
  );
  assert.deepEqual(evidence.problems, []);
  assert.deepEqual(imbalance(counters), []);
  assert.equal(counters.received, delivered);
  assert.equal(counters.written, stored);
}

test('a full card: no half record, exact counts, storing again within 15 s of space', { skip: NEEDS }, async (t) => {
  const problem = await makeProblem(t, { bytes: 48 * MIB }, { queue_bytes: 2 * MIB });
  const { stage, card, capture } = problem;
  await capture.start();
  const home = new Talker(stage, { run: 1, devices: 8, rate: 1000, size: 200 });
  const page = await Page.open(stage, capture);
  const times: number[] = [];
  let said = '';
  for (let round = 0; round < ROUNDS; round++) {
    stage.run('sh', '-c', `dd if=/dev/zero of=${card.folder}/filler bs=64k 2>/dev/null; true`);
    said = await lossOnPage(page, /the disk is full(:| \(ENOSPC ).*delete or export captures/);
    stage.run('rm', `${card.folder}/filler`);
    times.push(await storingAgain(capture));
  }
  await home.stop();
  const { delivered } = stage.wire();
  assert.equal(await capture.stop(), 0);
  t.diagnostic(`the page said: ${said}`);
  t.diagnostic(`storing again after ms: ${times.map(Math.round).join(', ')}`);
  checkBooks(t, problem, [1], delivered);
  assert.ok(Math.max(...times) <= RECOVERY_MS, `storing again only after ${Math.max(...times)} ms`);
});

test('no inodes left: new segments cannot open, exact counts, storing again by itself', { skip: NEEDS }, async (t) => {
  const problem = await makeProblem(t, { bytes: 64 * MIB, inodes: 4096 }, { queue_bytes: 2 * MIB });
  const { stage, card, capture } = problem;
  await capture.start();
  const home = new Talker(stage, { run: 1, devices: 8, rate: 1000, size: 200 });
  const page = await Page.open(stage, capture);
  stage.run(
    'sh',
    '-c',
    `mkdir ${card.folder}/many; i=0; while true 2>/dev/null >${card.folder}/many/$i; do i=$((i+1)); done`,
  );
  const said = await lossOnPage(
    page,
    /the disk (takes no more files|is full of files).*inodes.*delete or export captures/,
  );
  stage.run('rm', '-r', `${card.folder}/many`);
  const took = await storingAgain(capture);
  await home.stop();
  const { delivered } = stage.wire();
  assert.equal(await capture.stop(), 0);
  t.diagnostic(`storing again after ${Math.round(took)} ms; the page said: ${said}`);
  checkBooks(t, problem, [1], delivered);
  assert.ok(took <= RECOVERY_MS, `storing again only after ${took} ms`);
});

test('a card that turns read-only: capture counts on and says so, and the next start recovers', {
  skip: NEEDS,
}, async (t) => {
  const { stage, card, capture } = await makeProblem(t, { bytes: 64 * MIB }, { queue_bytes: MIB });
  await capture.start();
  await talk(stage, { run: 1, devices: 4, count: 3000, rate: 1000 });
  await capture.until('the first frames stored', (s) => s.counters.written === 3000);
  const page = await Page.open(stage, capture);
  card.turnReadOnly();
  const home = new Talker(stage, { run: 2, devices: 4, rate: 2000 });
  const said = await lossOnPage(page, /the disk has become read-only \(EROFS .*restart the appliance/);
  await home.stop();
  const { delivered } = stage.wire();
  await capture.until('all frames counted', (s) => s.counters.received === delivered);
  const ended = await capture.stop();
  assert.equal(ended, 1);
  assert.match(capture.log, /could not be stored.*EROFS/);

  await page.close();
  await card.unmount();
  card.check();
  card.mount();
  await capture.start();
  await talk(stage, { run: 3, devices: 4, count: 1000, rate: 4000 });
  await capture.until('the frames of the second run stored', (s) => s.counters.written === 1000);
  assert.equal(await capture.stop(), 0);
  const evidence = new Evidence(stage.outside(capture.data));
  t.diagnostic(
    `the page said: ${said}; stored before ${evidence.unique(1)} of 3000, after ${evidence.unique(3)} of 1000`,
  );
  assert.deepEqual(evidence.problems, []);
  assert.equal(evidence.unique(3), 1000);
});
