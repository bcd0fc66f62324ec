// Sonos-like speaker: looks for updates over plain HTTP with serial, version and account in the query; UPnP on 1400.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { EMAIL, SPEAKER_SERIAL } from '../secrets.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { Channel } from './channel.ts';
import type { HomePhase } from './life.ts';
import { http } from './net.ts';
import { Upnp } from './upnp.ts';
import type { World } from './world.ts';

const UPDATES = 'update-firmware.sonos.com';
const AGENT = 'Linux UPnP/1.0 Sonos/57.3-79060 (ZPS1)';
const VERSION = 'cmaj=57&cmin=3&cbld=79060&subm=16&rev=8';

export async function speaker({ self, life, authority }: World): Promise<void> {
  const uuid = `RINCON_${self.mac.replaceAll(':', '').toUpperCase()}01400`;
  const location = `http://${self.ip}:1400/xml/device_description.xml`;
  const type = 'urn:schemas-upnp-org:device:ZonePlayer:1';
  const upnp = new Upnp([
    { location, uuid, server: AGENT, type },
    { location, uuid, server: AGENT, type: 'upnp:rootdevice' },
  ]);
  const features = new Channel({ host: 'feature-config.sslauth.sonos.com', authority, messages: 1 });
  await upnp.start();
  await serveDescription(uuid);
  life.job('update', { first: 1.2, idle: 45, intensive: 15 }, (random, phase) => update(self.mac, random, phase));
  life.job('announce', { first: 0.9, idle: 30, intensive: 30 }, async () => upnp.burst());
  life.job('features', { first: 2.2, idle: 40, intensive: 8 }, async (random) => {
    await features.exchange(random, random.integer(300, 600), random.integer(1500, 4000));
  });
}

async function update(mac: string, random: SeededRandom, phase: HomePhase): Promise<void> {
  const who = `serial=${SPEAKER_SERIAL}&mac=${mac}&account=${encodeURIComponent(EMAIL)}`;
  const headers = { 'User-Agent': AGENT };
  await http({ host: UPDATES, path: `/firmware/latest/default-1-1.ups?${VERSION}&${who}`, headers });
  if (phase === 'idle') return;
  const image = `/firmware/Prod/57.3-79200/^57.3-79200-1-16-${random.integer(1, 9)}.upd?${VERSION}&${who}`;
  await http({ host: UPDATES, path: encodeURI(image), headers });
}

async function serveDescription(uuid: string): Promise<void> {
  const body = `<?xml version="1.0"?><root><device><friendlyName>Kitchen - Sonos One</friendlyName><UDN>uuid:${uuid}</UDN></device></root>`;
  const server = createServer((_, response) =>
    response.writeHead(200, { Server: AGENT, 'Content-Type': 'text/xml', Connection: 'close' }).end(body),
  );
  server.listen(1400, '0.0.0.0');
  await once(server, 'listening');
}
