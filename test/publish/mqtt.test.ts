import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Config } from '../../appliance/config/schema.ts';
import { writeScan } from '../../appliance/experiment/scan/scan-files.ts';
import { addPart, beginScan, closeWindow, openWindow } from '../../appliance/experiment/scan/scan-record.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import type { DeviceKey, Mac } from '../../appliance/model/mac.ts';
import { NO_PORTS } from '../../appliance/model/scan/port-scan.ts';
import { BrokerConnection } from '../../appliance/publish/mqtt/connection.ts';
import { DataFolder, device, eventually, GATEWAY, packet, record, START_NS, udpFrame } from '../store/data-folder.ts';
import { Broker, NO_BROKER, Watcher } from './mosquitto.ts';
import { type ConfigChange, startTestAppliance, type TestAppliance } from './running.ts';

const skip = NO_BROKER;
const ONE = device(1);
/** By its vendor no computer: what that says to a cloud would be its apps'. */
const LAMP = '50:c7:bf:00:00:01' as DeviceKey;
const BASE = 'weir/weir-test';
const DEVICE = `${BASE}/device/b827eb000001`;
const DISCOVERY = 'homeassistant/device/weir_weir-test_b827eb000001/config';

const at =
  (broker: Broker, change: Partial<Config['mqtt']> = {}): ConfigChange =>
  (config) => ({
    ...config,
    mqtt: { ...config.mqtt, url: broker.url, username: 'weir', password_file: broker.passwordFile, ...change },
  });

/** A question to a resolver (RFC 1035 §4.1). */
function question(owner: DeviceKey, name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const head = Buffer.from('123401000001000000000000', 'hex');
  const payload = Buffer.concat([head, ...labels, Buffer.from('0000010001', 'hex')]);
  return record(
    udpFrame({
      from: owner,
      to: GATEWAY,
      source: '10.0.0.11',
      destination: '10.0.0.1',
      sourcePort: 40_000,
      destinationPort: 53,
      payload,
    }),
    START_NS,
  );
}

function folderWithOneHour(t: TestContext): DataFolder {
  const folder = DataFolder.make(t);
  const segment = folder.open(ONE);
  for (let i = 0; i < 20; i++) folder.append(segment, packet(ONE, i));
  folder.close(segment);
  return folder;
}

interface Home {
  readonly broker: Broker;
  readonly watcher: Watcher;
  readonly appliance: TestAppliance;
}

async function home(t: TestContext, change: Partial<Config['mqtt']> = {}): Promise<Home> {
  const broker = await Broker.start(t);
  const watcher = await Watcher.start(t, broker);
  const appliance = await startTestAppliance(t, at(broker, change), folderWithOneHour(t));
  await eventually('the device has published its state', () => watcher.newest.has(`${DEVICE}/state`));
  return { broker, watcher, appliance };
}

test('appliance, device, hour and findings are on the broker, kept, with schema and time', { skip }, async (t) => {
  const { broker, watcher } = await home(t);
  const topics = [`${BASE}/state`, `${DEVICE}/state`, `${DEVICE}/summary/hour`, `${BASE}/findings/open`];
  await eventually('four states', () => topics.every((topic) => watcher.newest.has(topic)));
  const late = await Watcher.start(t, broker);
  await eventually('all of them are kept', () => topics.every((topic) => late.newest.has(topic)));
  for (const topic of topics) {
    const value = late.json(topic);
    assert.match(String(value?.['schema']), /^weir\.mqtt\.\w+\/1$/);
    assert.ok(!Number.isNaN(Date.parse(String(value?.['ts']))), topic);
  }
  assert.equal(late.json(`${DEVICE}/summary/hour`)?.['packets'], 20);
  assert.equal(late.newest.get(`${BASE}/availability`), 'online');
});

