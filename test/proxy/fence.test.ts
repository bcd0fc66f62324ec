// The proxy for one chosen device, in networks of its own: a phone and another device on a bridge, the appliance, and the cloud behind it.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { askProxy } from '../../appliance/proxy/control.ts';
import type { Attempt } from '../../appliance/proxy/record/attempt.ts';
import { readAttempts, runFolders } from '../../appliance/proxy/record/run-record.ts';
import { APPS, useOnce } from './apps.ts';
import { type Cloud, type CloudName, hasBroker } from './cloud.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const CLOUD_MAIN = join(import.meta.dirname, 'cloud-main.js');
const PHONE_MAC = '02:00:00:00:07:01';
const ADDRESSES = [10, 11, 12, 13, 14, 15].map((last) => `203.0.113.${last}`);
const tag = `wp${process.pid}`;
const [phone, other, router, cloudNet] = ['p', 'o', 'r', 'c'].map((name) => `${tag}${name}`) as [
  string,
  string,
  string,
  string,
];

function refusal(): string | false {
  if (process.getuid?.() !== 0) return 'needs root for networks of its own';
  const missing = ['nft', 'ip', 'perl', 'curl', 'openssl', 'mosquitto_pub'].filter(
    (name) => spawnSync(name, ['--version']).error !== undefined,
  );
  if (missing.length > 0 || !hasBroker()) return `not installed: ${missing.join(', ') || 'mosquitto'}`;
  if (spawnSync('ip', ['netns', 'add', tag], { stdio: 'ignore' }).status !== 0)
    return 'this machine lets nobody make networks';
  const rules =
    'table ip t { chain c { type filter hook prerouting priority mangle; meta l4proto tcp tproxy to 127.0.0.1:1; }; }';
  const { status } = spawnSync('ip', ['netns', 'exec', tag, 'nft', rules], { stdio: 'ignore' });
  spawnSync('ip', ['netns', 'del', tag]);
  return status === 0 ? false : 'the kernel has no nft_tproxy';
}
const skip = refusal();

const folder = mkdtempSync(join(tmpdir(), 'weir-transparent-'));
const state = join(folder, 'state');
const config = join(folder, 'weir.yaml');
const reported: { verb: string; text?: string; phase?: string }[] = [];
let cloud: Cloud;
let cloudProcess: ChildProcess;
let starter: ChildProcess;
let capture: Server;
let bridgeFilterBefore = '';

const at = (net: string, ...words: readonly string[]): string =>
  execFileSync('ip', ['netns', 'exec', net, ...words], { encoding: 'utf8' });
const prefix = (net: string): readonly string[] => ['ip', 'netns', 'exec', net];

