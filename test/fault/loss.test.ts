// Loss is never hidden: the writer is frozen while the home talks faster than the ring can hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Broker } from './broker.ts';
import { CaptureProcess } from './capture-process.ts';
import { Evidence } from './evidence.ts';
import { finalCounters, imbalance } from './ledger-book.ts';
import { Page } from './page.ts';
import { FULL, missing } from './requirements.ts';
import { Stage } from './stage.ts';
import { talk } from './traffic.ts';

const BURST = FULL ? 600_000 : 60_000;

test('a frozen writer loses frames, files and kernel drops add up to what was sent, and page and broker are informed', {
  skip: missing('mosquitto', 'mosquitto_sub', 'mosquitto_pub'),
}, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const capture = new CaptureProcess(stage, `${stage.root}/data`, {
    capture: { ring_kib: 2048 },
    mqtt: Broker.settings,
  });
  const broker = await Broker.open(stage);
  const { pid } = await capture.start();
  await talk(stage, { run: 1, count: 4000, rate: 8000 });
  const page = await Page.open(stage, capture);
  const calm = await broker.until('a first state', ({ capture: state }) => state === 'capturing');
  assert.deepEqual([calm.capture_reason, calm.drops], ['', 0]);
  process.kill(pid, 'SIGSTOP');
  await talk(stage, { run: 2, count: BURST, rate: 80_000 });
  process.kill(pid, 'SIGCONT');
  const alarmed = await capture.until('the alarm', (status) => (status.counters.dropped_kernel ?? 0) > 0);
  const seen = await page.until('the alarm on the page', ({ reasons }) =>
    /frames lost in the kernel ring/.test(reasons),
  );
  // While it was frozen the broker was informed, and truly, that it does not answer.
  const reported = await broker.until('the alarm', ({ capture: state }) => state === 'degraded');
  await talk(stage, { run: 3, count: 4000, rate: 8000 });
  const { delivered } = stage.wire();
  assert.equal(await capture.stop(), 0);

  const evidence = new Evidence(stage.outside(capture.data));
  const [counters] = finalCounters(evidence.ledger);
  assert.ok(counters !== undefined);
  assert.deepEqual(evidence.problems, []);
  assert.deepEqual(imbalance(counters), []);
  const stored = evidence.unique(1) + evidence.unique(2) + evidence.unique(3);
  t.diagnostic(`sent ${delivered}, stored ${stored}, kernel drops ${counters.dropped_kernel}`);
  assert.equal(counters.received, delivered);
  assert.equal(stored, counters.written);
  assert.equal(stored + (counters.dropped_kernel ?? 0), delivered);
  assert.ok((counters.dropped_kernel ?? 0) > 0);
  assert.equal(alarmed.state, 'degraded');
  t.diagnostic(`the broker was reported: ${reported.capture}, drops ${reported.drops}, ${reported.capture_reason}`);
  assert.match(reported.capture_reason, /frames lost in the kernel ring/);
  assert.ok((reported.drops ?? 0) > 0 && (reported.drops ?? 0) <= (counters.dropped_kernel ?? 0));
  t.diagnostic(`the page said: ${seen.reasons}`);
  assert.equal(seen.word, 'Capturing, with losses');
  assert.match(seen.reasons, /lower the load or raise capture.ring_kib/);
});
