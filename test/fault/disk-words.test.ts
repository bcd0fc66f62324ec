// Each way in which a disk refuses has words of its own on the page, with what to do: a person acts on words, not on error codes.
// strace makes the calls of a running capture fail and lets go again; inodes and the real full card are in disk-space.test.ts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { CaptureProcess } from './capture-process.ts';
import { Evidence } from './evidence.ts';
import { finalCounters, imbalance, linesOf } from './ledger-book.ts';
import { Page } from './page.ts';
import { missing } from './requirements.ts';
import { Stage } from './stage.ts';
import { Talker } from './traffic.ts';

const MIB = 1024 * 1024;

interface Refusal {
  readonly call: string;
  readonly error: string;
  readonly words: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  { call: 'pwrite64', error: 'ENOSPC', words: /the disk is full \(ENOSPC .*delete or export captures/ },
  { call: 'pwrite64', error: 'EDQUOT', words: /the disk quota is used up \(EDQUOT .*raise the quota/ },
  { call: 'pwrite64', error: 'EIO', words: /the disk reports errors \(EIO .*replace the disk/ },
  // Whichever comes first: the sync of an open segment, or the one that is part of closing it.
  { call: 'fdatasync', error: 'EIO', words: /the disk reports errors \(EIO on (sync|close)\).*replace the disk/ },
  { call: 'pwrite64', error: 'EROFS', words: /the disk has become read-only \(EROFS .*restart the appliance/ },
];

/** Makes a system call of a running capture fail until the answer is called. */
async function refuse(stage: Stage, capture: number, { call, error }: Refusal): Promise<() => Promise<void>> {
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}`];
  const tracer = stage.spawn(['strace', '-f', '-o', '/dev/null', ...inject, '-p', String(capture)]);
  return async () => {
    const gone = once(tracer, 'exit');
    tracer.kill('SIGINT');
    await gone;
  };
}

test('full, quota, failing writes, failing syncs and read-only: each in its own words on the page, and gone when it is over', {
  skip: missing('strace'),
  timeout: 300_000,
}, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const settings = { flush_ms: 100, sync_seconds_idle: 2, segment_seconds: 3, queue_bytes: 8 * MIB };
  const capture = new CaptureProcess(stage, `${stage.root}/data`, { capture: settings });
  const { pid } = await capture.start();
  const home = new Talker(stage, { run: 1, devices: 5, rate: 300, size: 200 });
  const page = await Page.open(stage, capture);
  for (const refusal of REFUSALS) {
    const endRefusal = await refuse(stage, pid, refusal);
    const seen = await page.until(`${refusal.error} on ${refusal.call}`, ({ reasons }) => refusal.words.test(reasons));
    assert.equal(seen.word, 'Capturing, with losses');
    await endRefusal();
    await page.until(`no more of ${refusal.error}`, ({ reasons }) => !reasons.includes(refusal.error));
    t.diagnostic(`${refusal.call} ${refusal.error}: ${seen.reasons.split('\n')[0]}`);
  }
  await home.stop();
  const { delivered } = stage.wire();
  assert.equal(await capture.stop(), 0);
  const evidence = new Evidence(stage.outside(capture.data));
  const [counters] = finalCounters(evidence.ledger);
  assert.ok(counters !== undefined, 'no stop line in the ledger');
  const doubts = linesOf(evidence.ledger, 'finding').filter(({ code }) => code === 'DISK_SYNC');
  assert.ok(doubts.length > 0, 'no failing sync of a capture is in the ledger');
  assert.deepEqual(evidence.problems, []);
  assert.deepEqual(imbalance(counters), []);
  assert.equal(counters.received, delivered);
  assert.equal(counters.written, evidence.unique(1));
});
