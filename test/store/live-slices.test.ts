import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveSlices } from '../../appliance/store/figures/live-slices.ts';
import type { LiveQuestion } from '../../appliance/store/thread/analysis-messages.ts';
import type { LiveSegment } from '../../appliance/store/thread/live-segment.ts';
import { device } from './data-folder.ts';

const MEGABYTE = 1024 * 1024;

function slice(packets: number, bytes = 1): LiveSegment {
  return { seq: 1, slice: 0, hour: '20261120T13', packets, last_ts: null, summary: new Uint8Array(bytes) };
}

test('a device is asked of once however many want to see it, and reported again only what is new', async () => {
  const asked: LiveQuestion[] = [];
  const live = new LiveSlices((question) => asked.push(question));
  const both = [live.of(device(1)), live.of(device(1))];
  live.receive(device(1), slice(5));
  assert.deepEqual(
    (await Promise.all(both)).map((shown) => shown?.packets),
    [5, 5],
  );
  const again = live.of(device(1));
  live.receive(device(1), 'same');
  assert.equal((await again)?.packets, 5);
  assert.deepEqual(
    asked.map(({ have }) => have),
    ['', '1 0 5'],
  );
});

test('what is known of open slices is bounded in bytes: those asked for longest ago go first', async () => {
  const live = new LiveSlices(() => undefined);
  for (let i = 1; i <= 20; i++) live.receive(device(i), slice(i, MEGABYTE));
  assert.equal(live.bytes, 16 * MEGABYTE);
  live.receive(device(20), 'none');
  assert.equal(live.bytes, 15 * MEGABYTE);
});

test('a thread that does not answer keeps nobody waiting for ever', async () => {
  const live = new LiveSlices(() => undefined);
  assert.equal(await live.of(device(1)), undefined);
});

test('of a few devices those that are known are shown, and all of them are asked before one is waited for', async () => {
  const asked: LiveQuestion[] = [];
  const live = new LiveSlices((question) => asked.push(question));
  live.receive(device(2), slice(7));
  const shown = live.all([device(1), device(2), device(3)]);
  assert.equal(asked.length, 3);
  live.receive(device(3), slice(9));
  live.receive(device(1), 'none');
  live.receive(device(2), 'same');
  assert.deepEqual(
    [...(await shown)].map(([of, { packets }]) => [of, packets]),
    [
      [device(2), 7],
      [device(3), 9],
    ],
  );
});
