// Tuya-like plug: discovery broadcasts on UDP 6667, scrambled local control on TCP 6668, plain MQTT to its cloud.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { MQTT_PASSWORD, MQTT_USER } from '../secrets.ts';
import { SeededRandom } from '../seeded-random.ts';
import { encodeConnect, encodePacket, encodePublish, encodeSubscribe, PACKET } from '../wire/mqtt.ts';
import { COMMAND, DISCOVERY_KEY, encodeFrame, encodeReply, encrypt, readFrame } from '../wire/tuya.ts';
import { resolve, sendDatagram, serveStream, within } from './net.ts';
import type { World } from './world.ts';

const CLOUD = 'm1.tuyaeu.com';
const KEEP_ALIVE_SECONDS = 60;

/** The key that app and plug agreed on when they were paired. */
export function localKey(seed: number): Buffer {
  return new SeededRandom(seed, 'tuya', 'local key').bytes(16);
}

export async function tuyaPlug({ self, seed, life }: World): Promise<void> {
  const key = localKey(seed);
  const deviceId = new SeededRandom(seed, 'tuya', 'id').hex(20);
  const cloud = new Cloud();
  await serveStream(6668, (chunk) => {
    const frame = readFrame(chunk);
    return (
      frame && encodeReply(frame.sequence, frame.command, key, JSON.stringify({ devId: deviceId, dps: { 1: true } }))
    );
  });
  life.job('discovery', { first: 0.4, idle: 5, intensive: 5 }, async () => {
    const about = { ip: self.ip, gwId: deviceId, active: 2, ability: 0, encrypt: true, productKey: 'keyjup78v54myhan' };
    const body = encrypt(DISCOVERY_KEY, JSON.stringify({ ...about, version: '3.3' }));
    const message = encodeFrame(0, COMMAND.DISCOVERY, Buffer.concat([Buffer.alloc(4), body]));
    await sendDatagram({ to: '255.255.255.255', port: 6667, message });
  });
  life.job('report', { first: 1.7, idle: 8, intensive: 3 }, async (random) => {
    const dps = { 1: random.fraction() < 0.5, 18: random.integer(0, 300), 19: random.integer(0, 700), 20: 2298 };
    const json = JSON.stringify({ protocol: 4, t: Math.floor(Date.now() / 1000), data: { devId: deviceId, dps } });
    const sealed = encrypt(key, json).toString('base64');
    await cloud.publish(`smart/device/out/${deviceId}`, Buffer.from(`2.1${random.hex(16)}${sealed}`));
  });
  life.job('reconnect', { first: 25, idle: 50, intensive: 14 }, async () => cloud.hangUp());
  life.job('ping', { first: 20, idle: KEEP_ALIVE_SECONDS, intensive: KEEP_ALIVE_SECONDS }, () => cloud.ping());
}

/** One MQTT session, opened at the first use and again when it is lost. */
class Cloud {
  #socket: Socket | undefined;

  async publish(topic: string, payload: Buffer): Promise<void> {
    const socket = await this.#open();
    socket.write(encodePublish(topic, payload));
  }

  /** As after a weak moment of the radio: the next message logs in again. */
  hangUp(): void {
    this.#socket?.end(encodePacket(PACKET.DISCONNECT, 0));
    this.#socket = undefined;
  }

  async ping(): Promise<void> {
    const socket = await this.#open();
    await exchange(socket, encodePacket(PACKET.PINGREQ, 0));
  }

  async #open(): Promise<Socket> {
    if (this.#socket !== undefined && !this.#socket.destroyed) return this.#socket;
    const socket = connect(1883, await resolve(CLOUD));
    socket.on('error', () => socket.destroy());
    await within(once(socket, 'connect'), `no connection to ${CLOUD}`);
    await exchange(socket, encodeConnect(MQTT_USER, MQTT_USER, MQTT_PASSWORD, KEEP_ALIVE_SECONDS));
    await exchange(socket, encodeSubscribe(1, `smart/device/in/${MQTT_USER}`));
    this.#socket = socket;
    return socket;
  }
}

async function exchange(socket: Socket, message: Buffer): Promise<void> {
  const reply = once(socket, 'data');
  socket.write(message);
  await within(reply, 'no answer from the broker');
}
