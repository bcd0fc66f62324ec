// Plain HTTP on port 80 of every cloud: update files, upload targets, measurement API, captive-portal probes.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { SeededRandom } from '../seeded-random.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const UPDATE_CATALOGUE =
  '<?xml version="1.0"?><UpdateManifest><Firmware version="57.3-79200" swgen="1"/></UpdateManifest>';

const HANDLERS: Readonly<Record<string, Handler>> = {
  'update-firmware.sonos.com': sendUpdate,
  'scalews.withings.net': (_, response) => sendJson(response, { status: 0, body: { measuregrps: 1 } }),
  'connectivitycheck.gstatic.com': (_, response) => response.writeHead(204).end(),
  'spectrum.s3.amazonaws.com': (_, response) => sendText(response, 'text/html', '<html>81ce4465-7167-4dcb</html>'),
  'mp-eu-tss.auto.mydlink.com': (_, response) => sendText(response, 'text/plain', 'OK'),
  'cnbj2.fds.api.xiaomi.com': (_, response) => sendJson(response, { uri: '/clips', expiration: 0 }),
};

let firmware: Buffer;

function sendText(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 'application/json', JSON.stringify(value));
}

/** The catalogue, or a slice of the firmware image for `.upd` files. */
function sendUpdate(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.includes('.upd') !== true) return sendText(response, 'text/xml', UPDATE_CATALOGUE);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': firmware.length });
  response.end(firmware);
}

function route(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Server', 'Tengine');
  response.setHeader('Connection', 'close');
  request.resume();
  request.once('end', () => {
    const handler = HANDLERS[request.headers.host ?? ''];
    if (handler === undefined) response.writeHead(404, { 'content-length': 0 }).end();
    else handler(request, response);
  });
}

const FIRMWARE_BYTES = 96 * 1024;

export async function startHttpServer(seed: number): Promise<void> {
  firmware = new SeededRandom(seed, 'firmware').bytes(FIRMWARE_BYTES);
  const server = createServer(route);
  server.listen(80, '0.0.0.0');
  await once(server, 'listening');
}
