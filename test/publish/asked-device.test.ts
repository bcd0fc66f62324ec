import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApplianceApi } from '../../appliance/publish/appliance-api.ts';
import { askedDevice } from '../../appliance/publish/http/asked-device.ts';

/** Rows that are there only once somebody waited for them, as after a start. */
function afterStart(): { readonly api: ApplianceApi; readonly waits: () => number } {
  let waits = 0;
  const row = { id: '50c7bf000001', mac: '50:c7:bf:00:00:01', name: 'Kitchen bulb', ips: ['192.0.2.7'] };
  const api = { refreshed: async () => void waits++, devices: () => (waits > 0 ? [row] : []) };
  return { api: api as unknown as ApplianceApi, waits: () => waits };
}

test('a device that is asked for by name or IP address first after a start is found', async () => {
  for (const word of ['kitchen bulb', '192.0.2.7']) {
    const { api } = afterStart();
    assert.equal(await askedDevice(api, word), '50:c7:bf:00:00:01', word);
  }
});

test('an address in hardware form waits for nobody', async () => {
  const { api, waits } = afterStart();
  for (const word of ['50:C7:BF:00:00:01', '50c7bf000001', ' 50-c7-bf-00-00-01 '])
    assert.equal(await askedDevice(api, word), '50:c7:bf:00:00:01');
  assert.equal(waits(), 0);
});

test('a word that fits nobody is refused in words', async () => {
  await assert.rejects(askedDevice(afterStart().api, 'garage'), /No device garage was seen/);
});
