import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceKey } from '../../appliance/model/mac.ts';
import { TrafficRing } from '../../appliance/store/figures/traffic-ring.ts';
import { TRAFFIC_CELLS } from '../../appliance/store/thread/traffic-meter.ts';
import { device } from './data-folder.ts';

const cell = (of: DeviceKey, second: number) => ({
  device: of,
  second,
  bytes: Array.from({ length: TRAFFIC_CELLS }, () => 7),
});
const shown = (ring: TrafficRing, of: DeviceKey) =>
  ring.window(of, 10, 0).out.total.reduce((sum, bytes) => sum + bytes, 0);

test('a device that comes after very many others is drawn, in place of the one silent for longest', () => {
  const ring = new TrafficRing();
  const second = 1_795_000_000;
  for (let i = 0; i < 80; i++) ring.add([cell(device(i), second)], 0);
  ring.add([cell(device(0), second)], 0);
  ring.add([cell(device(99), second)], 0);
  assert.deepEqual([shown(ring, device(99)), shown(ring, device(0)), shown(ring, device(1))], [7, 14, 0]);
});
