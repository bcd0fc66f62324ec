// Echo-like voice assistant: TLS to its clouds, polls the Hue-like bridge three times as often as the bridge speaks by
// itself, switches lamps by voice in the intensive phase, probes for captive portals in the clear.
import { GOOGLE_DNS } from '../clouds.ts';
import { HUE_KEY, VOICE_CUSTOMER } from '../secrets.ts';
import { encodeSearch, SSDP_GROUP, SSDP_PORT } from '../wire/ssdp.ts';
import { Channel } from './channel.ts';
import { http, resolve, sendDatagram } from './net.ts';
import { askTime } from './ntp.ts';
import type { World } from './world.ts';

const AGENT = 'Dalvik/2.1.0 (Linux; U; Android 5.1.1; AEODN Build/LVY48F)';
const SEARCHED = 'urn:schemas-upnp-org:device:basic:1';

export function echo({ life, authority, peer }: World): void {
  const hub = peer('hub');
  const voice = new Channel({ host: 'avs-alexa-4-na.amazon.com', authority, alpn: ['h2'], messages: 6 });
  const metrics = new Channel({ host: 'device-metrics-us.amazon.com', authority, newest: 'TLSv1.2', messages: 1 });
  const api = (method: 'GET' | 'PUT', path: string, body?: string) =>
    http({ host: hub.ip, address: hub.ip, method, path: `/api/${HUE_KEY}${path}`, ...(body && { body }) });

  life.job('poll lamps', { first: 1.1, idle: 2, intensive: 1 }, async () => void (await api('GET', '/lights')));
  life.job('voice', { first: 0.4, idle: 9, intensive: 4 }, async (random, phase) => {
    const spoken = phase === 'intensive' ? random.integer(9_000, 24_000) : random.integer(40, 140);
    await voice.exchange(random, spoken, phase === 'intensive' ? random.integer(4_000, 12_000) : 60);
    if (phase === 'idle') return;
    await api('PUT', `/lights/${random.integer(1, 4)}/state`, JSON.stringify({ on: random.fraction() < 0.5 }));
  });
  life.job('metrics', { first: 2.4, idle: 25, intensive: 10 }, async (random) => {
    await metrics.exchange(random, random.integer(700, 2400), 120);
  });
  life.job('search', { first: 1.6, idle: 20, intensive: 20 }, async () => {
    const message = encodeSearch(SEARCHED, AGENT);
    await sendDatagram({ to: SSDP_GROUP, port: SSDP_PORT, message, replyMs: 1500 });
    await http({ host: hub.ip, address: hub.ip, path: '/description.xml', headers: { 'User-Agent': AGENT } });
  });
  life.job('portal probe', { first: 2.9, idle: 30, intensive: 12 }, async () => {
    const customer = Buffer.from(VOICE_CUSTOMER).toString('hex');
    const path = `/kindle-wifi/wifistub-echo.html?c=${customer}`;
    await http({ host: 'spectrum.s3.amazonaws.com', path, headers: { 'User-Agent': AGENT } });
  });
  life.job('time', { first: 0.7, idle: 60, intensive: 60 }, () => askTime('ntp-g7g.amazon.com'));
  life.job('own resolver', { first: 4.2, idle: 50, intensive: 50 }, async () => {
    await resolve('device-metrics-us.amazon.com', GOOGLE_DNS);
  });
}
