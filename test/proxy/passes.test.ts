import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Passes, RETEST_MS } from '../../appliance/proxy/engine/passes.ts';

test('an alert lets the next connection through, silence only the second time', () => {
  const passes = new Passes();
  passes.learn('alert', 'refused', 0);
  passes.learn('silence', 'closed', 0);
  assert.deepEqual([passes.isPassed('alert', 1), passes.isPassed('silence', 1)], [true, false]);
  passes.learn('silence', 'closed', 1);
  assert.equal(passes.isPassed('silence', 2), true);
});

test('what was let through is tried again after a while, and when somebody asks', () => {
  const passes = new Passes();
  passes.learn('host', 'refused', 0);
  assert.equal(passes.isPassed('host', RETEST_MS), false);
  passes.learn('host', 'refused', 0);
  passes.forget();
  assert.equal(passes.isPassed('host', 1), false);
});

test('a program that spoke may refuse now and then, and is let through when it does so again and again', () => {
  const passes = new Passes();
  for (const outcome of ['accepted', 'refused', 'closed', 'closed', 'accepted', 'refused'] as const)
    passes.learn('host', outcome, 1);
  assert.equal(passes.isPassed('host', 2), false);
  passes.learn('host', 'refused', 3);
  assert.equal(passes.isPassed('host', 4), true);
});

test('a device that names a hundred thousand hosts costs no more memory than four thousand', () => {
  const passes = new Passes();
  for (let i = 0; i < 100_000; i++) passes.learn(`host ${i}`, 'refused', 0);
  assert.equal(passes.isPassed('host 0', 1), false);
  assert.equal(passes.isPassed('host 99999', 1), true);
});
