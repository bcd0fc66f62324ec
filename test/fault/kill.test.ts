// The process dies without warning, again and again: what is lost is little, and every hole lies in a gap that the ledger records.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureProcess } from './capture-process.ts';
import { describeSpread, randomFrom } from './chance.ts';
import { Evidence } from './evidence.ts';
import { untoldHoles } from './gaps.ts';
import { FULL, missing, SEED } from './requirements.ts';
import { Stage } from './stage.ts';
import { Talker } from './traffic.ts';

const KILLS = FULL ? 30 : 4;
const FLUSH_MS = 200;

test('kill -9 in a loop: capturing again by itself, and every hole is reported', { skip: missing() }, async (t) => {
  const stage = await Stage.open();
  t.after(() => stage.close());
  const settings = { flush_ms: FLUSH_MS, sync_seconds_idle: 1, segment_seconds: 5 };
  const capture = new CaptureProcess(stage, `${stage.root}/data`, { capture: settings });
  const random = randomFrom(SEED);
  await capture.start();
  const home = new Talker(stage, { run: 1, devices: 8, rate: 500 });
  const back: number[] = [];
  const killedAt: { at: number; since: number }[] = [];
  let since = Date.now() * 1e6;
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(400 + random() * 1600);
    await capture.killAll();
    killedAt.push({ at: Date.now() * 1e6, since });
    const restart = performance.now();
    await capture.start();
    back.push(performance.now() - restart);
    since = Date.now() * 1e6;
  }
  await sleep(1500);
  const { sent } = await home.stop();
  const { captured } = (await capture.status()).counters;
  assert.ok(captured > 0);
  assert.equal(await capture.stop(), 0);

  const evidence = new Evidence(stage.outside(capture.data));
  assert.deepEqual(evidence.problems, []);
  const holes = evidence.runs.get(1)?.holes() ?? [];
  const lost = killedAt.map(({ at, since: started }) => {
    const hole = holes.find((h) => h.after <= at && at <= h.before);
    return hole === undefined ? 0 : (at - Math.max(hole.after, started)) / 1e6;
  });
  t.diagnostic(`seed ${SEED}, ${KILLS} kills, ${sent} frames sent, ${evidence.unique(1)} stored`);
  t.diagnostic(`capturing again after ms: ${describeSpread(back)}`);
  t.diagnostic(`newest stored frame before the kill, ms old: ${describeSpread(lost)}`);
  assert.deepEqual(untoldHoles(evidence, 1), []);
});
