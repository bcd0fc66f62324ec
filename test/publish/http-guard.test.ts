import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { WeirError } from '../../appliance/model/errors.ts';
import { DataFolder } from '../store/data-folder.ts';
import { askAt, socketOf, startTestAppliance, type TestAppliance } from './running.ts';

/** For tests that change nothing: one appliance for all of them. */
let shared: Promise<TestAppliance & { readonly cookie: string }> | undefined;
const endings: (() => unknown)[] = [];
after(async () => {
  for (const end of endings.reverse()) await end();
});

function sharedAppliance() {
  const context = { after: (end: () => unknown) => endings.push(end) } as unknown as TestContext;
  shared ??= startTestAppliance(context).then(async (appliance) => ({ ...appliance, cookie: await appliance.logIn() }));
  return shared;
}

const DATA_ROUTES = [
  '/api/v1/status',
  '/api/v1/session',
  '/api/v1/devices',
  '/api/v1/devices/b827eb000001',
  '/api/v1/devices/b827eb000001/hours',
  '/api/v1/devices/b827eb000001/names',
  '/api/v1/summary',
  '/api/v1/traffic',
  '/api/v1/segments',
  '/api/v1/segments/1/pcap',
  '/api/v1/ledger',
  '/api/v1/tags',
  '/api/v1/tokens',
  '/api/v1/findings',
  '/api/v1/health',
  '/api/v1/openapi.json',
  '/api/v1/nothing',
  '/events',
  '/metrics',
];
const WRITE_ROUTES = [
  '/api/v1/phase',
  '/api/v1/tags/start',
  '/api/v1/tags/stop',
  '/api/v1/tags/cancel',
  '/api/v1/rotate',
  '/api/v1/tokens',
  '/api/v1/logout',
];

test('nothing but liveness and log-in answers without a password', async (t) => {
  const { ask } = await startTestAppliance(t);
  const statuses = await Promise.all(DATA_ROUTES.map(async (route) => (await ask(route)).status));
  assert.deepEqual(
    statuses,
    DATA_ROUTES.map(() => 401),
  );
  const writes = await Promise.all(
    WRITE_ROUTES.map(async (route) => (await ask(route, { method: 'POST', body: {} })).status),
  );
  assert.deepEqual(
    writes,
    WRITE_ROUTES.map(() => 401),
  );
  assert.deepEqual([(await ask('/healthz')).status, (await ask('/healthz')).text], [200, 'ok\n']);
});

for (const [what, path] of [
  ['an encoded slash', '/api%2fv1%2fstatus'],
  ['a doubled slash', '//api/v1/status'],
  ['capitals', '/API/v1/status'],
  ['a step up', '/x/../api/v1/status'],
  ['an encoded letter', '/%61pi/v1/status'],
  ['a semicolon', '/api/v1/status;x'],
  ['a step up to files', '/..%2f..%2f..%2fpackage.json'],
  ['a dotted path to files', '/%2e%2e/%2e%2e/package.json'],
] as const) {
  test(`${what} in the path opens nothing`, async () => {
    const { ask } = await sharedAppliance();
    const answer = await ask(path);
    assert.ok(answer.status >= 400, `${answer.status}`);
    assert.ok(!answer.text.includes('weir-test') && !answer.text.includes('dependencies'), answer.text);
  });
}

test('the password opens everything, and logging out closes it again', async (t) => {
  const { ask, logIn } = await startTestAppliance(t);
  const cookie = await logIn();
  assert.equal((await ask('/api/v1/status', { headers: { cookie } })).status, 200);
  await ask('/api/v1/logout', { method: 'POST', headers: { cookie } });
  assert.equal((await ask('/api/v1/status', { headers: { cookie } })).status, 401);
});