test('the clouds of a device and what a scan found are reported as well', { skip }, async (t) => {
  const broker = await Broker.start(t);
  const watcher = await Watcher.start(t, broker);
  const folder = DataFolder.make(t);
  const segment = folder.open(LAMP);
  folder.append(segment, question(LAMP, 'a3z.iot.eu-west-1.amazonaws.com'));
  folder.close(segment);
  const now = '2026-12-01T12:00:00.000Z';
  const asked = { device: LAMP as Mac, address: '10.0.0.11', profile: 'quick', by: 'test', rate: 9 } as const;
  const found = { states: { ...NO_PORTS, open: '23' }, source: '10.0.0.1', version: '7.93', seconds: 1 };
  await writeScan(
    folder.dir,
    closeWindow(addPart(openWindow(beginScan(asked, now), asked.address, now), 0, found, now), 'done', '', now),
  );
  await startTestAppliance(t, at(broker), folder);
  const open = () => (watcher.json(`${BASE}/findings/open`)?.['findings'] ?? []) as { rule: string }[];
  await eventually('the open port is among the findings', () => open().some(({ rule }) => rule === 'PORT-01'), 60);
  const counted = (topic: string) => watcher.json(`${BASE}/${topic}`)?.['findings'] === open().length;
  await eventually('the row counts it', () => counted('device/50c7bf000001/state'), 60);
  await eventually('the appliance counts it', () => counted('state'), 60);
  const clouds = () => watcher.json(`${BASE}/device/50c7bf000001/state`)?.['platforms'];
  await eventually('the cloud is named', () => JSON.stringify(clouds()) === '["AWS IoT"]', 60);
});

test('a clean stop says offline, and so does the will when the process is gone', { skip }, async (t) => {
  const { watcher, appliance, broker } = await home(t);
  await appliance.running.stop();
  await eventually('offline', () => watcher.newest.get(`${BASE}/availability`) === 'offline');
  const settings = {
    url: broker.url,
    access: { username: 'weir', password: broker.password },
    clientId: 'weir-gone',
    availability: 'gone/availability',
    subscriptions: [],
  };
  const connection = new BrokerConnection(settings, { connected: () => undefined, message: () => undefined });
  connection.start();
  await eventually('online', () => watcher.newest.get('gone/availability') === 'online');
  // The broker ends the connection as it would end that of a dead process: a second client takes the id.
  const usurper = new BrokerConnection(
    { ...settings, availability: 'other/availability' },
    { connected: () => undefined, message: () => undefined },
  );
  usurper.start();
  t.after(() => Promise.all([connection.stop(), usurper.stop()]));
  await eventually('the will was published', () =>
    watcher.all.some(({ topic, payload }) => topic === 'gone/availability' && payload === 'offline'),
  );
});

test('topics hold only characters that we generate, and no payload holds an address of a remote host', {
  skip,
}, async (t) => {
  const { watcher } = await home(t);
  await eventually('discovery', () => watcher.newest.has(DISCOVERY));
  for (const { topic, payload } of watcher.all) {
    assert.match(topic, /^(weir|homeassistant)\/[a-z0-9_/-]+$/);
    assert.doesNotMatch(payload, /93\.184\.216\.34/);
    assert.ok(Buffer.byteLength(payload) <= 32 * 1024);
  }
});

test('Home Assistant finds the device with entities that name their topic, template and id', { skip }, async (t) => {
  const { watcher } = await home(t);
  await eventually('discovery', () => watcher.newest.has(DISCOVERY));
  const config = watcher.json(DISCOVERY) as {
    dev: Record<string, unknown>;
    o: unknown;
    stat_t: string;
    avty_t: string;
    cmps: Record<string, Record<string, string>>;
  };
  assert.deepEqual(
    [config.stat_t, config.avty_t, config.dev['via_device']],
    [`${DEVICE}/state`, `${BASE}/availability`, 'weir_weir-test'],
  );
  assert.deepEqual(config.dev['cns'], [['mac', ONE]]);
  const ids = Object.values(config.cmps).map((component) => component['uniq_id']);
  assert.equal(new Set(ids).size, ids.length);
  const state = watcher.json(`${DEVICE}/state`) ?? {};
  for (const component of Object.values(config.cmps)) {
    const field = /value_json\.(\w+)/.exec(component['val_tpl'] ?? '')?.[1] ?? '';
    assert.ok(field in state, `${field} is not in the state`);
  }
});

