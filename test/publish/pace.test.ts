import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandPace } from '../../appliance/publish/mqtt/commands.ts';
import { Pace } from '../../appliance/publish/pace.ts';

test('a handful goes at once, then so many a minute, and a long pause gives no more than the handful', () => {
  const pace = new Pace({ atOnce: 3, perMinute: 6 });
  const burst = (now: number) => [1, 2, 3, 4].map(() => pace.take(now));
  assert.deepEqual(burst(0), [true, true, true, false]);
  assert.deepEqual([pace.take(9000), pace.take(10_001), pace.take(11_000)], [false, true, false]);
  assert.deepEqual(burst(3_600_000), [true, true, true, false]);
});

test('a flood of notes from the broker is cut to ten a minute, and asking how it is goes on', () => {
  let refused = 0;
  const pace = new CommandPace(() => refused++);
  let taken = 0;
  for (let now = 0; now < 600_000; now += 10) if (pace.take('annotate', now)) taken++;
  assert.ok(taken >= 129 && taken <= 131, `${taken}`);
  assert.equal(refused, 60_000 - taken);
  assert.equal(pace.take('health_check', 600_000), true);
});

test('of exports three are taken at once and one in ten minutes, while other requests go on', () => {
  const pace = new CommandPace();
  const exports = (now: number) => [1, 2, 3, 4].filter(() => pace.take('export', now)).length;
  assert.deepEqual([exports(0), exports(60_000), exports(601_000)], [3, 0, 1]);
  assert.equal(pace.take('tag/start', 601_000), true);
});
