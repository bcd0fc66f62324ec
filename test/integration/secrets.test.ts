// What the devices give away stays in the captures: the home speaks with its planted secrets, and then every other output of
// Weir is searched for them: API, MQTT, metrics, logs, command line, hourly rows, notifications, the page as a browser draws it.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { FindingsResponse } from '../../appliance/publish/schemas/findings.ts';
import { readHours, sitesThere } from '../../appliance/pull/tables/hourly-reader.ts';
import { TABLE_NAMES } from '../../appliance/pull/tables/table.ts';
import { startTestAppliance } from '../publish/running.ts';
import { pullAll } from '../pull/recorded.ts';
import { DataFolder } from '../store/data-folder.ts';
import { homeUnavailable, openHome } from '../testbed/home.ts';
import { SECRETS } from '../testbed/secrets.ts';
import { CLI } from './installation.ts';

const DEMO = fileURLToPath(new URL('../testbed/demo.js', import.meta.url));
const PORT = 19_080 + (process.pid % 1000);
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const missing = ['mosquitto', 'mosquitto_sub'].filter((program) => spawnSync(program, ['-h']).error !== undefined);
const reason = homeUnavailable() ?? (missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined);
const skip = reason === undefined ? false : `no home to listen to: ${reason}`;
const withoutBrowser = existsSync(CHROMIUM) ? skip : `no browser at ${CHROMIUM}`;

/** Both the value and the way it is written on the wire. Values that are too short to be reported from chance are left out. */
const NEEDLES = [...new Set(SECRETS.flatMap(({ value, wire }) => [value, wire]))].filter((text) => text.length >= 6);
const VIEWS = ['#/live', '#/devices', '#/destinations', '#/findings', '#/captures', '#/health'];

interface Run {
  readonly folder: string;
  readonly demo: ChildProcess;
  readonly broker: ChildProcess;
  readonly password: string;
  mqtt: string;
}

let run: Run | undefined;

before(
  async () => {
    if (skip !== false) return;
    const folder = mkdtempSync(join(tmpdir(), 'weir-secrets-'));
    const demo = spawn(process.execPath, [DEMO, '--dir', folder, '--port', String(PORT), '--seed', '5'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let words = '';
    demo.stdout?.on('data', (text: Buffer) => (words += text.toString()));
    const password = await waitFor('the page', 90, () => /password +(\S+)/.exec(words)?.[1]);
    run = { folder, demo, broker: listenToBroker(folder), password, mqtt: '' };
    run.broker.stdout?.on('data', (text: Buffer) => {
      if (run !== undefined) run.mqtt += text.toString();
    });
    await openHome(join(folder, 'home')).intensive(25);
    await sleep(45_000);
  },
  { timeout: 240_000 },
);

after(async () => {
  if (run === undefined) return;
  run.broker.kill();
  const gone = once(run.demo, 'exit');
  run.demo.kill('SIGTERM');
  await gone;
  rmSync(run.folder, { recursive: true, force: true });
});

async function waitFor<T>(what: string, seconds: number, look: () => T | undefined): Promise<T> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(250);
  }
  throw new Error(`waited ${seconds} s in vain for ${what}`);
}

async function waitForAsync(what: string, seconds: number, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(250);
  }
}

