// D-Link-like camera: serves MJPEG at home behind HTTP Basic, and posts single pictures to its cloud in the clear.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CAMERA_LOGIN } from '../secrets.ts';
import { SeededRandom } from '../seeded-random.ts';
import { nameRecord, serviceRecord, TYPE, textRecord } from '../wire/dns.ts';
import { MulticastNames } from './mdns.ts';
import { http } from './net.ts';
import { askTime } from './ntp.ts';
import { makeFilm } from './pictures.ts';
import type { World } from './world.ts';

const CLOUD = 'mp-eu-tss.auto.mydlink.com';
const FILM_PICTURES = 12;
const PICTURE_MS = 100;
const BOUNDARY = 'video boundary--';

export async function dlinkCamera({ self, seed, life }: World): Promise<void> {
  const film = makeFilm(new SeededRandom(seed, self.name, 'film'), FILM_PICTURES);
  const names = new MulticastNames([
    nameRecord('_dcp._tcp.local', TYPE.PTR, 'DCS-5030L._dcp._tcp.local', 4500),
    serviceRecord('DCS-5030L._dcp._tcp.local', 80, 'dcs-5030l.local'),
    textRecord('DCS-5030L._dcp._tcp.local', ['path=/', `mac=${self.mac.replaceAll(':', '')}`, 'version=1.04']),
  ]);
  await names.start();
  await serveFilm(film);
  life.job('announce', { first: 1, idle: 50, intensive: 50 }, async () => names.announce());
  life.job('time', { first: 1.4, idle: 120, intensive: 120 }, () => askTime('ntp1.dlink.com'));
  life.job('snapshot', { first: 2.5, idle: 20, intensive: 5 }, async (random) => postPicture(random.pick(film)));
}

async function postPicture(picture: Buffer): Promise<void> {
  const reply = await http({
    host: CLOUD,
    method: 'POST',
    path: '/signal/snapshot.cgi?model=DCS-5030L',
    headers: { 'User-Agent': 'mydlink/1.4', 'Content-Type': 'image/jpeg' },
    body: picture,
  });
  if (reply.status !== 200) throw new Error(`snapshot answered ${reply.status}`);
}

async function serveFilm(film: readonly Buffer[]): Promise<void> {
  const server = createServer((request, response) => {
    if (request.headers.authorization === `Basic ${CAMERA_LOGIN}`) stream(film, request, response);
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="DCS-5030L"', Connection: 'close' }).end();
  });
  server.listen(80, '0.0.0.0');
  await once(server, 'listening');
}

/** Pictures until the viewer leaves. */
function stream(film: readonly Buffer[], request: IncomingMessage, response: ServerResponse): void {
  let next = 0;
  response.writeHead(200, {
    Server: 'alphapd/2.1.7',
    Connection: 'close',
    'Content-Type': `multipart/x-mixed-replace;boundary="${BOUNDARY}"`,
  });
  const timer = setInterval(() => {
    const picture = film[next++ % film.length] ?? Buffer.alloc(0);
    response.write(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
    response.write(picture);
    response.write('\r\n');
  }, PICTURE_MS);
  request.socket.once('close', () => clearInterval(timer));
}
