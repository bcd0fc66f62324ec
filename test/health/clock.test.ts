import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockGuard, type ClockStep } from '../../appliance/health/clock-guard.ts';
import { clockSync, parseChrony } from '../../appliance/health/clock-sync.ts';

const SECOND = 1_000_000_000n;

/** A clock that the test moves. */
class SteppedClock {
  #wall = 1_795_179_600n * SECOND;
  #monotonic = 5n * SECOND;
  wall = () => this.#wall;
  monotonic = () => this.#monotonic;
  pass(seconds: bigint): void {
    this.#wall += seconds * SECOND;
    this.#monotonic += seconds * SECOND;
  }
  set(seconds: bigint): void {
    this.#wall += seconds * SECOND;
  }
}

function guarded(): { clock: SteppedClock; guard: ClockGuard; steps: ClockStep[] } {
  const clock = new SteppedClock();
  const steps: ClockStep[] = [];
  const guard = new ClockGuard(clock, (step) => steps.push(step));
  guard.check();
  return { clock, guard, steps };
}

for (const [what, seconds] of [
  ['seventy seconds on', 70n],
  ['nine days on', 777_600n],
  ['an hour back', -3600n],
  ['ten years back', -315_360_000n],
  ['to 2038', 357_000_000n],
] as const) {
  test(`a clock set ${what} is noticed once, with its size`, () => {
    const { clock, guard, steps } = guarded();
    clock.pass(1n);
    clock.set(seconds);
    guard.check();
    clock.pass(1n);
    guard.check();
    assert.deepEqual(
      steps.map((step) => step.seconds),
      [Number(seconds)],
    );
  });
}

test('an hour of standstill of the whole machine is no step', () => {
  const { clock, guard, steps } = guarded();
  clock.pass(3600n);
  guard.check();
  assert.deepEqual(steps, []);
});

test('small corrections are followed without a word, however many', () => {
  const { clock, guard, steps } = guarded();
  for (let i = 0; i < 100; i++) {
    clock.pass(1n);
    clock.set(2n);
    guard.check();
  }
  assert.deepEqual(steps, []);
});

const TRACKING =
  'A29FC801,162.159.200.1,4,1795179600.1,-0.000012345,0.00001,0.00002,1.5,0.001,0.02,0.010,0.002,64.3,Normal';

test('chrony reports source and the bound of its error: offset, half the root delay, dispersion', () => {
  assert.deepEqual(parseChrony(TRACKING), {
    synced: 'yes',
    source: 'chrony 162.159.200.1',
    max_error_seconds: 0.000012345 + 0.005 + 0.002,
  });
});

test('chrony without a source is not synchronised', () => {
  assert.equal(parseChrony(TRACKING.replace('Normal', 'Not synchronised'))?.synced, 'no');
});

test('where neither chrony nor systemd answers, it is not known', async () => {
  assert.equal((await clockSync(async () => undefined)).synced, 'unknown');
});

test('systemd is asked where chrony is not there', async () => {
  assert.equal((await clockSync(async (program) => (program === 'timedatectl' ? 'no\n' : undefined))).synced, 'no');
});
