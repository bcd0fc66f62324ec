// The accounting line: received = written + everything lost.

import assert from 'node:assert/strict';
import test from 'node:test';
import { account } from '../../web/src/accounting.ts';

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
