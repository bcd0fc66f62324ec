import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Carrier, CarrierWatch } from '../../appliance/capture/control/carrier-watch.ts';

function watched(looks: readonly (Carrier | undefined)[]): { gaps: [bigint, bigint][]; watch: CarrierWatch } {
  const gaps: [bigint, bigint][] = [];
  const left = [...looks];
  let ns = 0n;
  const clock = { wall: () => (ns += 1n), monotonic: () => ns };
  const watch = new CarrierWatch(
    () => left.shift(),
    clock,
    ({ from, to }) => gaps.push([from, to]),
  );
  return { gaps, watch };
}

const up = (downCount: number, hasRadio = true): Carrier => ({ hasRadio, isUp: true, downCount });
const down = (downCount: number): Carrier => ({ hasRadio: false, isUp: false, downCount });

test('an outage is a gap from the last moment at which the radio was seen to the first one after', () => {
  const { gaps, watch } = watched([up(1), down(2), down(2), up(2)]);
  for (let look = 0; look < 4; look++) watch.look();
  assert.deepEqual(gaps, [[1n, 2n]]);
});

test('an outage between two looks is reported by the kernel', () => {
  const { gaps, watch } = watched([up(1), up(2)]);
  watch.look();
  watch.look();
  assert.equal(gaps.length, 1);
});

test('a bridge that never had a radio has no outages', () => {
  const { gaps, watch } = watched([up(1, false), down(2), up(2, false)]);
  for (let look = 0; look < 3; look++) watch.look();
  assert.deepEqual(gaps, []);
});

test('a capture that starts in the middle of an outage reports it from its first look on, once', () => {
  const { gaps, watch } = watched([down(1), { ...down(1), hasRadio: true }, up(1), up(1)]);
  for (let look = 0; look < 4; look++) watch.look();
  assert.deepEqual(gaps, [[1n, 2n]]);
});

test('an outage from the first look to the stop is reported where a radio was seen, and of cables nothing', () => {
  const radio = watched([{ ...down(1), hasRadio: true }, down(1)]);
  radio.watch.look();
  radio.watch.stop();
  assert.equal(radio.gaps.length, 1);
  const cables = watched([down(1), down(1)]);
  cables.watch.look();
  cables.watch.stop();
  assert.deepEqual(cables.gaps, []);
});

test('an outage that lasts when capture stops is claimed until then', () => {
  const { gaps, watch } = watched([up(1), undefined, undefined]);
  watch.look();
  watch.look();
  watch.stop();
  assert.equal(gaps.length, 1);
});
