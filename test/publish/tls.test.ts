import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Config } from '../../appliance/config/schema.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { CLAIM_FILE, claimText, PAGE_KEY_FILE } from '../../appliance/model/files/access-files.ts';
import { makeOwned } from '../../appliance/provision/owned.ts';
import { PageCertificate } from '../../appliance/publish/http/tls/page-certificate.ts';
import { selfSigned } from '../../appliance/publish/http/tls/self-signed.ts';
import type { CertificateResponse } from '../../appliance/publish/schemas/access.ts';
import { DataFolder, device, record, START_NS } from '../store/data-folder.ts';
import { askAt, socketOf, startTestAppliance } from './running.ts';

const run = promisify(execFile);
const CLAIM_TOKEN = '23456-789ab-cdefg-hijkm-npqrs';
const PLANTED = 'planted-in-a-packet';
const DAY_MS = 86_400_000;
const BUILT = new Date('2026-11-20T12:00:00Z');
/** An address of this machine by which others reach it. */
const LAN = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const withLan = { skip: LAN === undefined ? 'this machine has no address but loopback' : false };

const endings: (() => unknown)[] = [];
after(async () => {
  for (const end of endings.reverse()) await end();
});
let shared: ReturnType<typeof startOnLan> | undefined;

/** One for all tests that leave it as it was. */
function sharedOnLan() {
  shared ??= startOnLan({ after: (end: () => unknown) => endings.push(end) } as unknown as TestContext);
  return shared;
}

async function startOnLan(t: TestContext, folder?: DataFolder) {
  const open = (config: Config) => ({ ...config, http: { ...config.http, host: '0.0.0.0' } });
  const appliance = await startTestAppliance(t, open, folder);
  const { port } = new URL(appliance.url);
  const host = `${LAN}:${port}`;
  const certificate = await askAt(appliance.url, '/api/v1/certificate', { socketPath: socketOf(appliance.folder) });
  return { ...appliance, port: Number(port), host, certificate: certificate.json as CertificateResponse };
}

type OnLan = Awaited<ReturnType<typeof startOnLan>>;

interface TlsAnswer {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly text: string;
}

/** As a program does that was given the certificate. */
function askTls(
  { port, certificate }: OnLan,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown; agent?: false } = {},
): Promise<TlsAnswer> {
  const text = options.body === undefined ? '' : JSON.stringify(options.body);
  const headers = {
    host: `${LAN}:${port}`,
    ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...options.headers,
  };
  const target = { host: LAN, port, path, method: options.method ?? 'GET', headers, ca: certificate.pem };
  return new Promise((resolve, reject) => {
    const asking = request(target, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, cookies: answer.headers['set-cookie'] ?? [], text: body }),
      );
    });
    asking.once('error', reject);
    asking.end(text);
  });
}

