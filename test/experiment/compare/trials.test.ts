// diff finds nothing where nothing differs, and what was planted. The short form of main.ts, with fixed seeds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countFalse, countPlanted, PLANTED } from './trials.ts';

test('in splits of idle runs p is at most a level about as often as the level says, and few splits hold a false row', () => {
  const splits = 40;
  const count = countFalse(splits, 36_000, 0.5);
  assert.ok(count.shares(0.01).all <= 0.02, count.text);
  assert.ok(count.shares(0.05).all <= 0.06, count.text);
  assert.ok(count.shares(0.1).all <= 0.12, count.text);
  // 5 % of 40 and two standard errors.
  assert.ok(count.false <= 5, count.text);
});

for (const planted of PLANTED)
  test(`diff finds ${planted.name}`, () => {
    assert.equal(countPlanted(planted, 2), 2);
  });
