// The phone: randomised address, one app that talks to the devices at home and through their clouds, and a phone's own
// background traffic.
import type { IncomingMessage } from 'node:http';
import { APP_TOKEN, CAMERA_LOGIN, HUE_KEY } from '../secrets.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { encodeFrame, scramble } from '../wire/kasa.ts';
import { encodeMessage, MESSAGE } from '../wire/lifx.ts';
import { encodeSearch, SSDP_GROUP, SSDP_PORT } from '../wire/ssdp.ts';
import { COMMAND, encodeRequest } from '../wire/tuya.ts';
import { Channel } from './channel.ts';
import { KASA_PORT } from './kasa-plug.ts';
import type { HomePhase, Life } from './life.ts';
import { MulticastNames } from './mdns.ts';
import { http, openHttp, sendDatagram, talk } from './net.ts';
import { localKey } from './tuya-plug.ts';
import type { World } from './world.ts';

const AGENT = 'WeirHome/4.2 (Android 14; Pixel 7)';
const GET_SYSINFO = '{"system":{"get_sysinfo":{}}}';
const PICTURES = { idle: 5, intensive: 30 } as const;

export async function phone(world: World): Promise<void> {
  const names = new MulticastNames([], true);
  await names.start();
  discover(world.life, names);
  useClouds(world);
  useHub(world);
  usePlugs(world);
  useBulb(world);
  watchCamera(world);
}

function discover(life: Life, names: MulticastNames): void {
  const services = ['_hue._tcp.local', '_dcp._tcp.local', '_googlecast._tcp.local'];
  life.job('mdns', { first: 1, idle: 20, intensive: 20 }, async (random) => names.ask(random.pick(services)));
  life.job('ssdp', { first: 2, idle: 35, intensive: 35 }, async () => {
    const message = encodeSearch('urn:schemas-upnp-org:device:ZonePlayer:1', AGENT);
    await sendDatagram({ to: SSDP_GROUP, port: SSDP_PORT, message, replyMs: 1000 });
  });
}

/** The app's way when the phone is away, and what Android does by itself. */
function useClouds({ life, authority }: World): void {
  const lamps = new Channel({ host: 'api.lifx.com', authority, alpn: ['h2', 'http/1.1'], messages: 1 });
  const plugs = new Channel({ host: 'a1.tuyaeu.com', authority, messages: 1 });
  const ads = new Channel({ host: 'mazu.3g.qq.com', authority, messages: 1 });
  const ask = async (channel: Channel, random: SeededRandom): Promise<void> => {
    const filling = random.bytes(random.integer(60, 500));
    await channel.say(Buffer.concat([Buffer.from(`Bearer ${APP_TOKEN}\r\n`), filling]), random.integer(300, 3000));
  };
  life.job('lamp cloud', { first: 1.3, idle: 15, intensive: 5 }, (random) => ask(lamps, random));
  life.job('plug cloud', { first: 2.3, idle: 22, intensive: 6 }, (random) => ask(plugs, random));
  life.job('advertising', { first: 3.3, idle: 45, intensive: 20 }, (random) => ask(ads, random));
  life.job('connectivity', { first: 0.3, idle: 60, intensive: 60 }, async () => {
    await http({ host: 'connectivitycheck.gstatic.com', path: '/generate_204', headers: { 'User-Agent': AGENT } });
  });
}

function useHub({ life, peer }: World): void {
  const { ip, mac } = peer('hub');
  life.job('hub', { first: 1.9, idle: 10, intensive: 2.5 }, async (random, phase) => {
    await http({ host: ip, address: ip, path: `/api/${HUE_KEY}/lights` });
    if (phase === 'idle') return;
    const path = `/api/${HUE_KEY}/lights/${random.integer(1, 4)}/state`;
    await http({ host: ip, address: ip, method: 'PUT', path, body: JSON.stringify({ bri: random.integer(1, 254) }) });
  });
  const six = linkLocal(mac);
  life.job('hub over IPv6', { first: 7, idle: 25, intensive: 10 }, async () => {
    await http({ host: `[${six}]`, address: `${six}%eth0`, path: `/api/${HUE_KEY}/config` });
  });
}

/** The bridge's link-local address follows from its hardware address (RFC 4291, appendix A). */
function linkLocal(mac: string): string {
  const [a = '', b = '', c = '', d = '', e = '', f = ''] = mac.split(':');
  const first = (Number.parseInt(a, 16) ^ 2).toString(16);
  return `fe80::${first}${b}:${c}ff:fe${d}:${e}${f}`;
}

function usePlugs({ seed, life, peer }: World): void {
  const [kasa, tuya, key] = [peer('kasa-plug').ip, peer('tuya-plug').ip, localKey(seed)];
  let sequence = 0;
  life.job('kasa', { first: 2.5, idle: 15, intensive: 3 }, async () => {
    await talk(kasa, KASA_PORT, [encodeFrame(GET_SYSINFO)]);
  });
  life.job('kasa discovery', { first: 3.5, idle: 30, intensive: 30 }, async () => {
    await sendDatagram({ to: '255.255.255.255', port: KASA_PORT, message: scramble(GET_SYSINFO), replyMs: 500 });
  });
  life.job('tuya', { first: 2.8, idle: 12, intensive: 3 }, async (random, phase) => {
    const query = encodeRequest(++sequence, COMMAND.QUERY, key, '{"gwId":"weir"}');
    const dps = JSON.stringify({ dps: { 1: random.fraction() < 0.5 } });
    const control = encodeRequest(++sequence, COMMAND.CONTROL, key, dps);
    await talk(tuya, 6668, phase === 'idle' ? [query] : [query, control]);
  });
}

function useBulb({ life, peer }: World): void {
  const { ip, mac } = peer('bulb');
  let sequence = 0;
  life.job('bulb', { first: 1.5, idle: 8, intensive: 2 }, async (random, phase) => {
    const [type, payload] =
      phase === 'idle' ? [MESSAGE.GET_COLOR, Buffer.alloc(0)] : [MESSAGE.SET_COLOR, random.bytes(13)];
    const message = encodeMessage(type, mac, ++sequence, payload);
    await sendDatagram({ to: ip, port: 56_700, message, replyMs: 1000 });
  });
}

function watchCamera({ life, peer }: World): void {
  const { ip } = peer('dlink-camera');
  life.job('camera', { first: 3, idle: 30, intensive: 5 }, async (_, phase) => watch(ip, phase));
}

/** Looks at the stream until enough pictures have come, then hangs up. */
async function watch(ip: string, phase: HomePhase): Promise<void> {
  const headers = { Authorization: `Basic ${CAMERA_LOGIN}`, 'User-Agent': AGENT };
  const response: IncomingMessage = await openHttp({ host: ip, address: ip, path: '/mjpeg.cgi', headers });
  let pictures = 0;
  for await (const chunk of response) {
    if (Buffer.from(chunk as Uint8Array).includes('image/jpeg')) pictures++;
    if (pictures > PICTURES[phase]) break; // leaving the loop destroys the stream
  }
}
