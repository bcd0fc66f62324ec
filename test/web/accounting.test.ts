// The accounting line: received = written + everything lost.

import assert from 'node:assert/strict';
import test from 'node:test';
import { account, captureGaps } from '../../web/src/accounting.ts';
import { startMockServer } from './mock-server.ts';

const COUNTERS = {
  received: 1000,
  dropped_kernel: 5,
  lost_pipe: 3,
  captured: 992,
  written: 970,
  lost_queue: 2,
  lost_disk: 4,
  refused: 0,
  sourceless: 6,
  canaries: 8,
};

test('what is not in any line is under way', () => {
  const { lost, underway } = account(COUNTERS);
  assert.equal(lost, 14);
  assert.equal(underway, 8);
});

test('a loss that the engine cannot know makes the sum unknown and not zero', () => {
  const { unknown, underway } = account({ ...COUNTERS, received: null, dropped_kernel: null });
  assert.ok(unknown);
  assert.equal(underway, null);
});

test('before capture started silence is not known', async (t) => {
  const mock = await startMockServer('.');
  t.after(() => mock.stop());
  const silent = { total: 0, tcp: 0, udp: 0, http: 0, https: 0 };
  const status = mock.status();
  const started = Math.floor(Date.parse(status.capture?.started ?? '') / 1000);
  const gaps = captureGaps(status, [{ second: started - 5, in: silent, out: silent }]);
  assert.ok(gaps.some((gap) => gap.from === Number.NEGATIVE_INFINITY && gap.to === started));
});