before(async () => {
  if (skip !== false) return;
  makeNetworks();
  bridgeFilterBefore = bridgeFilter();
  mkdirSync(join(folder, 'data/run'), { recursive: true });
  writeFileSync(config, 'data:\n  dir: data\n');
  capture = listeningCapture(join(folder, 'data/run/capture.sock'));
  cloudProcess = spawn('ip', ['netns', 'exec', cloudNet, process.execPath, CLOUD_MAIN, folder, ...ADDRESSES], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const where = JSON.parse(await firstLine(cloudProcess)) as Pick<Cloud, 'caFile' | 'places' | 'clientFiles'> & {
    pins: Record<CloudName, string>;
    fingerprints: Record<CloudName, string>;
  };
  cloud = {
    ...where,
    pin: (name) => where.pins[name],
    fingerprint: (name) => where.fingerprints[name],
    stop: async () => {},
  };
  const words = [
    '--device',
    PHONE_MAC,
    '--interface',
    'br0',
    '--address',
    '10.9.0.1',
    '--dir',
    state,
    '--config',
    config,
  ];
  starter = spawn(
    'ip',
    [
      ...prefix(router).slice(1),
      process.execPath,
      MAIN,
      'proxy',
      'start',
      '--foreground',
      ...words,
      '--server-ca',
      cloud.caFile,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await firstLine(starter);
  await askProxy(state, { verb: 'round', round: 'after' });
});

after(() => {
  for (const child of [starter, cloudProcess]) if (child?.exitCode === null) child.kill('SIGTERM');
  capture?.close();
  for (const net of [phone, other, router, cloudNet]) {
    const pids = spawnSync('ip', ['netns', 'pids', net], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((pid) => pid !== '');
    for (const pid of pids) spawnSync('kill', ['-9', pid]);
    spawnSync('ip', ['netns', 'del', net]);
  }
  rmSync(folder, { recursive: true, force: true });
});

function makeNetworks(): void {
  for (const net of [phone, other, router, cloudNet]) {
    execFileSync('ip', ['netns', 'add', net]);
    at(net, 'ip', 'link', 'set', 'lo', 'up');
  }
  at(router, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
  at(router, 'ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'br0');
  at(router, 'ip', 'link', 'set', 'br0', 'up');
  for (const [net, last] of [
    [phone, 1],
    [other, 2],
  ] as const) {
    execFileSync('ip', [
      'link',
      'add',
      'eth0',
      'netns',
      net,
      'type',
      'veth',
      'peer',
      'name',
      `dev${last}`,
      'netns',
      router,
    ]);
    at(router, 'ip', 'link', 'set', `dev${last}`, 'master', 'br0', 'up');
    at(net, 'ip', 'link', 'set', 'eth0', 'address', `02:00:00:00:07:0${last}`, 'up');
    at(net, 'ip', 'addr', 'add', `10.9.0.1${last}/24`, 'dev', 'eth0');
    at(net, 'ip', 'route', 'add', 'default', 'via', '10.9.0.1');
  }
  execFileSync('ip', [
    'link',
    'add',
    'up0',
    'netns',
    router,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    cloudNet,
  ]);
  at(router, 'ip', 'addr', 'add', '203.0.113.1/24', 'dev', 'up0');
  at(router, 'ip', 'link', 'set', 'up0', 'up');
  at(router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  for (const address of ADDRESSES) at(cloudNet, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  at(cloudNet, 'ip', 'link', 'set', 'eth0', 'up');
  at(cloudNet, 'ip', 'route', 'add', 'default', 'via', '203.0.113.1');
}

/** Answers as capture does and records the requests. */
function listeningCapture(path: string): Server {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (line: Buffer) => {
      const request = JSON.parse(line.toString()) as { id: number; verb: string };
      if (request.verb !== 'status') reported.push(request);
      socket.end(`${JSON.stringify({ id: request.id, ok: true, data: { phase: 'idle', interaction: 'none' } })}\n`);
    });
  });
  server.listen(path);
  return server;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (piece: Buffer) => {
      text += piece.toString();
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${text}`)));
  });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (holds()) return;
    await sleep(100);
  }
  throw new Error(`it never came to be that ${what}`);
}

/** Where the kernel has it: Docker's setting, which the proxy cannot work with. */
function bridgeFilter(): string {
  return spawnSync('ip', [...prefix(router).slice(1), 'cat', '/proc/sys/net/bridge/bridge-nf-call-iptables'], {
    encoding: 'utf8',
  }).stdout;
}

const rows = (): readonly Attempt[] => runFolders(state).flatMap(readAttempts);
const app = (name: string) => APPS.find((one) => one.name === name)!;
/** As its app, from the phone or another device, with what it trusts. */
function use(name: string, net: string, trust: string): Promise<number> {
  return app(name).use({ cloud, trust, at: (host) => cloud.places[host], prefix: prefix(net) });
}
function trustOfPhone(): string {
  const file = join(folder, 'phone.pem');
  writeFileSync(file, readFileSync(cloud.caFile, 'utf8') + readFileSync(join(state, 'ca/weir-proxy-ca.pem'), 'utf8'));
  return file;
}

test('connections of the phone are looked into without its knowing, also those without a name', { skip }, async () => {
  const trust = trustOfPhone();
  const attempts = async () => rows().length;
  const usePhone = async (name: string) => {
    await askProxy(state, { verb: 'app', app: name });
    return useOnce(app(name), { cloud, trust, at: (host) => cloud.places[host], prefix: prefix(phone) }, attempts);
  };
  for (const name of ['curl', 'openssl-no-sni', 'mosquitto']) assert.equal(await usePhone(name), 0, name);
  const pinned = [await usePhone('curl-pinned'), await usePhone('curl-pinned'), await usePhone('curl-pinned')];
  assert.deepEqual(
    pinned.map((code) => code === 0),
    [false, false, true],
  );
  const seen = rows().map(
    ({ device, host, address, port, outcome }) => `${device} ${host} ${address}:${port} ${outcome}`,
  );
  const [broker, video] = [cloud.places.broker.address, cloud.places.video.address];
  assert.deepEqual(seen.slice(0, 3), [
    `${PHONE_MAC} video.cloud.example ${video}:443 accepted`,
    `${PHONE_MAC} ${video} ${video}:443 accepted`,
    `${PHONE_MAC} ${broker} ${broker}:8883 accepted`,
  ]);
  assert.deepEqual(
    rows()
      .slice(3)
      .map(({ outcome }) => outcome),
    ['closed', 'closed', 'passed'],
  );
});

test('another device speaks with the cloud itself, and nothing of it is seen', { skip }, async () => {
  const before = rows().length;
  assert.equal(await use('curl-own-store', other, ''), 0);
  assert.equal(await use('mosquitto-own-store', other, ''), 0);
  assert.equal(rows().length, before);
});

/** Exit code 0 where a datagram to the cloud is not refused. */
const DATAGRAM = `
const socket = require('node:dgram').createSocket('udp4');
socket.on('error', () => process.exit(1));
socket.connect(443, process.argv[1], () => {
  socket.send('quic');
  socket.on('message', () => process.exit(0));
  setInterval(() => socket.send('quic'), 50);
});
`;

test('the phone finds the authority at the address of the appliance, nobody else finds a page', { skip }, () => {
  const curl = (net: string, path: string) =>
    spawnSync('ip', ['netns', 'exec', net, 'curl', '-sS', '--max-time', '20', `http://10.9.0.1${path}`], {
      encoding: 'buffer',
    });
  const { fingerprint256, raw } = new X509Certificate(readFileSync(join(state, 'ca/weir-proxy-ca.pem')));
  assert.ok(curl(phone, '/').stdout.includes(fingerprint256));
  assert.deepEqual(curl(phone, '/weir-proxy-ca.crt').stdout, raw);
  assert.equal(curl(other, '/').status, 7);
});

test('QUIC of the phone is refused and counted, that of others passes', { skip }, async () => {
  const video = cloud.places.video.address;
  const echo = spawn(
    'ip',
    [
      'netns',
      'exec',
      cloudNet,
      process.execPath,
      '-e',
      `const s = require('node:dgram').createSocket('udp4'); s.on('message', (m, r) => s.send(m, r.port, r.address)); s.bind(443, '${video}', () => console.log('up'));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await firstLine(echo);
  const datagram = (net: string) =>
    spawnSync('ip', ['netns', 'exec', net, process.execPath, '-e', DATAGRAM, '--', video]).status;
  assert.deepEqual([datagram(phone), datagram(other)], [1, 0]);
  echo.kill();
  assert.match(at(router, 'nft', 'list', 'counter', 'inet', 'weir_proxy', 'quic'), /packets [1-9]/);
});

test('from the management side and from other devices nothing of it answers', { skip }, () => {
  const curl = (net: string, address: string) =>
    spawnSync('ip', ['netns', 'exec', net, 'curl', '-sS', '--max-time', '5', `http://${address}:8899/`]).status;
  assert.deepEqual([curl(cloudNet, '203.0.113.1'), curl(other, '10.9.0.1'), curl(cloudNet, '10.9.0.1')], [7, 7, 7]);
});

test('killed, it leaves no rule and no listener, the phone speaks with the cloud itself, and the ledger tells both', {
  skip,
}, async () => {
  const { pid } = await askProxy(state, { verb: 'status' });
  process.kill(pid, 'SIGKILL');
  await until('the starter ends', () => starter.exitCode !== null);
  assert.ok(!at(router, 'nft', 'list', 'tables').includes('weir_proxy'));
  assert.equal(bridgeFilter(), bridgeFilterBefore);
  assert.ok(!at(router, 'ip', 'rule').includes('0x40000000'));
  assert.equal(at(router, 'ss', '-Hltn').trim(), '');
  assert.equal(await use('curl-own-store', phone, ''), 0);
  assert.deepEqual(
    reported.filter(({ verb }) => verb === 'phase').map(({ phase }) => phase),
    ['proxy', 'idle'],
  );
  const lines = reported.filter(({ verb }) => verb === 'annotate').map(({ text }) => text ?? '');
  assert.match(lines[0] ?? '', new RegExp(`^app proxy started for ${PHONE_MAC}`));
  assert.match(lines[1] ?? '', /^app proxy stopped for .* cut off, decrypted\.pcap [0-9a-f]{64}$/);
});
