// A real mosquitto with the configuration that `weir mosquitto` makes: TLS by an authority of our own, client certificates,
// users, ACL; both versions of MQTT and both forms of discovery. All payloads of a life are held against their schemas.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Value } from 'typebox/value';
import type { Config } from '../../appliance/config/schema.ts';
import { brokerOptions } from '../../appliance/publish/mqtt/broker-access.ts';
import { mosquittoFiles, OPERATOR, READER } from '../../appliance/publish/mqtt/mosquitto.ts';
import { MQTT_SCHEMAS } from '../../appliance/publish/schemas/mqtt.ts';
import { DataFolder, device, eventually, packet } from '../store/data-folder.ts';
import { freePort, listens, NO_BROKER, PROGRAM } from './mosquitto.ts';
import { startTestAppliance } from './running.ts';

const tools = ['mosquitto_sub', 'mosquitto_pub', 'openssl'].filter((tool) => spawnSync(tool, ['version']).error);
const skip = NO_BROKER || (tools.length > 0 ? `not installed: ${tools.join(', ')}` : false);
const PASSWORDS = { weir: 'w', [READER]: 'r', [OPERATOR]: 'o', stranger: 's' };
const BASE = 'weir/weir-test';

interface Plan {
  readonly tls?: boolean;
  readonly protocol?: '5' | '3.1.1';
  readonly form?: 'device' | 'entity';
}

/** A broker of its own, and what a client of it is reported on the command line. */
class PlannedBroker {
  readonly folder: string;
  readonly port: number;
  readonly tls: boolean;
  readonly #t: TestContext;

  private constructor(t: TestContext, folder: string, port: number, tls: boolean) {
    this.#t = t;
    this.folder = folder;
    this.port = port;
    this.tls = tls;
  }

  static async start(t: TestContext, { tls = false }: Plan): Promise<PlannedBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-planned-broker-'));
    const port = await freePort();
    if (tls) certificates(folder);
    const plan = {
      id: 'weir-test',
      base_topic: '',
      username: 'weir',
      discovery: true,
      discovery_prefix: 'homeassistant',
    };
    const files = mosquittoFiles({ ...plan, commands: true, folder, port, tls });
    // Loopback only; a client without a certificate is refused, which is the operator's choice.
    const listener = files.configuration.replace(`listener ${port}`, `listener ${port} 127.0.0.1`);
    const root = process.getuid?.() === 0 ? 'user root\n' : '';
    writeFileSync(join(folder, 'weir.conf'), `${listener}${tls ? 'require_certificate true\n' : ''}${root}`);
    appendFileSync(join(folder, 'weir.conf'), `persistence_location ${folder}/\n`);
    writeFileSync(join(folder, 'weir.acl'), files.acl);
    writeFileSync(join(folder, 'weir.passwords'), '');
    for (const [user, password] of Object.entries(PASSWORDS))
      execFileSync('mosquitto_passwd', ['-b', join(folder, 'weir.passwords'), user, password], { stdio: 'ignore' });
    const child = spawn(PROGRAM ?? '', ['-c', join(folder, 'weir.conf')], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    t.after(async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    });
    await eventually('the broker listens', () => listens(port));
    return new PlannedBroker(t, folder, port, tls);
  }

  arguments(user: keyof typeof PASSWORDS): string[] {
    const pem = (name: string) => join(this.folder, name);
    return [
      '-h',
      'localhost',
      '-p',
      String(this.port),
      '-u',
      user,
      '-P',
      PASSWORDS[user] ?? '',
      '-q',
      '1',
      ...(this.tls ? ['--cafile', pem('ca.pem'), '--cert', pem('client.pem'), '--key', pem('client.key')] : []),
    ];
  }

  /** Everything that a user may see, a line each: topic, a tab, payload. */
  record(user: keyof typeof PASSWORDS): { lines(): [topic: string, payload: string][]; child: ChildProcess } {
    const child = spawn('mosquitto_sub', [...this.arguments(user), '-t', '#', '-F', '%t\t%p', '-V', '5']);
    let text = '';
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString('utf8');
    });
    this.#t.after(() => child.kill());
    const lines = (): [string, string][] =>
      text
        .split('\n')
        .filter((line) => line.includes('\t'))
        .map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]);
    return { lines, child };
  }

  settings({ protocol = '5', form = 'device' }: Plan): Partial<Config['mqtt']> {
    const pem = (name: string) => join(this.folder, name);
    const password_file = pem('password');
    writeFileSync(password_file, `${PASSWORDS.weir}\n`);
    return {
      url: `${this.tls ? 'mqtts' : 'mqtt'}://localhost:${this.port}`,
      username: 'weir',
      password_file,
      protocol,
      discovery_form: form,
      commands: true,
      ...(this.tls ? { ca_file: pem('ca.pem'), certificate_file: pem('client.pem'), key_file: pem('client.key') } : {}),
    };
  }
}

/** An authority, and two certificates by it: the broker's and the appliance's. */
function certificates(folder: string): void {
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '2');
  for (const name of ['broker', 'client']) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=localhost');
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...by, '-extfile', 'names');
  }
}

function folderWithOneHour(t: TestContext): DataFolder {
  const folder = DataFolder.make(t);
  const segment = folder.open(device(1));
  for (let i = 0; i < 20; i++) folder.append(segment, packet(device(1), i));
  folder.close(segment);
  return folder;
}

