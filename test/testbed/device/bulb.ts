// LIFX-like bulb: short encrypted keep-alives (all frames below 200 bytes), time servers in many countries, LAN protocol.
import { encodeMessage, MESSAGE, messageType } from '../wire/lifx.ts';
import { Channel } from './channel.ts';
import { serveDatagrams } from './net.ts';
import { askTime } from './ntp.ts';
import type { World } from './world.ts';

const LAN_PORT = 56_700;
const BROKER = 'v2.broker.lifx.co';

export async function bulb({ self, life, authority }: World): Promise<void> {
  const broker = new Channel({ host: BROKER, port: LAN_PORT, authority, newest: 'TLSv1.2', messages: 40 });
  life.job('keep-alive', { first: 0.3, idle: 1, intensive: 0.4 }, (random) =>
    broker.exchange(random, random.integer(20, 70), random.integer(16, 60)),
  );
  life.job('time', { first: 0.8, idle: 45, intensive: 30 }, () => askTime('2.lifx.pool.ntp.org', 4));
  await serveDatagrams(LAN_PORT, (message) => answer(self.mac, message));
}

/** StateService names UDP and the port; LightState is hue, saturation, brightness, kelvin, power and a label. */
function answer(mac: string, message: Buffer): Buffer | undefined {
  const type = messageType(message);
  if (type === MESSAGE.GET_SERVICE) {
    return encodeMessage(MESSAGE.STATE_SERVICE, mac, message[23] ?? 0, Buffer.from([1, 0x7c, 0xdd, 0, 0]));
  }
  if (type !== MESSAGE.GET_COLOR && type !== MESSAGE.SET_COLOR) return undefined;
  const state = Buffer.alloc(52);
  state.writeUInt16LE(3500, 6);
  state.writeUInt16LE(0xffff, 10);
  state.write('Bedroom lamp', 12);
  return encodeMessage(MESSAGE.STATE, mac, message[23] ?? 0, state);
}
