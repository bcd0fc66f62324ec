import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acquaintances } from '../../appliance/capture/storage/acquaintances.ts';
import { INFRA, type Mac } from '../../appliance/model/mac.ts';
import { segmentPath } from '../../appliance/model/segment.ts';

const DAY = 1_795_132_800;

function hear(acquaintances: Acquaintances, i: number, second: number, bytes = 100): Mac {
  const device =
    `50:c7:bf:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}` as Mac;
  const startNs = BigInt(second) * 1_000_000_000n;
  acquaintances.learn(device, segmentPath({ device, startNs, seq: 1, phase: 'idle' }), bytes);
  return device;
}

test('an address is known when it is heard again a day later, and not because a day has gone by', () => {
  const acquaintances = new Acquaintances();
  const device = hear(acquaintances, 1, DAY);
  hear(acquaintances, 2, DAY + 200_000);
  assert.equal(acquaintances.isKnown(device), false);
  hear(acquaintances, 1, DAY + 86_399);
  assert.equal(acquaintances.isKnown(device), false);
  hear(acquaintances, 1, DAY + 86_400);
  assert.equal(acquaintances.isKnown(device), true);
});

test('an address that has something to say is known at once', () => {
  const acquaintances = new Acquaintances();
  assert.equal(acquaintances.isKnown(hear(acquaintances, 1, DAY, 65_536)), true);
  assert.equal(acquaintances.isKnown(INFRA), true);
});

test('invented addresses fill no memory and push nobody out who is known', () => {
  const acquaintances = new Acquaintances();
  const camera = hear(acquaintances, 0, DAY, 1_000_000);
  for (let i = 1; i < 20_000; i++) hear(acquaintances, i, DAY);
  assert.deepEqual([acquaintances.newcomers, acquaintances.isKnown(camera)], [4096, true]);
});