test('when Home Assistant comes back, it is reported everything again', { skip }, async (t) => {
  const { watcher } = await home(t);
  await eventually('discovery', () => watcher.newest.has(DISCOVERY));
  const before = watcher.all.filter(({ topic }) => topic === DISCOVERY).length;
  await watcher.client.publishAsync('homeassistant/status', 'online');
  await eventually('once more', () => watcher.all.filter(({ topic }) => topic === DISCOVERY).length > before);
});

test('a device that is gone and discovery switched off are taken back from the broker', { skip }, async (t) => {
  const { broker, watcher, appliance } = await home(t);
  await eventually('discovery', () => watcher.newest.has(DISCOVERY));
  await appliance.running.stop();
  await startTestAppliance(t, at(broker, { discovery: false }), appliance.folder, appliance.capture);
  await eventually('withdrawn', () => !watcher.newest.has(DISCOVERY));
  assert.ok(watcher.newest.has(`${DEVICE}/state`));
});

test('a broker that goes away and comes back changes nothing but the time of messages', { skip }, async (t) => {
  const { broker, watcher, appliance } = await home(t);
  await broker.stop('SIGKILL');
  const view = async () =>
    (
      (await appliance.ask('/api/v1/status', { headers: { cookie } })).json as {
        mqtt: { state: string; reason: string };
      }
    ).mqtt;
  const cookie = await appliance.logIn();
  await eventually('offline, with a reason', async () => {
    const { state, reason } = await view();
    return state === 'offline' && reason !== '';
  });
  const segment = appliance.folder.open(device(2), START_NS + 60_000_000_000n);
  appliance.folder.append(segment, packet(device(2), 0, START_NS + 60_000_000_000n));
  watcher.newest.clear();
  await broker.run();
  await eventually(
    'both devices are reported, the new one as well',
    () => [DEVICE, `${BASE}/device/b827eb000002`].every((topic) => watcher.newest.has(`${topic}/state`)),
    30,
  );
  assert.equal(watcher.newest.get(`${BASE}/availability`), 'online');
});

test('a wrong password is said in the status, and the page is there all the same', { skip }, async (t) => {
  const broker = await Broker.start(t);
  const appliance = await startTestAppliance(t, at(broker, { username: 'nobody' }), folderWithOneHour(t));
  const cookie = await appliance.logIn();
  await eventually('the reason', async () => {
    const { mqtt } = (await appliance.ask('/api/v1/status', { headers: { cookie } })).json as {
      mqtt: { state: string; reason: string };
    };
    return mqtt.state === 'offline' && /not authori[sz]ed|bad user/i.test(mqtt.reason);
  });
});