test('on the LAN the page answers under https, with a certificate that programs can be given', withLan, async () => {
  const lan = await sharedOnLan();
  const { password } = lan;
  const login = await askTls(lan, '/api/v1/login', { method: 'POST', body: { password } });
  assert.equal(login.status, 200, login.text);
  const [session = ''] = login.cookies;
  assert.match(session, /^__Host-weir_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  const [cookie = ''] = session.split(';', 1);
  assert.equal((await askTls(lan, '/api/v1/status', { headers: { cookie } })).status, 200);
  const plain = cookie.replace('__Host-', '');
  assert.equal((await askTls(lan, '/api/v1/status', { headers: { cookie: plain } })).status, 401);
  assert.equal((await askTls(lan, '/')).status, 200);
});

test('http on the LAN leads to https and answers nothing else', withLan, async () => {
  const { host } = await sharedOnLan();
  const url = `http://${host}`;
  const page = await askAt(url, '/?a=b');
  assert.deepEqual([page.status, page.headers['location']], [308, `https://${host}/?a=b`]);
  for (const path of ['/api/v1/status', '/healthz', '/metrics', '/events'])
    assert.equal((await askAt(url, path)).status, 308, path);
  const login = await askAt(url, '/api/v1/login', { method: 'POST', body: { password: 'x' } });
  assert.deepEqual([login.status, (login.json as { code: string }).code], [403, 'TLS_REQUIRED']);
  assert.equal((await askAt(url, '/', { headers: { host: 'evil.example' } })).status, 421);
});

test('the machine itself is answered without TLS, and with it on the same port', withLan, async () => {
  const lan = await sharedOnLan();
  assert.equal((await askAt(`http://127.0.0.1:${lan.port}`, '/healthz')).text, 'ok\n');
  assert.equal((await askTls(lan, '/healthz')).text, 'ok\n');
});

test('a long body, and several requests on one line, arrive whole without and with TLS', withLan, async (t) => {
  const lan = await sharedOnLan();
  const text = 'x'.repeat(40_000);
  const body = { password: text.slice(0, 200), padding: text };
  assert.equal((await askTls(lan, '/api/v1/login', { method: 'POST', body })).status, 400);
  const local = `http://127.0.0.1:${lan.port}`;
  assert.equal((await askAt(local, '/api/v1/login', { method: 'POST', body })).status, 400);
  const socket = connectPlain(lan.port, '127.0.0.1');
  t.after(() => socket.destroy());
  let heard = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    heard += part;
  });
  const ask = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
  // The first byte alone, then the rest and two more requests in one piece.
  socket.write(ask.slice(0, 1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.write(ask.slice(1) + ask + ask);
  for (let i = 0; i < 200 && heard.split('ok\n').length < 4; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(heard.split('ok\n').length, 4);
});

test('a write over TLS whose origin is the same host without TLS comes from somebody in between', withLan, async () => {
  const lan = await sharedOnLan();
  const { password, host } = lan;
  const from = async (origin: string) =>
    (await askTls(lan, '/api/v1/login', { method: 'POST', headers: { origin }, body: { password } })).status;
  assert.deepEqual([await from(`http://${host}`), await from(`https://${host}`)], [403, 200]);
});

test(
  'a silent line, a handshake that never ends and nonsense are closed, and the stop does not wait for them',
  withLan,
  async (t) => {
    const { port, running } = await startOnLan(t);
    const closed = ['', '\u0016\u0003\u0001', '\u0000\u0001'].map((text) => {
      const socket = connectPlain(port, LAN ?? '');
      socket.write(Buffer.from(text, 'latin1'));
      socket.on('error', () => undefined).resume();
      return new Promise((resolve) => socket.once('close', resolve));
    });
    await Promise.all(closed);
    const open = connectPlain(port, LAN ?? '');
    open.on('error', () => undefined).resume();
    await new Promise((resolve) => open.once('connect', resolve));
    await running.stop();
  },
);

test('curl and openssl accept it by certificate and by key, and only so', withLan, async () => {
  const { folder, host, certificate } = await sharedOnLan();
  const ca = join(folder.dir, 'weir.pem');
  writeFileSync(ca, certificate.pem);
  const curl = (...words: string[]) =>
    run('curl', ['-sS', '--max-time', '20', '--noproxy', '*', ...words, `https://${host}/healthz`]).then(
      ({ stdout }) => stdout,
      (error: { code?: number }) => error.code,
    );
  assert.equal(await curl('--cacert', ca), 'ok\n');
  assert.equal(await curl('--insecure', '--pinnedpubkey', certificate.curl_pin), 'ok\n');
  assert.equal(await curl(), 60);
  const other = certificate.curl_pin.replace(/\/\/./, (start) => (start === '//A' ? '//B' : '//A'));
  assert.equal(await curl('--insecure', '--pinnedpubkey', other), 90);
  const openssl = await run('sh', [
    '-c',
    `openssl s_client -connect ${host} -CAfile ${ca} -verify_return_error </dev/null 2>&1`,
  ]);
  assert.match(openssl.stdout, /Verify return code: 0 \(ok\)/);
});

test('nobody on the wire reads claim, password, cookie, token or packets', withLan, async (t) => {
  const folder = DataFolder.make(t);
  mkdirSync(join(folder.dir, 'access'), { recursive: true });
  writeFileSync(join(folder.dir, CLAIM_FILE), claimText(CLAIM_TOKEN));
  const segment = folder.open(device(1));
  folder.append(segment, record(Buffer.from(`frame with ${PLANTED}`), START_NS));
  folder.close(segment);
  const lan = await startOnLan(t, folder);
  const heard: Buffer[] = [];
  const { createServer } = await import('node:net');
  // Between the two, as a neighbour on the path is: keeps every byte.
  const between = createServer((near) => {
    const far = connectPlain(lan.port, LAN ?? '');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data: Buffer) => heard.push(data));
      from.on('error', () => undefined);
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => between.listen(0, LAN, resolve));
  t.after(() => between.close());
  const through = { ...lan, port: (between.address() as { port: number }).port };
  const password = 'chosen by nobody else';
  const claimed = await askTls(through, '/api/v1/claim', { method: 'POST', body: { token: CLAIM_TOKEN, password } });
  assert.equal(claimed.status, 200, claimed.text);
  const login = await askTls(through, '/api/v1/login', { method: 'POST', body: { password } });
  const [cookie = ''] = (login.cookies[0] ?? '').split(';', 1);
  const body = { name: 'secret-name', scopes: ['metrics'], days: 1 };
  const made = await askTls(through, '/api/v1/tokens', { method: 'POST', headers: { cookie }, body });
  const { token } = JSON.parse(made.text) as { token: string };
  await askTls(through, '/metrics', { headers: { authorization: `Bearer ${token}` } });
  let download = await askTls(through, '/api/v1/segments/1/pcap', { headers: { cookie } });
  for (let i = 0; i < 300 && download.status !== 200; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    download = await askTls(through, '/api/v1/segments/1/pcap', { headers: { cookie } });
  }
  assert.ok(download.text.includes(PLANTED), 'the download arrived');
  const wire = Buffer.concat(heard).toString('latin1');
  assert.ok(wire.length > 1000);
  for (const secret of [
    CLAIM_TOKEN,
    password,
    PLANTED,
    'segments/1',
    cookie.split('=')[1] ?? '',
    token,
    'secret-name',
    'weir_build_info',
    'weir_session',
  ])
    assert.equal(wire.includes(secret), false, secret);
});

const pageCertificate = (dataDir: string, now: () => number, hosts: string[] = [], built = BUILT) =>
  new PageCertificate({ dataDir, certificateFile: '', keyFile: '', hosts, buildDate: built }, now);

test('a certificate begins on the day of the build, so that a machine without a clock can use it', async (t) => {
  const { dir } = DataFolder.make(t);
  const page = pageCertificate(dir, () => 0);
  await page.refresh();
  const { valid_from, valid_until } = page.view();
  assert.equal(valid_from, '2026-11-20T12:00:00.000Z');
  assert.equal((Date.parse(valid_until) - Date.parse(valid_from)) / DAY_MS, 825);
  assert.equal(await page.refresh(), undefined);
});

test('a renewal keeps the key, and comes before the end, for another name, and after a clock that ran ahead', async (t) => {
  const { dir } = DataFolder.make(t);
  let now = BUILT.getTime();
  const page = pageCertificate(dir, () => now);
  await page.refresh();
  const first = page.view();
  now += 700 * DAY_MS;
  assert.equal(await page.refresh(), undefined);
  now += 100 * DAY_MS;
  assert.ok((await page.refresh()) !== undefined);
  const second = page.view();
  assert.deepEqual([second.key_sha256, second.curl_pin], [first.key_sha256, first.curl_pin]);
  assert.notEqual(second.certificate_sha256, first.certificate_sha256);
  assert.equal(Date.parse(second.valid_from), now - DAY_MS);
  const named = pageCertificate(dir, () => now, ['Weir.lab', '0.0.0.0', 'not a name']);
  await named.refresh();
  assert.ok(named.view().names.includes('weir.lab') && !named.view().names.includes('not a name'));
  assert.equal(named.view().key_sha256, first.key_sha256);
  now -= 400 * DAY_MS;
  await named.refresh();
  assert.ok(Date.parse(named.view().valid_from) <= now);
});

test('the fingerprint of first boot is that of the key that the page uses; the key is read by nobody else', async (t) => {
  const folder = DataFolder.make(t);
  const reported = await makeOwned('page-key', { dataDir: folder.dir, wanted: null });
  assert.equal(statSync(join(folder.dir, PAGE_KEY_FILE)).mode & 0o777, 0o600);
  const { url } = await startTestAppliance(t, undefined, folder);
  const answer = await askAt(url, '/api/v1/certificate', { socketPath: socketOf(folder) });
  assert.equal((answer.json as CertificateResponse).key_sha256, reported);
});

test('a damaged key stops the page in one line and is not replaced', async (t) => {
  const folder = DataFolder.make(t);
  await makeOwned('page-key', { dataDir: folder.dir, wanted: null });
  const path = join(folder.dir, PAGE_KEY_FILE);
  writeFileSync(path, 'no key');
  await assert.rejects(
    startTestAppliance(t, undefined, folder),
    (error) => error instanceof WeirError && error.code === 'FILE_UNREADABLE' && !error.message.includes('\n'),
  );
  assert.equal(readFileSync(path, 'utf8'), 'no key');
});

test('own files are used where they are set, and refused in one line where they are no pair', async (t) => {
  const folder = DataFolder.make(t);
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const wish = { key, names: ['weir.example'], addresses: [], from: BUILT, until: new Date(BUILT.getTime() + DAY_MS) };
  const [certificateFile, keyFile] = [join(folder.dir, 'own.pem'), join(folder.dir, 'own.key')];
  writeFileSync(certificateFile, selfSigned(wish));
  writeFileSync(keyFile, key.export({ type: 'pkcs8', format: 'pem' }));
  const settings = { dataDir: folder.dir, certificateFile, keyFile, hosts: [], buildDate: BUILT };
  const page = new PageCertificate(settings);
  await page.refresh();
  assert.deepEqual([page.view().made_by, page.view().names], ['operator', ['weir.example']]);
  assert.equal(existsSync(join(folder.dir, PAGE_KEY_FILE)), false);
  writeFileSync(
    keyFile,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
  for (const wrong of [settings, { ...settings, keyFile: '' }, { ...settings, certificateFile: '/nonexistent' }])
    await assert.rejects(
      new PageCertificate(wrong).refresh(),
      (error) => error instanceof WeirError && error.code === 'CONFIG_INVALID' && !error.message.includes('\n'),
    );
});

test('the certificate is a leaf with the names and addresses that were asked for, readable by openssl', async (t) => {
  const { dir } = DataFolder.make(t);
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const until = new Date('2051-01-01T00:00:00Z');
  const addresses = ['192.0.2.1', '2001:db8::7', 'fe80::1%eth0'];
  const pem = selfSigned({ key, names: ['a.local', 'a'], addresses, from: BUILT, until });
  const certificate = new X509Certificate(pem);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.verify(createPublicKey(key)), true);
  assert.equal(new Date(certificate.validTo).getTime(), until.getTime());
  assert.equal(certificate.checkHost('a.local'), 'a.local');
  for (const address of ['192.0.2.1', '2001:db8::7', 'fe80::1']) assert.equal(certificate.checkIP(address), address);
  const file = join(dir, 'a.pem');
  writeFileSync(file, pem);
  const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-ext', 'extendedKeyUsage,keyUsage']);
  assert.match(stdout, /Digital Signature[\s\S]*TLS Web Server Authentication/);
});
