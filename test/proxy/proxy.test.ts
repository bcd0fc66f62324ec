// The app proxy with thirteen real clients, two rounds each, on loopback: apps reach it through a tunnel, as a phone's proxy setting
// would lead them.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { askProxy } from '../../appliance/proxy/control.ts';
import { runFolders } from '../../appliance/proxy/record/run-record.ts';
import { APPS, useOnce } from './apps.ts';
import { CLOUD, type Cloud, type CloudName, hasBroker, hostOf, PLANTED, type Place, startCloud } from './cloud.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const missing = ['curl', 'openssl', 'mosquitto_pub'].filter(
  (name) => spawnSync(name, ['--version']).error !== undefined,
);
const skip = missing.length > 0 || !hasBroker() ? `not installed: ${missing.join(', ') || 'mosquitto'}` : false;
/** Silent refusals need two before the third is let through. */
const USES = 3;

const folder = mkdtempSync(join(tmpdir(), 'weir-proxy-'));
const state = join(folder, 'state');
let cloud: Cloud;
let proxy: ChildProcess;
const tunnels: Server[] = [];
const places = new Map<CloudName, Place>();
/** Exit code of each app's last use, by round. */
const last = new Map<string, number>();

before(async () => {
  if (skip !== false) return;
  cloud = await startCloud(folder, () => ({ address: '127.0.0.1', port: 0 }));
  proxy = spawn(
    process.execPath,
    [MAIN, 'proxy', 'run', '--listen', '127.0.0.1:0', '--dir', state, '--server-ca', cloud.caFile, '--allow-private'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve, reject) => {
    proxy.stdout?.once('data', () => resolve());
    proxy.once('exit', () => reject(new Error('the proxy ended')));
  });
  const { port } = await askProxy(state, { verb: 'status' });
  for (const name of CLOUD) places.set(name, await tunnel(port, cloud.places[name]));
  const both = join(folder, 'both.pem');
  writeFileSync(both, readFileSync(cloud.caFile, 'utf8') + readFileSync(join(state, 'ca/weir-proxy-ca.pem'), 'utf8'));
  for (const round of ['before', 'after'] as const) {
    await askProxy(state, { verb: 'round', round });
    for (const app of APPS) {
      await askProxy(state, { verb: 'app', app: app.name });
      const world = {
        cloud,
        trust: round === 'after' ? both : cloud.caFile,
        at: (name: CloudName) => places.get(name)!,
        prefix: [],
      };
      for (let use = 0; use < USES; use++) last.set(`${app.name} ${round}`, await useOnce(app, world, attempts));
    }
  }
});

after(async () => {
  for (const server of tunnels) server.close();
  if (proxy?.exitCode === null) proxy.kill('SIGKILL');
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A port of its own whose connections ask the proxy for `to`. */
function tunnel(port: number, to: Place): Promise<Place> {
  const server = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    onward.write(`CONNECT ${to.address}:${to.port} HTTP/1.1\r\nHost: ${to.address}:${to.port}\r\n\r\n`);
    onward.once('data', (bytes: Buffer) => {
      const end = bytes.indexOf('\r\n\r\n') + 4;
      if (bytes.length > end) socket.write(bytes.subarray(end));
      socket.pipe(onward).pipe(socket);
    });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  tunnels.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      resolve({ address: '127.0.0.1', port: typeof bound === 'object' && bound !== null ? bound.port : 0 });
    });
  });
}

const attempts = async (): Promise<number> => (await askProxy(state, { verb: 'status' })).attempts;

interface Results {
  readonly apps: readonly { app: string; answer: string; passed: number; old_tls: boolean }[];
  readonly hosts: readonly {
    app: string;
    host: string;
    answer: string;
    checks_certificate: boolean | null;
    has_sni: boolean;
    tls: readonly string[];
    alpn: readonly string[];
  }[];
}

function weirProxy(...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, 'proxy', ...words, '--dir', state], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const results = (): Results => JSON.parse(weirProxy('results', '--format', 'json')) as Results;

test('each of thirteen apps gets its answer, and seven accept the proxy', { skip }, () => {
  const { apps } = results();
  const reported = Object.fromEntries(apps.map(({ app, answer }) => [app, answer]));
  assert.deepEqual(reported, Object.fromEntries(APPS.map(({ name, answer }) => [name, answer])));
  assert.equal(apps.filter(({ answer }) => answer === 'accepted').length, 7);
});

test('apps that refuse are let through and keep working', { skip }, () => {
  assert.deepEqual(
    APPS.filter(({ name }) => last.get(`${name} after`) !== 0).map(({ name }) => name),
    [],
  );
  const refusing = APPS.filter(({ answer }) => answer !== 'accepted').map(({ name }) => name);
  const letThrough = new Set(
    results()
      .apps.filter(({ passed }) => passed > 0)
      .map(({ app }) => app),
  );
  assert.deepEqual(
    refusing.filter((name) => !letThrough.has(name)),
    [],
  );
});

test('the table says who checks no certificate, who sends no name, and who speaks old TLS', { skip }, () => {
  const { apps, hosts } = results();
  const of = (name: string) => hosts.filter(({ app }) => app === name);
  assert.deepEqual(
    of('curl-careless').map((row) => row.checks_certificate),
    [false],
  );
  assert.deepEqual(
    of('curl').map((row) => row.checks_certificate),
    [true],
  );
  assert.deepEqual(
    of('openssl-no-sni').map((row) => row.has_sni),
    [false],
  );
  assert.deepEqual(
    of('curl-http2').map((row) => row.alpn),
    [['h2']],
  );
  assert.deepEqual(
    of('openssl-tls1').map((row) => row.tls),
    [['TLSv1']],
  );
  assert.deepEqual(
    apps.filter(({ old_tls }) => old_tls).map(({ app }) => app),
    ['openssl-tls1'],
  );
  assert.deepEqual(
    of('node-pins-one-of-two').map(({ host, answer }) => `${host} ${answer}`),
    ['api.cloud.example pinned', 'video.cloud.example accepted'],
  );
});

test('what accepted apps say is analysed like any capture, and findings are masked', { skip }, () => {
  const [run = ''] = runFolders(state);
  const file = join(run, 'decrypted.pcap');
  const words = [join(MAIN, '../../cli/main.js'), 'analyze', file, '--format', 'json'];
  const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 27 });
  const { findings, http } = JSON.parse(stdout) as {
    findings: { rule: string }[];
    http: { hosts: Record<string, number> };
  };
  assert.ok(findings.some(({ rule }) => rule === 'CRED-04'));
  assert.ok((http.hosts[hostOf('video')] ?? 0) > 0);
  assert.ok((http.hosts[hostOf('api')] ?? 0) > 0, 'HTTP/2 too');
  // The secret is in the content, which is evidence, and nowhere else.
  assert.ok(readFileSync(file).includes(PLANTED));
  for (const text of [stdout, weirProxy('results'), readFileSync(join(run, 'connections.ndjson'), 'utf8')])
    assert.ok(!text.includes(PLANTED));
});

test('key and record are readable by their owner alone', { skip }, () => {
  const [run = ''] = runFolders(state);
  const modes = [join(state, 'ca/weir-proxy-ca.key'), run, join(run, 'decrypted.pcap')].map(
    (path) => statSync(path).mode & 0o777,
  );
  assert.deepEqual(modes, [0o600, 0o700, 0o600]);
});