async function life(t: TestContext, plan: Plan) {
  const broker = await PlannedBroker.start(t, plan);
  const reader = broker.record(READER);
  const change = (config: Config): Config => ({ ...config, mqtt: { ...config.mqtt, ...broker.settings(plan) } });
  const appliance = await startTestAppliance(t, change, folderWithOneHour(t));
  const has = (topic: string) => reader.lines().some(([name]) => name === topic);
  await eventually('what is retained is reported', () => RETAINED.every(has));
  await appliance.running.runJob('daily summary');
  const order = ['-t', `${BASE}/request/annotate`, '-m', '{"text":"by the operator","transaction":"7"}'];
  execFileSync('mosquitto_pub', [...broker.arguments(OPERATOR), ...order]);
  await eventually('the order is answered', () => has(`${BASE}/response/annotate`));
  return { broker, reader, appliance, has };
}

const RETAINED = [
  'state',
  'availability',
  'findings/open',
  'device/b827eb000001/state',
  'device/b827eb000001/summary/hour',
].map((topic) => `${BASE}/${topic}`);

const schemas: Readonly<Record<string, unknown>> = MQTT_SCHEMAS;

function unfit(topic: string, payload: string): string[] {
  if (topic.endsWith('/availability')) return ['online', 'offline'].includes(payload) ? [] : [`${topic}: ${payload}`];
  if (!topic.startsWith(`${BASE}/`) || topic.includes('/request/')) return [];
  const value = JSON.parse(payload) as { schema?: string };
  const name = topic.includes('/response/') ? 'response' : (value.schema ?? '');
  const schema = schemas[name] as Parameters<typeof Value.Errors>[0] | undefined;
  if (schema === undefined) return [`${topic}: no schema ${name}`];
  return [...Value.Errors(schema, value)].map((error) => `${topic}: ${JSON.stringify(error)}`);
}

for (const [name, plan] of [
  ['MQTT 5 over TLS with a client certificate', { tls: true }],
  ['MQTT 3.1.1 over TLS, one message an entity', { tls: true, protocol: '3.1.1', form: 'entity' }],
  ['MQTT 3.1.1 without TLS', { protocol: '3.1.1' }],
] as const satisfies readonly (readonly [string, Plan])[]) {
  test(`${name}: every payload of a life fits its schema`, { skip }, async (t) => {
    const { reader, appliance } = await life(t, plan);
    await appliance.running.stop();
    await eventually('it said goodbye', () =>
      reader.lines().some(([topic, payload]) => topic === `${BASE}/availability` && payload === 'offline'),
    );
    assert.deepEqual(
      reader.lines().flatMap(([topic, payload]) => unfit(topic, payload)),
      [],
    );
    const found = reader.lines().filter(([topic]) => topic.startsWith('homeassistant/'));
    const entities = found.filter(([topic]) => topic.startsWith('homeassistant/sensor/'));
    assert.equal(entities.length > 6, 'form' in plan);
    for (const [topic, payload] of entities) {
      const config = JSON.parse(payload) as Record<string, unknown>;
      for (const field of ['dev', 'stat_t', 'avty_t', 'uniq_id', 'name'])
        assert.ok(field in config, `${topic}: ${field}`);
      assert.ok(!('cmps' in config) && !('p' in config), topic);
    }
  });
}

test('the ACL lets a reader read, the operator order, and a stranger neither', { skip }, async (t) => {
  const { broker, reader, has } = await life(t, {});
  const stranger = broker.record('stranger');
  const send = (user: keyof typeof PASSWORDS, topic: string) =>
    spawnSync('mosquitto_pub', [...broker.arguments(user), '-t', topic, '-m', '{"text":"no"}']);
  send('stranger', `${BASE}/request/annotate`);
  send(READER, `${BASE}/request/annotate`);
  send(OPERATOR, `${BASE}/state`);
  send('weir', 'other/topic');
  // What comes after them has passed all of them.
  send(OPERATOR, `${BASE}/request/tag/list`);
  await eventually('the last order is answered', () => has(`${BASE}/response/tag/list`));
  assert.equal(reader.lines().filter(([topic]) => topic === `${BASE}/response/annotate`).length, 1);
  assert.ok(
    reader.lines().every(([topic, payload]) => topic !== `${BASE}/state` || payload.includes('weir.mqtt.state/1')),
  );
  assert.deepEqual(stranger.lines(), []);
});

test('a broker whose authority is not known is refused, and so are settings that contradict each other', {
  skip,
}, async (t) => {
  const broker = await PlannedBroker.start(t, { tls: true });
  const settings = { ...broker.settings({}), ca_file: '' };
  const appliance = await startTestAppliance(t, (config) => ({ ...config, mqtt: { ...config.mqtt, ...settings } }));
  const cookie = await appliance.logIn();
  await eventually('the reason', async () => {
    const answer = await appliance.ask('/api/v1/status', { headers: { cookie } });
    const { mqtt } = answer.json as { mqtt: { state: string; reason: string } };
    return mqtt.state === 'offline' && /certificate/i.test(mqtt.reason);
  });
  const none = {
    username: '',
    password_file: '',
    protocol: '5',
    ca_file: '',
    certificate_file: '',
    key_file: '',
  } as const;
  const says = (change: Partial<Parameters<typeof brokerOptions>[0]>, pattern: RegExp) =>
    assert.throws(() => brokerOptions({ url: 'mqtts://localhost', ...none, ...change }), pattern);
  says({ url: 'http://localhost' }, /mqtt\.url: not an address of a broker/);
  says({ url: 'mqtt://localhost', ca_file: 'x' }, /need TLS/);
  says({ certificate_file: join(broker.folder, 'client.pem') }, /go together/);
  says({ ca_file: join(broker.folder, 'none.pem') }, /mqtt\.ca_file: .* cannot be read \(there is no such file\)/);
  assert.equal(
    String(brokerOptions({ url: 'mqtts://localhost', ...none, ca_file: join(broker.folder, 'ca.pem') }).ca),
    readFileSync(join(broker.folder, 'ca.pem'), 'utf8'),
  );
});
