// What is new since the last look, and what the appliance needs: from the rows and the status.

import assert from 'node:assert/strict';
import test from 'node:test';
import { needsOf, wellWords } from '../../web/src/needs.ts';
import { lookOf, newsSince, parseLook } from '../../web/src/news.ts';
import { deviceRows } from './mock-answers.ts';
import { startMockServer } from './mock-server.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const rows = deviceRows(NOW);
const seen = lookOf(rows, '2026-11-20T12:00:00.000Z');

test('nothing is new of what was there', () => {
  assert.deepEqual(newsSince(seen, rows), []);
});

test('a device, a country and a grave finding that were not there are new', () => {
  const [camera, ...others] = rows;
  assert.ok(camera !== undefined);
  const { [camera.id]: _camera, ...devices } = seen.devices;
  assert.deepEqual(newsSince({ ...seen, devices }, rows), [{ what: 'device', id: camera.id }]);
  const before = { ...seen, devices: { ...devices, [camera.id]: { countries: ['US', 'GB'], high: 0 } } };
  assert.deepEqual(newsSince(before, [camera, ...others]), [
    { what: 'country', id: camera.id, countries: ['CN'] },
    { what: 'findings', id: camera.id, more: 1 },
  ]);
});

test('what a browser keeps is believed only where it is a look', () => {
  assert.deepEqual(parseLook(JSON.stringify(seen)), seen);
  for (const text of [null, '', '{}', '[]', 'null', '{"at":"x","devices":{"a":null}}', '{"at":1,"devices":{}}'])
    assert.equal(parseLook(text), undefined, String(text));
});

test('a device called __proto__ is new like any other', () => {
  const [first] = rows;
  assert.ok(first !== undefined);
  const odd = { ...first, id: '__proto__' };
  assert.deepEqual(newsSince(seen, [odd]), [{ what: 'device', id: '__proto__' }]);
});

test('the appliance needs what is lost, full, unset or behind, and else nothing', async (t) => {
  const mock = await startMockServer('/nonexistent', 0);
  t.after(() => mock.stop());
  const status = mock.status();
  assert.ok(status.capture !== null);
  const counters = { ...status.capture.counters, dropped_kernel: 0, lost_pipe: 0, lost_queue: 0, lost_disk: 0 };
  const well = {
    ...status,
    capture: { ...status.capture, state: 'capturing' as const, counters },
    storage: { ...status.storage, forecast_seconds: 30 * 86_400 },
    clock: { ...status.clock, synced: 'yes' as const },
    analysis: { ...status.analysis, lag_seconds: 0 },
  };
  assert.deepEqual(needsOf(well, undefined, NOW / 1000), []);
  assert.match(wellWords(well), /room for 30 d .* clock set/);
  const ill = {
    ...well,
    capture: { ...well.capture, counters: { ...counters, lost_disk: 7 } },
    storage: { ...well.storage, forecast_seconds: 3600, free_bytes: 5_000_000 },
    clock: { ...well.clock, synced: 'no' as const },
    analysis: { ...well.analysis, lag_seconds: 90 },
  };
  const texts = needsOf(ill, undefined, NOW / 1000).map(({ text }) => text);
  assert.deepEqual(texts, [
    '7 packets lost',
    'old captures give way in 1 h, 5.00 MB free',
    'the clock is not set: times are only relative',
    'figures are 1 min behind',
  ]);
  const [dead] = needsOf({ ...ill, capture: null }, undefined, NOW / 1000);
  assert.equal(dead?.text, 'capture does not answer');
});
