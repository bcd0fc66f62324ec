// A real mosquitto on loopback, with one user and a generated password; started and ended by the test.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import { eventually } from '../store/data-folder.ts';

export const PROGRAM = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find((path) =>
  existsSync(path),
);

/** Why tests with a broker cannot run here; false where they can. */
export const NO_BROKER = PROGRAM === undefined ? 'mosquitto is not installed (apt install mosquitto)' : false;

export class Broker {
  readonly port: number;
  readonly password: string;
  readonly passwordFile: string;
  readonly #config: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, password: string, passwordFile: string, config: string) {
    this.port = port;
    this.password = password;
    this.passwordFile = passwordFile;
    this.#config = config;
  }

  static async start(t: TestContext): Promise<Broker> {
    const dir = mkdtempSync(join(tmpdir(), 'weir-broker-'));
    const port = await freePort();
    const password = randomBytes(16).toString('hex');
    const users = join(dir, 'users');
    spawnSync('mosquitto_passwd', ['-b', '-c', users, 'weir', password]);
    const passwordFile = join(dir, 'password');
    writeFileSync(passwordFile, `${password}\n`);
    const config = join(dir, 'mosquitto.conf');
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${users}`,
      'persistence false',
      // Who comes late is given all that is retained, not the first thousand.
      'max_queued_messages 0',
    ];
    writeFileSync(config, `${[...lines, ...(process.getuid?.() === 0 ? ['user root'] : [])].join('\n')}\n`);
    const broker = new Broker(port, password, passwordFile, config);
    t.after(async () => {
      await broker.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    await broker.run();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    this.#child = spawn(PROGRAM ?? '', ['-c', this.#config], { stdio: 'ignore' });
    await eventually('the broker listens', () => listens(this.port));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

/** Somebody else at the broker: sees everything, remembers the newest of each topic. */
export class Watcher {
  readonly client: MqttClient;
  readonly newest = new Map<string, string>();
  readonly all: { topic: string; payload: string; retained: boolean }[] = [];

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('message', (topic, payload, packet) => {
      const text = payload.toString('utf8');
      this.all.push({ topic, payload: text, retained: packet.retain });
      if (text === '') this.newest.delete(topic);
      else this.newest.set(topic, text);
    });
  }

  static async start(t: TestContext, broker: Broker): Promise<Watcher> {
    const client = await mqtt.connectAsync(broker.url, {
      username: 'weir',
      password: broker.password,
      reconnectPeriod: 200,
    });
    const watcher = new Watcher(client);
    t.after(() => client.endAsync(true));
    await client.subscribeAsync('#', { qos: 1 });
    return watcher;
  }

  json(topic: string): Record<string, unknown> | undefined {
    const text = this.newest.get(topic);
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