function listenToBroker(folder: string): ChildProcess {
  const port = /mqtt:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(join(folder, 'weir.yaml'), 'utf8'))?.[1] ?? '';
  const password = readFileSync(join(folder, 'broker', 'password'), 'utf8');
  return spawn('mosquitto_sub', ['-p', port, '-u', 'weir', '-P', password, '-t', '#', '-v'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function running(): Run {
  assert.ok(run !== undefined, 'the run did not begin');
  return run;
}

/** Names of the secrets that are in a text; the test never prints a value. */
function leaks(text: string): string[] {
  const lower = text.toLowerCase();
  const found = NEEDLES.filter((needle) => lower.includes(needle.toLowerCase()));
  return SECRETS.filter(({ value, wire }) => found.includes(value) || found.includes(wire)).map(({ name }) => name);
}

async function logIn(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password: running().password }),
  });
  assert.equal(answer.status, 200);
  return (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

test('the secrets were really spoken: the captures hold every one that is not inside TLS', { skip }, () => {
  const captures = join(running().folder, 'data', 'captures');
  const files = readdirSync(captures, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.pcap(\.part)?$/.test(name),
  );
  const everything = files.map((name) => readFileSync(join(captures, name), 'latin1')).join('\n');
  const open = SECRETS.filter(
    ({ encoding }) => encoding === 'plain' || encoding === 'url' || encoding === 'base64' || encoding === 'hex',
  );
  const unspoken = open.filter(({ wire }) => !everything.includes(wire)).map(({ name }) => name);
  assert.deepEqual(unspoken, []);
});

test('the findings report of credentials and personal data', { skip }, async () => {
  const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/findings`, { headers: { cookie: await logIn() } });
  const { findings } = (await answer.json()) as FindingsResponse;
  const families = new Set(findings.map(({ rule }) => rule.split('-', 1)[0]));
  assert.deepEqual(
    ['CLR', 'CRED', 'PII'].filter((family) => !families.has(family)),
    [],
  );
});

test('no answer of the API holds one', { skip }, async () => {
  const cookie = await logIn();
  const get = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${PORT}${path}`, { headers: { cookie } })).text();
  const ids = openHome(join(running().folder, 'home')).devices.map(({ mac }) => mac.replaceAll(':', ''));
  const paths = [
    ...['status', 'devices', 'summary', 'findings', 'segments', 'ledger', 'health', 'traffic'].map(
      (name) => `/api/v1/${name}`,
    ),
    ...ids.flatMap((id) => [`/api/v1/devices/${id}`, `/api/v1/devices/${id}/hours`, `/api/v1/devices/${id}/names`]),
    '/metrics',
  ];
  const found: Record<string, string[]> = {};
  for (const path of paths) {
    const names = leaks(await get(path));
    if (names.length > 0) found[path] = names;
  }
  assert.deepEqual(found, {});
});

test('no MQTT message holds one', { skip }, () => {
  const { mqtt } = running();
  assert.ok(mqtt.includes('/finding/'), 'the broker published no finding');
  assert.deepEqual(leaks(mqtt), []);
});

