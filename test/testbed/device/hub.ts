// Hue-like bridge: SSDP burst every 52 s, mDNS on both IP versions, local REST API with the key in the URL, and two
// names of interest: one that is dead, one that resolves and is never contacted (Amar et al.).
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DEAD_NAME, UNUSED_NAME } from '../clouds.ts';
import { HUE_KEY } from '../secrets.ts';
import { addressRecord, nameRecord, serviceRecord, TYPE, textRecord } from '../wire/dns.ts';
import type { Announcement } from '../wire/ssdp.ts';
import { Channel } from './channel.ts';
import { MulticastNames } from './mdns.ts';
import { resolve } from './net.ts';
import { askTime } from './ntp.ts';
import { Upnp } from './upnp.ts';
import type { World } from './world.ts';

const BURST_SECONDS = 52;
const SERVER = 'Linux/3.14.0 UPnP/1.0 IpBridge/1.50.0';

export async function hub({ self, life, authority }: World): Promise<void> {
  const upnp = new Upnp(announcements(self.ip, self.mac));
  const names = new MulticastNames(records(self.ip, self.mac), true);
  const cloud = new Channel({ host: 'ws.meethue.com', authority, newest: 'TLSv1.2', messages: 5 });
  await Promise.all([upnp.start(), names.start(), serveApi(self.mac)]);
  life.job('burst', { first: 1, idle: BURST_SECONDS, intensive: BURST_SECONDS }, async () => upnp.burst());
  life.job('announce', { first: 1.5, idle: 60, intensive: 60 }, async () => names.announce());
  life.job('cloud', { first: 0.6, idle: 12, intensive: 4 }, (random) =>
    cloud.exchange(random, random.integer(60, 260), random.integer(60, 180)),
  );
  life.job('dead name', { first: 2, idle: 10, intensive: 10 }, async () => {
    await resolve(DEAD_NAME).catch(() => undefined); // never answered; that is its point
  });
  life.job('unused name', { first: 2.6, idle: 40, intensive: 40 }, async () => {
    await resolve(UNUSED_NAME);
  });
  life.job('time', { first: 3.2, idle: 90, intensive: 90 }, () => askTime('time.cloudflare.com'));
}

function announcements(ip: string, mac: string): Announcement[] {
  const uuid = `2f402f80-da50-11e1-9b23-${mac.replaceAll(':', '')}`;
  const location = `http://${ip}:80/description.xml`;
  const types = ['upnp:rootdevice', `uuid:${uuid}`, 'urn:schemas-upnp-org:device:basic:1'];
  const once = types.map((type) => ({ location, uuid, server: SERVER, type }));
  return [...once, ...once];
}

function records(ip: string, mac: string) {
  const name = `Philips Hue - ${mac.slice(9).replaceAll(':', '').toUpperCase()}._hue._tcp.local`;
  return [
    nameRecord('_hue._tcp.local', TYPE.PTR, name, 4500),
    serviceRecord(name, 443, 'philips-hue.local'),
    textRecord(name, [`bridgeid=${mac.replaceAll(':', '').toUpperCase()}`, 'modelid=BSB002']),
    addressRecord('philips-hue.local', ip, 120),
  ];
}

const LIGHTS = Object.fromEntries(
  ['Hallway', 'Kitchen', 'Desk', 'Window'].map((name, index) => [
    String(index + 1),
    { state: { on: index % 2 === 0, bri: 254 - 40 * index, reachable: true }, type: 'Dimmable light', name },
  ]),
);

async function serveApi(mac: string): Promise<void> {
  const server = createServer((request, response) => answer(mac, request, response));
  server.listen(80, '::'); // both IP versions
  await once(server, 'listening');
}

function answer(mac: string, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  const json = { 'Content-Type': 'application/json', Connection: 'close', Server: 'nginx' };
  request.resume();
  if (url === '/description.xml') {
    const xml = { ...json, 'Content-Type': 'text/xml' };
    response.writeHead(200, xml).end(`<?xml version="1.0"?><root><serialNumber>${mac}</serialNumber></root>`);
  } else if (!url.startsWith(`/api/${HUE_KEY}/`)) {
    response.writeHead(200, json).end('[{"error":{"type":1,"description":"unauthorized user"}}]');
  } else if (request.method === 'PUT') {
    response.writeHead(200, json).end(`[{"success":{"${url.slice(HUE_KEY.length + 5)}":true}}]`);
  } else {
    response.writeHead(200, json).end(JSON.stringify(LIGHTS));
  }
}
