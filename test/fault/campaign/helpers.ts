// Those whom a campaign asks: an address, Home Assistant behind a broker, a device that is silent until it is woken.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import mqtt from 'mqtt';
import type { Broker } from '../../publish/mosquitto.ts';
import type { Home } from '../../testbed/home.ts';

/** What an address receives about the recording. */
export interface Asked {
  readonly step: string;
  readonly attempt: number;
}

/** Answers every request with 204 once `then` is done. */
export async function hookServer(t: TestContext, then: (asked: Asked) => Promise<void>): Promise<string> {
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString('utf8')));
    request.on('end', () => void then(JSON.parse(body) as Asked).finally(() => answer.writeHead(204).end()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Carries out each call and publishes the state that follows, as the automation of the manual and mqtt_statestream do. */
export async function homeAssistant(t: TestContext, broker: Broker, calls: Asked[]): Promise<void> {
  const client = await mqtt.connectAsync(broker.url, { username: 'weir', password: broker.password });
  t.after(() => client.endAsync(true));
  const say = (state: string) => client.publishAsync('homeassistant/light/desk/state', state, { retain: true, qos: 1 });
  client.on('message', (_, payload) => {
    calls.push(JSON.parse(payload.toString('utf8')) as Asked);
    // On, and off again: what is kept must not answer the next call.
    void say('on').then(() => say('off'));
  });
  await client.subscribeAsync('weir/+/campaign/call', { qos: 1 });
}

export const SILENT_MAC = '02:00:00:00:00:99';
const SILENT_IP = '10.99.99.9';
const SPEAK = `
const socket = require('node:dgram').createSocket('udp4');
socket.bind(0, '${SILENT_IP}', () => {
  socket.setMulticastInterface('${SILENT_IP}');
  socket.send('the lamp is on', 7000, '239.1.2.3', () => socket.close());
});`;

/** A device on the home's bridge that has an address and says nothing of itself. */
export async function plugInSilent(home: Home): Promise<void> {
  for (const words of [
    ['link', 'add', 'silent', 'address', SILENT_MAC, 'type', 'veth', 'peer', 'name', 'p-silent'],
    ['link', 'set', 'p-silent', 'addrgenmode', 'none'],
    ['link', 'set', 'p-silent', 'master', home.document.bridge, 'up'],
    ['address', 'add', `${SILENT_IP}/32`, 'dev', 'silent'],
    ['link', 'set', 'silent', 'up'],
  ])
    await ran(home, 'ip', words);
}

/** One datagram with application data. */
export function wakeSilent(home: Home): Promise<void> {
  return ran(home, process.execPath, ['-e', SPEAK]);
}

async function ran(home: Home, program: string, words: readonly string[]): Promise<void> {
  const [code] = (await once(home.exec(program, words, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')) as [
    number | null,
  ];
  if (code !== 0) throw new Error(`${program} ${words.join(' ')}: ${code}`);
}