async function pullToken(cookie: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/tokens`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', origin: `http://127.0.0.1:${PORT}` },
    body: JSON.stringify({ name: 'pull', scopes: ['summaries', 'captures'], days: 1 }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return (JSON.parse(text) as { token: string }).token;
}

test('no hourly row of an archive holds one, nor anything else that a pull writes but the captures', {
  skip,
}, async () => {
  const archive = join(running().folder, 'archive');
  const token = await pullToken(await logIn());
  // The hours of this run are over by then: an hour's rows are written when the clock has closed it.
  const now = () => Date.now() + 7_200_000;
  const [end] = await pullAll(archive, [{ host: `127.0.0.1:${PORT}`, token }], { now, selection: {} });
  assert.equal(end?.error, undefined);
  const found: Record<string, string[]> = {};
  for (const table of TABLE_NAMES) {
    const rows: string[] = [];
    for (const site of sitesThere(archive, table)) {
      const damaged = (message: string) => assert.fail(message);
      for await (const hour of readHours({ archive, table, site, wanted: () => true, damaged }))
        rows.push(JSON.stringify(hour.rows));
    }
    if (table === 'finding' || table === 'hour' || table === 'dns') assert.ok(rows.length > 0, `no row of ${table}`);
    const names = leaks(rows.join('\n'));
    if (names.length > 0) found[table] = names;
  }
  const files = readdirSync(archive, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files.filter((one) => !one.name.endsWith('.pcap'))) {
    const names = leaks(readFileSync(join(parentPath, name), 'latin1'));
    if (names.length > 0) found[name] = names;
  }
  assert.deepEqual(found, {});
});

/** Everything that arrives at a webhook and, as datagrams, at a syslog. */
async function receivers(t: TestContext) {
  const got: string[] = [];
  const web = createServer((request, answer) => {
    let body = '';
    request.on('data', (part: Buffer) => void (body += part.toString('utf8')));
    request.on('end', () => void (got.push(body), answer.end()));
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const log = createSocket('udp4', (bytes) => void got.push(bytes.toString('utf8')));
  await new Promise<void>((resolve) => log.bind(0, '127.0.0.1', resolve));
  t.after(() => (web.close(), log.close()));
  const { port } = web.address() as AddressInfo;
  return {
    got,
    webhook: { url: `http://127.0.0.1:${port}`, secret_file: '' },
    syslog: { url: `udp://127.0.0.1:${log.address().port}` },
  };
}

test('no notification holds one: of findings, and of the day', { skip }, async (t) => {
  const { got, webhook, syslog } = await receivers(t);
  const dataDir = join(running().folder, 'again');
  // The same recording for an appliance that is asked for its day.
  cpSync(join(running().folder, 'data'), dataDir, {
    recursive: true,
    filter: (file) => !/\/(run|index|scans|access)$/.test(file),
  });
  const appliance = await startTestAppliance(
    t,
    (config) => ({
      ...config,
      notify: { ...config.notify, daily: true, severity: 'low', wait_seconds: 0, webhook, syslog },
    }),
    new DataFolder(dataDir),
  );
  const cookie = await appliance.logIn();
  // What a start finds is known already; what its captures say comes while they are read, and is reported.
  await waitForAsync('findings of all devices', 60, async () => {
    const { json } = await appliance.ask('/api/v1/findings', { headers: { cookie } });
    return (json as FindingsResponse).findings.length > 20;
  });
  await waitForAsync('notifications', 60, async () => Promise.resolve(got.some((text) => text.includes('CRED-'))));
  await appliance.running.runJob('daily summary');
  await waitForAsync('the day', 60, async () => Promise.resolve(got.some((text) => text.includes('"kind":"daily"'))));
  assert.deepEqual(leaks(got.join('\n')), []);
});

test('no log line, ledger line or sidecar holds one', { skip }, () => {
  const { folder } = running();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(log|json|ndjson)$/.test(name) && !name.startsWith('home'),
  );
  const found = names.filter((name) => leaks(readFileSync(join(folder, name), 'utf8')).length > 0);
  assert.ok(names.length > 3);
  assert.deepEqual(found, []);
});

test('the index holds none either', { skip }, () => {
  const index = join(running().folder, 'data', 'index');
  const files = readdirSync(index, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const found = files.filter(
    ({ parentPath, name }) => leaks(readFileSync(join(parentPath, name), 'latin1')).length > 0,
  );
  assert.ok(files.length > 0);
  assert.deepEqual(
    found.map(({ name }) => name),
    [],
  );
});

test('weir analyze prints none, in no format, and finds those of a vault by name', { skip }, () => {
  const { folder } = running();
  const vault = join(folder, 'planted.txt');
  writeFileSync(vault, SECRETS.map(({ name, value }) => `${name}: ${value}\n`).join(''), { mode: 0o600 });
  const captures = join(folder, 'data', 'captures');
  const files = readdirSync(captures, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.pcap(\.part)?$/.test(name),
  );
  const outputs = files.flatMap((name) =>
    ['json', 'csv', 'table'].map((format) => analyzed(join(captures, name), format, vault)),
  );
  assert.deepEqual(leaks(outputs.join('\n')), []);
  const spoken = SECRETS.filter(({ encoding }) => encoding !== 'tls' && encoding !== 'xor171').map(({ name }) => name);
  assert.deepEqual(
    spoken.filter((name) => !outputs.some((text) => text.includes(name))),
    [],
  );
});

function analyzed(path: string, format: string, vault: string): string {
  const answer = spawnSync(process.execPath, [CLI, 'analyze', path, '--format', format, '--vault', vault], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(answer.status, 0, answer.stderr);
  return answer.stdout + answer.stderr;
}

test('the page draws none', { skip: withoutBrowser }, async (t) => {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`http://127.0.0.1:${PORT}/`);
  await page.fill('input[type=password]', running().password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav');
  const devices = openHome(join(running().folder, 'home')).devices.map(
    ({ mac }) => `#/devices/${mac.replaceAll(':', '')}`,
  );
  const found: Record<string, string[]> = {};
  for (const view of [...VIEWS, ...devices]) {
    await page.goto(`http://127.0.0.1:${PORT}/${view}`);
    await page.waitForTimeout(700);
    const names = leaks(await page.content());
    if (names.length > 0) found[view] = names;
  }
  assert.deepEqual(found, {});
});
