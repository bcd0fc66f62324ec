// The proxy for one chosen device, in networks of its own: a phone and another device on a bridge, the appliance, and the cloud behind it.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PROXY_STATE_FILE } from '../../appliance/model/files/proxy-state.ts';
import { askProxy } from '../../appliance/proxy/control.ts';
import type { Attempt } from '../../appliance/proxy/record/attempt.ts';
import { readAttempts, runFolders } from '../../appliance/proxy/record/run-record.ts';
import { APPS, useOnce } from './apps.ts';
import { type Cloud, type CloudName, hasBroker, hostOf } from './cloud.ts';
import { FRAMES, type FramePlaces, framesOf } from './frames.ts';
import { ADDRESSES, at, cloudNet, makeNetworks, other, PHONE_MAC, phone, prefix, router, tag } from './phone-net.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const CLOUD_MAIN = join(import.meta.dirname, 'cloud-main.js');
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
const skipBrowser = skip !== false ? skip : existsSync('/usr/bin/chromium') ? false : 'chromium is not installed';
const ROOT = join(import.meta.dirname, '../../..');

const folder = mkdtempSync(join(tmpdir(), 'weir-transparent-'));
const state = join(folder, 'state');
const config = join(folder, 'weir.yaml');
const reported: { verb: string; text?: string; phase?: string }[] = [];
/** Words of the unit, as they are here. */
const HERE: Readonly<Record<string, string>> = {
  '/usr/bin/node': process.execPath,
  '/usr/lib/weir-proxy/appliance/proxy/main.js': MAIN,
  '/usr/lib/weir-proxy/listen': join(ROOT, 'provisioning/proxy/listen'),
  '/etc/weir/weir.yaml': config,
  ['$'.concat('{WEIR_PROXY_DEVICE}')]: PHONE_MAC,
  ['$'.concat('{WEIR_PROXY_INTERFACE}')]: 'br0',
  ['$'.concat('{WEIR_PROXY_ADDRESS}')]: '10.9.0.1',
};
let cloud: Cloud;
let cloudProcess: ChildProcess;
let starter: ChildProcess;
let capture: Server;
let bridgeFilterBefore = '';

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

