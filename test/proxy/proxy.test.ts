// The app proxy with thirteen real clients, two rounds each, on loopback: apps reach it through a tunnel, as a phone's proxy setting
// would lead them.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  return printed(MAIN, 'proxy', ...words, '--dir', state);
}

function weir(...words: readonly string[]): string {
  return printed(join(MAIN, '../../cli/main.js'), ...words);
}

function printed(program: string, ...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 27,
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
  const stdout = weir('analyze', file, '--format', 'json');
  const { findings, http } = JSON.parse(stdout) as {
    findings: { rule: string }[];
    http: { hosts: Record<string, number> };
  };
  assert.ok(findings.some(({ rule }) => rule === 'CRED-04'));
  assert.ok((http.hosts[hostOf('video')] ?? 0) > 0);
  assert.ok((http.hosts[hostOf('api')] ?? 0) > 0, 'HTTP/2 too');
});

test('the secret of the apps is in the content, which is evidence, and in nothing else that it leaves or prints', {
  skip,
}, () => {
  const [run = ''] = runFolders(state);
  const content = join(run, 'decrypted.pcap');
  assert.ok(readFileSync(content).includes(PLANTED));
  const har = join(folder, 'masked.har');
  const verbs = [
    ...['table', 'json', 'csv'].map((format) => weirProxy('results', '--format', format)),
    weirProxy('status'),
    weirProxy('har', '--out', har),
    ...['table', 'json', 'csv'].map((format) => weir('analyze', content, '--format', format)),
    weir('analyze', content, '--format', 'csv', '--table', 'findings'),
    weir('rules', 'explain', content, '--all', '--json'),
  ];
  const files = readdirSync(run).filter((name) => name !== 'decrypted.pcap');
  for (const text of [
    ...verbs,
    readFileSync(har, 'utf8'),
    ...files.map((name) => readFileSync(join(run, name), 'utf8')),
  ])
    assert.ok(!text.includes(PLANTED), text.slice(0, 200));
});

test('rules name the platform of an app by what its cloud answers inside TLS', { skip }, () => {
  const [run = ''] = runFolders(state);
  const rows = JSON.parse(weir('rules', 'explain', join(run, 'decrypted.pcap'), '--json')) as {
    platform: string;
    answer: string;
    rule: string;
  }[];
  // Both ends are this machine, so that the far end has no name; har.test.ts has one.
  assert.deepEqual(
    rows.filter(({ answer }) => answer === 'belongs').map(({ platform, rule }) => `${platform} ${rule}`),
    ['MiJia mijia-app-answer'],
  );
});

test('the HAR of the run has each accepted exchange under the name of its app', { skip }, () => {
  const out = join(folder, 'content.har');
  assert.match(weirProxy('har', '--content', '--out', out), /treat it as evidence/);
  const { entries } = (
    JSON.parse(readFileSync(out, 'utf8')) as {
      log: {
        entries: { _app: string; _round: string; request: { httpVersion: string }; response: { status: number } }[];
      };
    }
  ).log;
  const apps = new Set(entries.filter(({ response }) => response.status === 200).map(({ _app }) => _app));
  for (const name of ['curl', 'curl-http2', 'curl-careless', 'openssl-no-sni', 'openssl-tls1', 'node-pins-one-of-two'])
    assert.ok(apps.has(name), name);
  assert.ok(!apps.has('curl-pinned') && !apps.has('mosquitto'));
  assert.deepEqual(
    entries.filter(({ _app }) => _app === 'curl-http2').map(({ request }) => request.httpVersion),
    ['HTTP/2.0', 'HTTP/2.0', 'HTTP/2.0'],
  );
  assert.ok(entries.some(({ _app, response }) => _app === 'websocket' && response.status === 101));
});

test('key and record are readable by their owner alone', { skip }, () => {
  const [run = ''] = runFolders(state);
  const modes = [join(state, 'ca/weir-proxy-ca.key'), run, join(run, 'decrypted.pcap')].map(
    (path) => statSync(path).mode & 0o777,
  );
  assert.deepEqual(modes, [0o600, 0o700, 0o600]);
});
