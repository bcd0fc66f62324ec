import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERY_DEVICE, type FrameOwner, TrafficMeter } from '../../appliance/store/thread/traffic-meter.ts';
import { tcp } from '../analysis/packets.ts';
import { device } from './data-folder.ts';

const far = { mac: '02:00:00:00:00:01', ip: '203.0.113.80', port: 443 };

function ownerOf(last: number): FrameOwner {
  return { device: device(last), mac: Uint8Array.of(0xb8, 0x27, 0xeb, 0, 0, last), infra: [] };
}

test('bytes of devices and seconds that take turns are in a cell of each, and again after they were taken', () => {
  const meter = new TrafficMeter();
  for (const round of [1, 2]) {
    for (const second of [100, 101, 100]) {
      for (const last of [1, 2]) {
        const frame = tcp({ mac: device(last), ip: `10.0.0.${last}`, port: 50_000 }, far, 1, 1, 16, new Uint8Array(10));
        meter.add(ownerOf(last), frame, 0, frame.length, second, 1000, 1);
      }
    }
    const cells = meter.take().map(({ device: of, second, bytes }) => [`${of} ${second}`, bytes[0]]);
    assert.deepEqual(
      Object.fromEntries(cells),
      {
        [`${device(1)} 100`]: 2000,
        [`${device(1)} 101`]: 1000,
        [`${device(2)} 100`]: 2000,
        [`${device(2)} 101`]: 1000,
        [`${EVERY_DEVICE} 100`]: 4000,
        [`${EVERY_DEVICE} 101`]: 2000,
      },
      `round ${round}`,
    );
  }
});
