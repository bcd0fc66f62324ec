// Thirteen apps made of real clients. Each knows nothing of the proxy; `at` says where its connections go.

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cloud, type CloudName, hostOf, PLANTED, type Place } from './cloud.ts';

export interface AppWorld {
  readonly cloud: Cloud;
  /** PEM of what the app's system trusts in this round. */
  readonly trust: string;
  readonly at: (name: CloudName) => Place;
  /** Put before each command: enters another network. */
  readonly prefix: readonly string[];
}

export interface App {
  readonly name: string;
  readonly answer: string;
  /** Of one use. */
  readonly connections: 1 | 2;
  /** Exit code 0 where the app works. */
  readonly use: (world: AppWorld) => Promise<number>;
}

function run(
  world: AppWorld,
  words: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const [program = '', ...args] = [...world.prefix, ...words];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, ...env } });
    child.stderr.resume();
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

function curl(world: AppWorld, name: CloudName, ...more: readonly string[]): Promise<number> {
  const { address, port } = world.at(name);
  const host = hostOf(name);
  const target = ['--connect-to', `${host}:443:${address}:${port}`, `https://${host}/user?password=${PLANTED}`];
  return run(world, ['curl', '-sS', '--fail', '--max-time', '20', ...more, ...target]);
}

function sClient(world: AppWorld, name: CloudName, ca: string, ...more: readonly string[]): Promise<number> {
  const { address, port } = world.at(name);
  const words = [
    'openssl',
    's_client',
    '-quiet',
    '-verify_return_error',
    '-CAfile',
    ca,
    '-connect',
    `${address}:${port}`,
  ];
  return run(world, [...words, ...more], `GET /status HTTP/1.1\r\nHost: ${hostOf(name)}\r\nConnection: close\r\n\r\n`);
}

function mosquitto(world: AppWorld, ca: string): Promise<number> {
  const { address, port } = world.at('broker');
  const words = ['-h', address, '-p', String(port), '--cafile', ca, '--insecure', '-t', 'plug/1', '-m', 'on'];
  return run(world, ['mosquitto_pub', ...words]);
}

/** A request with a key that is compared after the handshake, as okhttp, URLSession and Node do it. */
const NODE_APP = `
const https = require('node:https');
const [, , ...hosts] = process.argv;
let failed = 0;
let left = hosts.length;
for (const text of hosts) {
  const { host, address, port, pin } = JSON.parse(text);
  const options = { host: address, port, servername: host, path: '/', headers: { host, 'user-agent': 'NodeApp/1.0' }, agent: false,
    checkServerIdentity: (_name, cert) => pin !== '' && cert.fingerprint256 !== pin ? new Error('pin') : undefined };
  https.get(options, (r) => { r.resume(); r.on('end', done); }).on('error', () => { failed += 1; done(); });
}
function done() { if (--left === 0) process.exitCode = failed; }
`;

const SOCKET_APP = `
const https = require('node:https');
const { host, address, port } = JSON.parse(process.argv[2]);
const headers = { host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
const request = https.get({ host: address, port, servername: host, path: '/live', headers, agent: false });
request.on('upgrade', (_r, socket, head) => {
  const done = () => { socket.end(); process.exitCode = 0; };
  if (head.length > 0) done(); else socket.once('data', done);
});
request.on('error', () => { process.exitCode = 1; });
process.exitCode = 1;
`;

function node(world: AppWorld, code: string, ...hosts: readonly object[]): Promise<number> {
  const words = ['node', '-e', code, '--', ...hosts.map((host) => JSON.stringify(host))];
  return run(
    world,
    [words[0]!, '-e', code.replace('[, , ...hosts]', '[, ...hosts]').replace('argv[2]', 'argv[1]'), ...words.slice(4)],
    '',
    {
      NODE_EXTRA_CA_CERTS: world.trust,
    },
  );
}

const where = (world: AppWorld, name: CloudName, pin = ''): object => ({ host: hostOf(name), ...world.at(name), pin });

export const APPS: readonly App[] = [
  { name: 'curl', connections: 1, answer: 'accepted', use: (w) => curl(w, 'video', '--cacert', w.trust) },
  {
    name: 'curl-http2',
    connections: 1,
    answer: 'accepted',
    use: (w) => curl(w, 'api', '--http2', '--cacert', w.trust),
  },
  {
    name: 'curl-pinned',
    connections: 1,
    answer: 'pinned',
    use: (w) => curl(w, 'video', '--cacert', w.trust, '--pinnedpubkey', w.cloud.pin('video')),
  },
  { name: 'curl-careless', connections: 1, answer: 'accepted', use: (w) => curl(w, 'video', '-k') },
  { name: 'curl-own-store', connections: 1, answer: 'pinned', use: (w) => curl(w, 'api', '--cacert', w.cloud.caFile) },
  {
    name: 'curl-client-certificate',
    connections: 1,
    answer: 'untested',
    use: (w) =>
      curl(w, 'mutual', '--cacert', w.trust, '--cert', w.cloud.clientFiles.cert, '--key', w.cloud.clientFiles.key),
  },
  {
    name: 'openssl-no-sni',
    connections: 1,
    answer: 'accepted',
    use: (w) => sClient(w, 'video', w.trust, '-noservername'),
  },
  {
    name: 'openssl-tls1',
    connections: 1,
    answer: 'accepted',
    use: (w) => sClient(w, 'old', w.trust, '-servername', hostOf('old'), '-tls1', '-cipher', 'DEFAULT@SECLEVEL=0'),
  },
  {
    name: 'openssl-own-store',
    connections: 1,
    answer: 'pinned',
    use: (w) => sClient(w, 'video', w.cloud.caFile, '-servername', hostOf('video'), '-tls1_2'),
  },
  { name: 'mosquitto', connections: 1, answer: 'accepted', use: (w) => mosquitto(w, w.trust) },
  { name: 'mosquitto-own-store', connections: 1, answer: 'pinned', use: (w) => mosquitto(w, w.cloud.caFile) },
  { name: 'websocket', connections: 1, answer: 'accepted', use: (w) => node(w, SOCKET_APP, where(w, 'socket')) },
  {
    name: 'node-pins-one-of-two',
    connections: 2,
    answer: 'partly pinned',
    use: (w) => node(w, NODE_APP, where(w, 'api', w.cloud.fingerprint('api')), where(w, 'video')),
  },
];

/** Uses an app, and waits until the proxy has noted all of it: only then does it know what the next use is to meet. */
export async function useOnce(app: App, world: AppWorld, attempts: () => Promise<number>): Promise<number> {
  const before = await attempts();
  const code = await app.use(world);
  for (let tries = 0; (await attempts()) < before + app.connections; tries++) {
    if (tries === 600) throw new Error(`${app.name}: its connections were never noted`);
    await sleep(50);
  }
  return code;
}