test('the session cookie is out of reach of scripts and of other sites', async (t) => {
  const { ask, password } = await startTestAppliance(t);
  const answer = await ask('/api/v1/login', { method: 'POST', body: { password } });
  assert.match(
    String(answer.headers['set-cookie']?.[0]),
    /^weir_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
});

test('the password has at least a hundred bits, is made once, and only its hash is kept', async (t) => {
  const folder = DataFolder.make(t);
  const first = await startTestAppliance(t, undefined, folder);
  assert.match(first.password, /^([2-9a-km-np-z]{5}-){4}[2-9a-km-np-z]{5}$/);
  await first.running.stop();
  const path = join(folder.dir, 'access', 'access.json');
  const { readFileSync } = await import('node:fs');
  assert.ok(!readFileSync(path, 'utf8').includes(first.password.replaceAll('-', '')));
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('five wrong passwords make the sixth wait, the right one as well', async (t) => {
  const { ask, password } = await startTestAppliance(t);
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++)
    statuses.push((await ask('/api/v1/login', { method: 'POST', body: { password: `guess ${i}` } })).status);
  const sixth = await ask('/api/v1/login', { method: 'POST', body: { password } });
  assert.deepEqual([...statuses, sixth.status], [401, 401, 401, 401, 401, 429]);
  assert.ok(Number(sixth.headers['retry-after']) > 0);
});

for (const host of [
  'evil.example',
  'localhost.evil.example',
  '10.99.99.99',
  'a'.repeat(300),
  '127.0.0.1:80:80',
  '[::1',
  'localhost@evil.example',
]) {
  test(`the Host "${host.slice(0, 30)}" is misdirected on every route`, async () => {
    const { ask, cookie } = await sharedAppliance();
    const routes = ['/', '/healthz', '/api/v1/status', '/api/v1/login', '/metrics'];
    const statuses = await Promise.all(
      routes.map(async (route) => (await ask(route, { headers: { host, cookie } })).status),
    );
    assert.ok(
      statuses.every((status) => status === 421 || status === 400),
      statuses.join(' '),
    );
  });
}

test('names of http.allowed_hosts are ours', async (t) => {
  const { ask } = await startTestAppliance(t, (config) => ({
    ...config,
    http: { ...config.http, allowed_hosts: ['Weir.lab'] },
  }));
  assert.equal((await ask('/healthz', { headers: { host: 'weir.lab:8080' } })).status, 200);
});

test('a write from another site is refused although it carries the cookie', async (t) => {
  const { ask, logIn, capture, url } = await startTestAppliance(t);
  const cookie = await logIn();
  const body = { phase: 'intensive' };
  const host = new URL(url).host;
  const from = (headers: Record<string, string>) =>
    ask('/api/v1/phase', { method: 'POST', body, headers: { cookie, ...headers } });
  const refused = [
    await from({ origin: 'http://evil.example' }),
    await from({ origin: 'null' }),
    await from({ origin: `http://${host}.evil.example` }),
    await from({ 'sec-fetch-site': 'cross-site' }),
    await from({ 'sec-fetch-site': 'same-site' }),
  ];
  assert.deepEqual(
    refused.map((answer) => answer.status),
    [403, 403, 403, 403, 403],
  );
  assert.deepEqual(capture.asked, []);
  assert.equal((await from({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).status, 200);
});

for (const type of [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  '',
]) {
  test(`a body of type "${type}" is not taken`, async () => {
    const { ask, cookie, capture } = await sharedAppliance();
    const answer = await ask('/api/v1/phase', {
      method: 'POST',
      headers: { cookie },
      raw: { type, text: '{"phase":"intensive"}' },
    });
    assert.equal(answer.status, 415);
    assert.deepEqual(capture.asked, []);
  });
}

test('every answer carries the headers that keep a browser in its place', async (t) => {
  const { ask, logIn } = await startTestAppliance(t);
  const cookie = await logIn();
  for (const answer of [await ask('/'), await ask('/api/v1/status', { headers: { cookie } }), await ask('/nothing')]) {
    assert.match(String(answer.headers['content-security-policy']), /default-src 'self'/);
    assert.doesNotMatch(String(answer.headers['content-security-policy']), /unsafe/);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  }
  assert.equal((await ask('/api/v1/status', { headers: { cookie } })).headers['cache-control'], 'no-store');
});

test('a body beyond 64 KiB is refused', async (t) => {
  const { ask } = await startTestAppliance(t);
  const answer = await ask('/api/v1/login', { method: 'POST', body: { password: 'x'.repeat(70_000) } });
  assert.equal(answer.status, 413);
});

for (const [what, text] of [
  ['a prototype', '{"phase":"idle","__proto__":{"x":1}}'],
  ['a constructor', '{"phase":"idle","constructor":{"prototype":{"x":1}}}'],
  ['an unknown field', '{"phase":"idle","loud":true}'],
  ['an unknown phase', '{"phase":"noisy"}'],
  ['a number for a phase', '{"phase":1}'],
  ['half an object', '{"phase":'],
  ['nothing', ''],
  ['an array', '[]'],
  ['a note beyond its limit', JSON.stringify({ phase: 'idle', note: 'n'.repeat(2000) })],
] as const) {
  test(`a phase request with ${what} is refused and reaches nobody`, async () => {
    const { ask, cookie, capture } = await sharedAppliance();
    const answer = await ask('/api/v1/phase', {
      method: 'POST',
      headers: { cookie },
      raw: { type: 'application/json', text },
    });
    assert.equal(answer.status, 400);
    assert.deepEqual(capture.asked, []);
  });
}

for (const path of [
  '/api/v1/devices/__proto__',
  '/api/v1/devices/constructor',
  '/api/v1/devices/..%2f..%2fetc%2fpasswd',
  '/api/v1/devices/%00',
  `/api/v1/devices/${'a'.repeat(500)}`,
  '/api/v1/devices/B827EB000001',
  '/api/v1/segments/-1/pcap',
  '/api/v1/segments/1e9/pcap',
  '/api/v1/segments/99999999999999999999/pcap',
  '/api/v1/segments/..%2fledger.ndjson/pcap',
  '/api/v1/segments?limit=100000000',
  '/api/v1/segments?device=%ff',
  '/api/v1/traffic?seconds=NaN',
  '/api/v1/ledger?after=x',
  '/api/v1/summary?phase=__proto__',
  '/api/v1/devices/b827eb0000ff',
]) {
  test(`${path.slice(0, 60)} is refused in words, without a stack`, async () => {
    const { ask, cookie } = await sharedAppliance();
    const answer = await ask(path, { headers: { cookie } });
    assert.ok(
      answer.status === 400 || answer.status === 404 || answer.status === 414,
      `${answer.status} ${answer.text}`,
    );
    assert.doesNotMatch(answer.text, /\bat .*\.js:/);
  });
}

test('an address that cannot be decoded is answered in our shape, with the headers of every answer', async () => {
  const { ask } = await sharedAppliance();
  const { status, headers, json } = await ask('/%ff');
  assert.deepEqual([status, json], [400, { code: 'REQUEST_INVALID', error: 'The address is malformed.' }]);
  assert.match(String(headers['content-security-policy']), /default-src 'self'/);
});

test('a request whose headers never end is cut off', async (t) => {
  const { url } = await startTestAppliance(t);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
  const start = performance.now();
  socket.resume();
  await new Promise((resolve) => socket.on('close', resolve));
  assert.ok(performance.now() - start < 9000);
});

test('the same answers come over the local socket, without a password', async (t) => {
  const { folder, url } = await startTestAppliance(t);
  const answer = await askAt(url, '/api/v1/session', { socketPath: socketOf(folder) });
  assert.equal((answer.json as { kind: string }).kind, 'local');
  assert.equal(statSync(socketOf(folder)).mode & 0o007, 0);
});

test('a port that is taken is said in one line, and what was started is stopped again', async (t) => {
  const { url } = await startTestAppliance(t);
  const port = Number(new URL(url).port);
  const folder = DataFolder.make(t);
  const taken = startTestAppliance(t, (config) => ({ ...config, http: { ...config.http, port } }), folder);
  await assert.rejects(
    taken,
    (error) => error instanceof WeirError && error.code === 'PORT_IN_USE' && !error.message.includes('\n'),
  );
  const { IndexStore } = await import('../../appliance/store/index/index-store.ts');
  const { openSummaryTools } = await import('../../appliance/store/figures/join-analysis.ts');
  const witness = { segment: () => undefined, previous: () => undefined };
  const free = await IndexStore.open(
    folder.dir,
    openSummaryTools('curated', () => undefined),
    witness,
    () => undefined,
  );
  await free.close();
});

test('a second appliance on the same data folder is refused', async (t) => {
  const first = await startTestAppliance(t);
  const { startAppliance } = await import('../../appliance/appliance.ts');
  const { loadConfig } = await import('../../appliance/config/load.ts');
  const defaults = loadConfig(undefined).config;
  const config = { ...defaults, data: { dir: first.folder.dir }, http: { ...defaults.http, port: 0 } };
  const second = startAppliance({
    config,
    log: { info: () => undefined, warn: () => undefined },
    showPassword: () => undefined,
  });
  await assert.rejects(
    second,
    (error) => error instanceof WeirError && ['INDEX_LOCKED', 'ALREADY_RUNNING'].includes(error.code),
  );
  assert.equal((await first.ask('/healthz')).status, 200);
});