test('requests are not heard unless the operator allowed them', { skip }, async (t) => {
  const { watcher, appliance } = await home(t);
  await watcher.client.publishAsync(`${BASE}/request/phase/set`, '{"phase":"intensive"}', { qos: 1 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(appliance.capture.asked, []);
});

test('allowed requests are answered with their transaction, and junk is refused in words', { skip }, async (t) => {
  const { watcher, appliance } = await home(t, { commands: true });
  const ask = async (verb: string, payload: string) => {
    watcher.newest.delete(`${BASE}/response/${verb}`);
    await watcher.client.publishAsync(`${BASE}/request/${verb}`, payload, { qos: 1 });
    await eventually(`an answer to ${payload.slice(0, 60)}`, () => watcher.newest.has(`${BASE}/response/${verb}`));
    return watcher.json(`${BASE}/response/${verb}`);
  };
  assert.deepEqual(await ask('phase/set', '{"phase":"intensive","interaction":"voice","transaction":"7"}'), {
    status: 'ok',
    data: { phase: 'intensive', interaction: 'voice' },
    transaction: '7',
  });
  for (const junk of [
    '{"phase":"loud"}',
    '{"phase":"idle","x":1}',
    'junk',
    '[]',
    'null',
    '{"__proto__":{"phase":"idle"}}',
    '\u0000',
  ]) {
    assert.equal((await ask('phase/set', junk))?.['status'], 'error', junk);
  }
  assert.equal((await ask('health_check', ''))?.['status'], 'ok');
  assert.equal((await ask('capture/pause', '{"note":"radio moved"}'))?.['status'], 'ok');
  assert.equal((await ask('capture/resume', ''))?.['status'], 'ok');
  assert.equal((await ask('annotate', '{"text":"lamp replaced"}'))?.['status'], 'ok');
  for (const [verb, junk] of [
    ['capture/pause', '{"note":1}'],
    ['annotate', '{}'],
    ['export', '{"devices":["x"]}'],
    ['tag/start', '{"tag":"lost","device":"nobody"}'],
    ['export', '{"from":"yesterday"}'],
    ['export', '{"folder":"/etc"}'],
  ] as const) {
    assert.equal((await ask(verb, junk))?.['status'], 'error', junk);
  }
  assert.deepEqual(appliance.capture.asked, [
    { verb: 'phase', phase: 'intensive', interaction: 'voice', by: 'mqtt', note: '' },
    { verb: 'pause', by: 'mqtt', note: 'radio moved' },
    { verb: 'resume', by: 'mqtt' },
    { verb: 'annotate', by: 'mqtt', text: 'lamp replaced' },
  ]);
});

test('a request that the broker kept from another day is not obeyed', { skip }, async (t) => {
  const broker = await Broker.start(t);
  const watcher = await Watcher.start(t, broker);
  await watcher.client.publishAsync(`${BASE}/request/phase/set`, '{"phase":"intensive"}', { qos: 1, retain: true });
  const appliance = await startTestAppliance(t, at(broker, { commands: true }), folderWithOneHour(t));
  await eventually('connected', () => watcher.newest.get(`${BASE}/availability`) === 'online');
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(appliance.capture.asked, []);
});

test('a password file that is missing is said in one line with the setting', { skip }, async (t) => {
  const broker = await Broker.start(t);
  rmSync(broker.passwordFile);
  const started = startTestAppliance(t, at(broker));
  await assert.rejects(
    started,
    (error) =>
      error instanceof WeirError &&
      error.code === 'CONFIG_INVALID' &&
      /^mqtt\.password_file: .*[^\n]$/.test(error.message),
  );
});

test('a message that ends the connection three times is dropped, and the next one goes out', { skip }, async (t) => {
  const broker = await Broker.start(t);
  const watcher = await Watcher.start(t, broker);
  const settings = {
    url: broker.url,
    access: { username: 'weir', password: broker.password },
    clientId: 'weir-poison',
    availability: 'poison/availability',
    subscriptions: [],
  };
  const connection = new BrokerConnection(settings, { connected: () => undefined, message: () => undefined });
  t.after(() => connection.stop());
  connection.start();
  await eventually('online', () => watcher.newest.get('poison/availability') === 'online');
  // A topic with a wildcard is a protocol error (MQTT 5 §3.3.2.1): mosquitto closes the connection.
  connection.publish({ topic: 'poison/#', payload: 'x', retain: false });
  connection.publish({ topic: 'poison/next', payload: 'y', retain: false });
  await eventually('the next message', () => watcher.newest.get('poison/next') === 'y', 20);
  await eventually(
    'the bad one is given up',
    () => connection.counts.errors === 1 && connection.counts.queued === 0,
    20,
  );
});
