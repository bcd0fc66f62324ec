// The sync interval is a promise about the age of frames, not the beat of a timer: seen on a clock made by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyncSchedule } from '../../appliance/capture/storage/sync-schedule.ts';

const STEP_MS = 20;
const LOOK_MS = 100;
/** What tcpdump's ring hands over at once is up to so old. */
const RING_MS = 1000;

/** A card, a clock and a network that brings a ring full of frames each second. */
class Scene {
  nowMs = 1_000_000;
  intervalMs = 2000;
  /** How long the next sync takes, in its order; `fails` where the disk does not take it. */
  disk: (sync: number) => number | 'fails' = () => 20;
  syncs = 0;
  readonly schedule: SyncSchedule;
  #running: { readonly untilMs: number; readonly isDone: boolean; readonly settle: (isDone: boolean) => void } | null =
    null;

  constructor() {
    this.schedule = new SyncSchedule({
      intervalMs: () => this.intervalMs,
      nowMs: () => this.nowMs,
      syncAll: () =>
        new Promise((settle) => {
          const takes = this.disk(++this.syncs);
          const isDone = takes !== 'fails';
          this.#running = { untilMs: this.nowMs + (isDone ? takes : 50), isDone, settle };
        }),
    });
  }

  async pass(milliseconds: number, isTalking = true): Promise<void> {
    const end = this.nowMs + milliseconds;
    for (; this.nowMs < end; this.nowMs += STEP_MS) {
      if (this.#running !== null && this.nowMs >= this.#running.untilMs) {
        this.#running.settle(this.#running.isDone);
        this.#running = null;
        await new Promise(setImmediate);
      }
      if (isTalking && this.nowMs % 1000 === 0) this.schedule.arrived(RING_MS);
      if (this.nowMs % LOOK_MS === 0) this.schedule.look();
    }
  }
}

test('every frame is durable before it is older than the interval, its second in the ring included', async () => {
  for (const intervalMs of [2000, 3000, 10_000, 60_000]) {
    const scene = new Scene();
    scene.intervalMs = intervalMs;
    await scene.pass(300_000);
    const { worst_seconds: worst, late, done } = scene.schedule.status;
    assert.ok(worst * 1000 <= intervalMs, `${intervalMs} ms: a frame became ${worst} s old`);
    assert.equal(late, 0);
    assert.ok(done > 0);
  }
});

test('the card is left alone for as long as the promise allows', async () => {
  const scene = new Scene();
  scene.intervalMs = 10_000;
  await scene.pass(600_000);
  // A ring second and half a second of margin are taken off: nine seconds apart.
  assert.ok(scene.syncs >= 60 && scene.syncs <= 67, `${scene.syncs} syncs in ten minutes`);
  const silent = new Scene();
  await silent.pass(60_000, false);
  assert.equal(silent.syncs, 0);
});

test('a slow card gets its syncs earlier, and keeps the promise', async () => {
  const scene = new Scene();
  scene.intervalMs = 5000;
  scene.disk = (sync) => 600 + (sync % 7) * 150;
  await scene.pass(20_000);
  const before = scene.schedule.status.late;
  await scene.pass(600_000);
  assert.equal(scene.schedule.status.late, before);
});

test('a sync that takes longer than the promise is counted, with the age that it cost', async () => {
  const scene = new Scene();
  scene.disk = (sync) => (sync === 5 ? 4000 : 20);
  await scene.pass(30_000);
  const { late, worst_seconds: worst, promised_seconds: promised } = scene.schedule.status;
  // The frames that came meanwhile had to wait for it.
  assert.ok(late >= 1 && late <= 2, `${late} late syncs`);
  assert.ok(worst > 5 && worst < 7, `worst ${worst} s`);
  assert.equal(promised, 2);
});

test('frames that the disk did not take stay the oldest, and are late when they are durable at last', async () => {
  const scene = new Scene();
  scene.disk = (sync) => (sync <= 4 ? 'fails' : 20);
  await scene.pass(4000);
  assert.ok(scene.schedule.status.oldest_seconds > 3);
  assert.equal(scene.schedule.status.done, 0);
  await scene.pass(4000);
  const { late, done, oldest_seconds: oldest } = scene.schedule.status;
  assert.equal(late, 1);
  assert.ok(done > 1);
  assert.ok(oldest < 2, `oldest ${oldest} s`);
});

test('a phase with a shorter promise syncs at once, and what came under the longer one is not late', async () => {
  const scene = new Scene();
  scene.intervalMs = 10_000;
  await scene.pass(6000);
  assert.equal(scene.syncs, 0);
  scene.intervalMs = 2000;
  await scene.pass(1000);
  assert.ok(scene.syncs > 0);
  await scene.pass(20_000);
  assert.equal(scene.schedule.status.late, 0);
});

test('an interval of one second is kept as far as the ring allows', async () => {
  const scene = new Scene();
  scene.intervalMs = 1000;
  await scene.pass(60_000);
  const { promised_seconds: promised, late, worst_seconds: worst } = scene.schedule.status;
  assert.equal(promised, 2);
  assert.equal(late, 0);
  assert.ok(worst <= 1.2, `worst ${worst} s`);
});
