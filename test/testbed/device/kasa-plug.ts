// TP-Link-like plug: TLS with SNI to its cloud; locally everybody may ask it for everything, scrambled with XOR 171.
import { HOME_LATITUDE, HOME_LONGITUDE } from '../secrets.ts';
import { SeededRandom } from '../seeded-random.ts';
import { encodeFrame, scramble, unscramble } from '../wire/kasa.ts';
import { Channel } from './channel.ts';
import { serveDatagrams, serveStream } from './net.ts';
import { askTime } from './ntp.ts';
import type { World } from './world.ts';

export const KASA_PORT = 9999;

export async function kasaPlug({ self, seed, life, authority }: World): Promise<void> {
  const cloud = new Channel({ host: 'use1-devs.tplinkcloud.com', authority, newest: 'TLSv1.2', messages: 5 });
  const info = systemInfo(self.mac, new SeededRandom(seed, 'kasa').hex(40));
  life.job('cloud', { first: 0.5, idle: 10, intensive: 3 }, (random) =>
    cloud.exchange(random, random.integer(90, 420), random.integer(90, 300)),
  );
  life.job('time', { first: 2.1, idle: 70, intensive: 70 }, () => askTime('ntp.ubuntu.com'));
  await serveDatagrams(KASA_PORT, (message) => (isRequest(message) ? scramble(info) : undefined));
  await serveStream(KASA_PORT, (chunk) => (isRequest(chunk.subarray(4)) ? encodeFrame(info) : undefined));
}

function isRequest(message: Buffer): boolean {
  return unscramble(message).startsWith('{"system"');
}

function systemInfo(mac: string, deviceId: string): string {
  const about = {
    sw_ver: '1.5.6 Build 191114 Rel.104204',
    model: 'HS110(EU)',
    deviceId: deviceId.toUpperCase(),
    alias: 'Coffee machine',
    mac: mac.toUpperCase(),
    relay_state: 1,
    latitude: HOME_LATITUDE,
    longitude: HOME_LONGITUDE,
  };
  return JSON.stringify({ system: { get_sysinfo: { ...about, err_code: 0 } } });
}