/** Answers as capture does and records the requests. */
function listeningCapture(path: string, phase = 'idle'): Server {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (line: Buffer) => {
      const request = JSON.parse(line.toString()) as { id: number; verb: string; phase?: string };
      if (request.verb !== 'status') reported.push(request);
      phase = request.phase ?? phase;
      socket.end(`${JSON.stringify({ id: request.id, ok: true, data: { phase, interaction: 'none' } })}\n`);
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

/** An order of the tester, where the rules are. */
const order = (...words: readonly string[]): string =>
  at(router, process.execPath, MAIN, 'proxy', ...words, '--dir', state);

/** Headless, in the phone's network, with the proxy's authority trusted by its key. */
function browse(...words: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  const { publicKey } = new X509Certificate(readFileSync(join(state, 'ca/weir-proxy-ca.pem')));
  const key = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  const { address } = cloud.places.video;
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--enable-quic',
    `--user-data-dir=${join(folder, 'browser')}`,
    `--host-resolver-rules=MAP ${hostOf('video')} ${address}`,
    `--ignore-certificate-errors-spki-list=${key}`,
    ...words,
    '--dump-dom',
    `https://${hostOf('video')}/page`,
  ];
  return spawnSync('ip', [...prefix(phone).slice(1), 'chromium', ...options], { encoding: 'utf8', timeout: 120_000 });
}

let withProxy: readonly string[] = [];
const OTHER_NETS = (): FramePlaces => ({
  near: other,
  far: cloudNet,
  nearAddress: '10.9.0.12',
  farAddress: cloud.places.video.address,
});

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

test('other devices: what they send while the proxy runs is kept for the comparison below', { skip }, async () => {
  withProxy = await framesOf(OTHER_NETS());
  assert.equal(withProxy.length, 2 * FRAMES);
});

test('QUIC of the phone is refused and counted, that of others passes', { skip }, async () => {
  order('app', 'datagrams');
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
  // Naming the next app writes down what the former one tried.
  assert.match(order('app', 'browser'), /app: browser/);
  assert.match(order('round', 'after'), /round: after/);
  assert.match(order('retest'), /app: browser; round: after/);
  assert.match(order('results'), new RegExp(`${video} +untested .*QUIC alone: \\d+ datagrams refused`));
});

test('a browser that learns of HTTP/3 falls back to TCP, and both are reported', { skip: skipBrowser }, () => {
  const { status, stdout } = browse('--origin-to-force-quic-on=nobody.example:443');
  assert.equal(status, 0);
  assert.match(stdout, /<p>read/);
  order('app', 'forced');
  assert.doesNotMatch(browse(`--origin-to-force-quic-on=${hostOf('video')}:443`).stdout, /<p>read/);
  order('app', 'next');
  const { hosts } = JSON.parse(order('results', '--format', 'json')) as {
    hosts: { app: string; host: string; answer: string; quic_refused: number }[];
  };
  const of = (name: string) =>
    hosts.filter(({ app: of, host }) => of === name && [hostOf('video'), cloud.places.video.address].includes(host));
  assert.deepEqual(
    of('browser').map(({ host, answer, quic_refused }) => [host, answer, quic_refused > 0]),
    [[hostOf('video'), 'accepted', true]],
  );
  assert.deepEqual(
    of('forced').map(({ host, answer, quic_refused }) => [host, answer, quic_refused > 0]),
    [[cloud.places.video.address, 'untested', true]],
  );
});

test('from the management side and from other devices nothing of it answers', { skip }, () => {
  const curl = (net: string, address: string) =>
    spawnSync('ip', ['netns', 'exec', net, 'curl', '-sS', '--max-time', '5', `http://${address}:8899/`]).status;
  assert.deepEqual([curl(cloudNet, '203.0.113.1'), curl(other, '10.9.0.1'), curl(cloudNet, '10.9.0.1')], [7, 7, 7]);
});

test('killed, it leaves no rule and no listener, the phone speaks with the cloud itself, and the ledger records both', {
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
  assert.match(
    lines[1] ?? '',
    /^app proxy stopped for .* cut off, decrypted\.pcap [0-9a-f]{64}; QUIC refused: \d+ datagrams to 1 addresses$/,
  );
});

test('killed as a unit, the program of its ExecStopPost leaves no rule and no listener', { skip }, async (t) => {
  const unit = readFileSync(join(ROOT, 'provisioning/proxy/weir-proxy.service'), 'utf8');
  const commandsOf = (key: string): readonly (readonly string[])[] =>
    [...unit.matchAll(new RegExp(`^${key}=[+-]*(.*)$`, 'gm'))].map(([, line = '']) => {
      const words = line.split(' ').map((word) => HERE[word] ?? word);
      return [...prefix(router), ...words, ...(line.includes('proxy/main.js') ? ['--dir', state] : [])];
    });
  const run = ([program = '', ...words]: readonly string[] = []) => execFileSync(program, words, { stdio: 'ignore' });
  for (const command of commandsOf('ExecStartPre')) run(command);
  const [program = '', ...words] = commandsOf('ExecStart')[0] ?? [];
  const proxy = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await firstLine(proxy);
  assert.ok(at(router, 'nft', 'list', 'tables').includes('weir_proxy'));
  const gone = once(proxy, 'exit');
  proxy.kill('SIGKILL');
  await gone;
  const began = performance.now();
  const [first, ...others] = commandsOf('ExecStopPost');
  run(first);
  t.diagnostic(`no rule ${((performance.now() - began) / 1000).toFixed(2)} s after the kill`);
  // What is still there when the ledger has its line counts, and decides nothing.
  assert.doesNotMatch(at(router, 'nft', 'list', 'table', 'inet', 'weir_proxy'), /tproxy|reject/);
  assert.equal(at(router, 'ss', '-Hltn').trim(), '');
  for (const command of others) run(command);
  assert.ok(!at(router, 'nft', 'list', 'tables').includes('weir_proxy'));
  assert.ok(!at(router, 'ip', 'rule').includes('0x40000000'));
  assert.equal(at(router, 'ss', '-Hltn').trim(), '');
});

test('after a power cut the ledger gets the end of the run, once, and the phase of before', { skip }, async () => {
  // Not as `order`: this process answers in capture's place meanwhile.
  const fence = async (way: string) => {
    const words = ['--device', PHONE_MAC, '--interface', 'br0', '--address', '10.9.0.1', '--config', config];
    const [ip = '', ...rest] = prefix(router);
    await promisify(execFile)(ip, [...rest, process.execPath, MAIN, 'proxy', 'fence', way, ...words, '--dir', state]);
  };
  // Those that ran before this one held it up, so that it heard of no end.
  await new Promise((resolve) => capture.close(resolve));
  capture = listeningCapture(join(folder, 'data/run/capture.sock'));
  await fence('up');
  const owed = join(state, 'weir-proxy-owed-line.json');
  // What a cut leaves: of rules and /run nothing, on the card the line that is owed, and the kernel has another id.
  rmSync(PROXY_STATE_FILE);
  at(router, 'nft', 'delete', 'table', 'inet', 'weir_proxy');
  writeFileSync(owed, JSON.stringify({ ...JSON.parse(readFileSync(owed, 'utf8')), boot_id: 'another' }));
  const since = reported.length;
  await new Promise((resolve) => capture.close(resolve));
  await fence('down');
  assert.ok(existsSync(owed), 'nobody heard it, so it is owed still');
  capture = listeningCapture(join(folder, 'data/run/capture.sock'), 'proxy');
  await fence('down');
  await fence('down');
  assert.deepEqual(
    reported.slice(since).map(({ verb, phase }) => phase ?? verb),
    ['annotate', 'idle'],
  );
  assert.match(
    reported[since]?.text ?? '',
    new RegExp(
      `^app proxy for ${PHONE_MAC} ended by a power cut or a restart of the machine; last known 2.*Z; it recorded nothing$`,
    ),
  );
  assert.ok(!existsSync(owed));
});

test('what another device sends and receives is the same to the frame, with the proxy and without', {
  skip,
}, async () => {
  const without = await framesOf(OTHER_NETS());
  assert.equal(withProxy.length, without.length);
  assert.deepEqual(withProxy, without);
});
