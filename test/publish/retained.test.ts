// A broker without persistence that was started again knows nothing: all that was retained on it must come back by itself.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type DeviceKey, parseMac } from '../../appliance/model/mac.ts';
import { makeTopics } from '../../appliance/publish/mqtt/topics.ts';
import { DataFolder, eventually, packet } from '../store/data-folder.ts';
import { Broker, NO_BROKER, Watcher } from './mosquitto.ts';
import { type ConfigChange, startTestAppliance } from './running.ts';

const skip = NO_BROKER;
const BASE = 'weir/weir-test';
const DAY = `${BASE}/summary/day`;
const PACKETS = 3;
/** With state, hour and discovery of each more than the thousand messages that the queue holds. */
const CROWD = 360;

const at =
  (broker: Broker): ConfigChange =>
  (config) => ({
    ...config,
    mqtt: { ...config.mqtt, url: broker.url, username: 'weir', password_file: broker.passwordFile },
  });

/** A hundred of each fifth byte. */
function numbered(n: number): DeviceKey {
  const mac = parseMac(`b8:27:eb:00:${hex(Math.floor(n / 100))}:${hex(n % 100)}`);
  assert.ok(mac !== undefined);
  return mac;
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0');
const hourOf = (n: number) => `${BASE}/device/${numbered(n).replaceAll(':', '')}/summary/hour`;

/** Topics of a device that stay. */
function deviceTopics(n: number): string[] {
  const id = numbered(n).replaceAll(':', '');
  return [`${BASE}/device/${id}/state`, hourOf(n), `homeassistant/device/weir_weir-test_${id}/config`];
}

const OWN = [
  ...['availability', 'state', 'findings/open'].map((name) => `${BASE}/${name}`),
  'homeassistant/device/weir_weir-test/config',
];

/** One closed segment of each device two hours ago: within the day that is summed up now. */
function folderWith(t: TestContext, devices: readonly number[]): DataFolder {
  const folder = DataFolder.make(t);
  const hourNs = BigInt(Math.floor(Date.now() / 3_600_000) - 2) * 3_600_000_000_000n;
  for (const n of devices) {
    const segment = folder.open(numbered(n), hourNs);
    for (let i = 0; i < PACKETS; i++) folder.append(segment, packet(numbered(n), i, hourNs));
    folder.close(segment);
  }
  return folder;
}

/** A broker that heard everything, and what it keeps of what does not change by itself. */
async function heard(t: TestContext, devices: readonly number[]) {
  const broker = await Broker.start(t);
  const watcher = await Watcher.start(t, broker);
  const appliance = await startTestAppliance(t, at(broker), folderWith(t, devices));
  const topics = [...OWN, ...devices.flatMap(deviceTopics)];
  await eventually('everything is reported', () => topics.every((topic) => watcher.newest.has(topic)), 120);
  await appliance.running.runJob('daily summary');
  await eventually('the day is reported', () => watcher.newest.has(DAY));
  return { broker, watcher, appliance, topics, day: watcher.newest.get(DAY) };
}

async function allKept(t: TestContext, broker: Broker, topics: readonly string[]): Promise<Watcher> {
  const watcher = await Watcher.start(t, broker);
  const missing = () => topics.filter((topic) => !watcher.newest.has(topic));
  await eventually('all of it is reported again', () => missing().length === 0, 120).catch((thrown: unknown) => {
    throw new Error(`missing: ${missing().slice(0, 8).join(', ')} (${missing().length})`, { cause: thrown });
  });
  // Published is not yet retained: a new subscriber sees only what is retained.
  const late = await Watcher.start(t, broker);
  await eventually('all of it is kept again', () => topics.every((topic) => late.newest.has(topic)));
  return late;
}

test('a broker that lost its memory is reported every retained topic again, hours and the same day as well', {
  skip,
}, async (t) => {
  const { broker, topics, day } = await heard(t, [1, 2]);
  await broker.stop('SIGKILL');
  await broker.run();
  const late = await allKept(t, broker, [...topics, DAY]);
  const declared = makeTopics('', 'weir-test').kept([1, 2].map((n) => numbered(n).replaceAll(':', '')));
  const kept = [...late.newest.keys()].filter((topic) => topic.startsWith(`${BASE}/`));
  assert.deepEqual(kept.sort(), declared.sort(), 'what the broker keeps is what the table of topics declares');
  assert.equal(late.newest.get(DAY), day);
  for (const n of [1, 2]) assert.equal(late.json(hourOf(n))?.['packets'], PACKETS);
  const { devices } = late.json(DAY) as { devices: { packets: number }[] };
  assert.deepEqual(
    devices.map(({ packets }) => packets),
    [PACKETS, PACKETS],
  );
});

test('a broker that lost its memory while Weir was down as well is reported all that was there before', {
  skip,
}, async (t) => {
  const { broker, appliance, topics, day } = await heard(t, [1, 2]);
  await appliance.running.stop();
  await broker.stop('SIGKILL');
  await broker.run();
  // Nothing is folded again: what is reported comes from the index.
  await startTestAppliance(t, at(broker), appliance.folder, appliance.capture);
  const late = await allKept(t, broker, [...topics, DAY]);
  assert.equal(late.newest.get(DAY), day);
  assert.equal(late.json(hourOf(2))?.['packets'], PACKETS);
});

test('no daily summary is reported ahead of its time', { skip }, async (t) => {
  const broker = await Broker.start(t);
  await startTestAppliance(t, at(broker), folderWith(t, [1]));
  const late = await allKept(t, broker, [...OWN, ...deviceTopics(1)]);
  assert.ok(!late.newest.has(DAY));
});

test('more devices than the queue has room for are all reported again', { skip }, async (t) => {
  const { broker, topics } = await heard(
    t,
    Array.from({ length: CROWD }, (_, n) => n),
  );
  await broker.stop('SIGKILL');
  await broker.run();
  await allKept(t, broker, [...topics, DAY]);
});
