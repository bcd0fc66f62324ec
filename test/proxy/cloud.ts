// Servers that apps talk to: HTTP/1 and HTTP/2, WebSocket, one that wants a client certificate, and a real broker. Their certificates come
// from an authority of the test's own, which represents the public ones.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { Server as NetServer } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server as TlsServer } from 'node:tls';
import { selfSignedAuthority, signedLeaf } from '../../appliance/publish/http/tls/self-signed.ts';

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface Cloud {
  readonly caFile: string;
  readonly places: Readonly<Record<CloudName, Place>>;
  /** `sha256//…` of a host's key, as curl takes it. */
  readonly pin: (name: CloudName) => string;
  readonly fingerprint: (name: CloudName) => string;
  readonly clientFiles: { readonly cert: string; readonly key: string };
  stop(): Promise<void>;
}

export const CLOUD = ['api', 'video', 'broker', 'old', 'mutual', 'socket'] as const;
export type CloudName = (typeof CLOUD)[number];

export const hostOf = (name: CloudName): string => `${name}.cloud.example`;

/** What only the evidence may contain. */
export const PLANTED = 'correct-horse-battery-42';

const FROM = new Date(Date.now() - 24 * 3600 * 1000);
const UNTIL = new Date(Date.now() + 30 * 24 * 3600 * 1000);
const ANY = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

export async function startCloud(folder: string, addressOf: (name: CloudName) => Place): Promise<Cloud> {
  const authorityKey = rsa();
  const issuer = { name: 'Test authority', key: authorityKey };
  const authority = selfSignedAuthority({ ...issuer, from: FROM, until: UNTIL });
  const caFile = join(folder, 'cloud-ca.pem');
  writeFileSync(caFile, authority);
  const pairs = new Map(
    CLOUD.map((name) => {
      const key = rsa();
      const names = name === 'broker' ? [hostOf(name), 'localhost'] : [hostOf(name)];
      return [name, { key, cert: signedLeaf({ key, names, addresses: [], from: FROM, until: UNTIL }, issuer) }];
    }),
  );
  const pair = (name: CloudName) => {
    const { key, cert } = pairs.get(name)!;
    return { key: pem(key), cert: cert + authority };
  };
  const clientFiles = { cert: join(folder, 'client.pem'), key: join(folder, 'client.key') };
  const words = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=client.example'.split(' ');
  spawnSync('openssl', [...words, '-out', clientFiles.cert, '-keyout', clientFiles.key], { stdio: 'ignore' });

  const servers: (NetServer | TlsServer)[] = [
    answering(createSecureServer({ ...pair('api'), allowHTTP1: true }) as unknown as TlsServer),
    answering(createHttps(pair('video'))),
    answering(createHttps({ ...pair('old'), ...ANY, maxVersion: 'TLSv1' })),
    answering(
      createHttps({
        ...pair('mutual'),
        ca: readFileSync(clientFiles.cert),
        requestCert: true,
        rejectUnauthorized: true,
      }),
    ),
    webSocket(createHttps(pair('socket'))),
  ];
  const names = ['api', 'video', 'old', 'mutual', 'socket'] as const;
  const places: Partial<Record<CloudName, Place>> = {};
  for (const [i, name] of names.entries()) places[name] = await listen(servers[i]!, addressOf(name));
  const broker = await startBroker(folder, pair('broker'), addressOf('broker'));
  places.broker = broker.place;
  return {
    caFile,
    places: places as Record<CloudName, Place>,
    pin: (name) => {
      const spki = new X509Certificate(pairs.get(name)!.cert).publicKey.export({ type: 'spki', format: 'der' });
      return `sha256//${createHash('sha256').update(spki).digest('base64')}`;
    },
    fingerprint: (name) => new X509Certificate(pairs.get(name)!.cert).fingerprint256,
    clientFiles,
    stop: async () => {
      broker.process.kill();
      for (const server of servers) {
        server.close();
        (server as unknown as { closeAllConnections?: () => void }).closeAllConnections?.();
      }
    },
  };
}

function rsa(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Both kinds of HTTP through the same listener. */
function answering(server: TlsServer): TlsServer {
  server.on('request', ({ url }: { url?: string }, response: import('node:http').ServerResponse) => {
    // Twice more what it came from: by then a browser knows of HTTP/3.
    if (url === '/page') {
      response.writeHead(200, { 'content-type': 'text/html', 'alt-svc': 'h3=":443"' });
      return void response.end('<p>read</p><iframe src="/a"></iframe><iframe src="/b"></iframe>');
    }
    response.writeHead(200, {
      'content-type': 'application/json',
      server: 'Tengine',
      'x-amz-cf-pop': 'FRA50',
    });
    // The fields by which IoTPF's listing 3 identifies MiJia.
    const devices = [{ did: '1', pd_id: 130, model: 'plug', is_online: true }];
    response.end(JSON.stringify({ devices, token: `${PLANTED}-down` }));
  });
  server.on('tlsClientError', () => {});
  return server;
}

/** RFC 6455 §4.2.2, then one text frame. */
function webSocket(server: TlsServer): TlsServer {
  server.on('upgrade', (request: import('node:http').IncomingMessage, socket: import('node:net').Socket) => {
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')]));
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  return server;
}

function listen(server: NetServer, { address, port }: Place): Promise<Place> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      const bound = server.address();
      resolve({ address, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}

export const hasBroker = (): boolean => spawnSync('mosquitto', ['-h']).error === undefined;

async function startBroker(
  folder: string,
  { key, cert }: { key: string; cert: string },
  { address, port }: Place,
): Promise<{ process: ChildProcess; place: Place }> {
  const files = {
    key: join(folder, 'broker.key'),
    cert: join(folder, 'broker.pem'),
    conf: join(folder, 'broker.conf'),
  };
  writeFileSync(files.key, key);
  writeFileSync(files.cert, cert);
  const place = { address, port: port === 0 ? await freePort(address) : port };
  writeFileSync(
    files.conf,
    `user root\nlistener ${place.port} ${place.address}\nallow_anonymous true\ncertfile ${files.cert}\nkeyfile ${files.key}\n`,
  );
  const child = spawn('mosquitto', ['-c', files.conf], { stdio: 'ignore' });
  await reachable(place);
  return { process: child, place };
}

async function freePort(address: string): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  const { port } = await listen(server, { address, port: 0 });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function reachable({ address, port }: Place): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      socket.once('connect', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    await sleep(100);
  }
  throw new Error(`nothing listens on ${address}:${port}`);
}
