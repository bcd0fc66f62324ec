// `make run` as a stranger meets it: started, looked at through page and broker, stopped with Ctrl-C.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DevicesResponse } from '../../appliance/publish/schemas/devices.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { homeUnavailable, openHome } from '../testbed/home.ts';

const DEMO = fileURLToPath(new URL('../testbed/demo.js', import.meta.url));
const PORT = 18_080 + (process.pid % 1000);
const missing = ['mosquitto', 'mosquitto_sub'].filter((program) => spawnSync(program, ['-h']).error !== undefined);
const reason = homeUnavailable() ?? (missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined);
const skip = reason === undefined ? false : `make run cannot be tried here: ${reason}`;

interface Demo {
  readonly folder: string;
  readonly process: ChildProcess;
  readonly words: () => string;
}

let demo: Demo | undefined;

before(async () => {
  if (skip !== false) return;
  const folder = mkdtempSync(join(tmpdir(), 'weir-demo-'));
  const child = spawn(process.execPath, [DEMO, '--dir', folder, '--port', String(PORT)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (words += text.toString()));
  demo = { folder, process: child, words: () => words };
  await until('the page to be announced', 90, () => /password +\S/.test(words));
});

after(async () => {
  if (demo === undefined) return;
  if (demo.process.exitCode === null) {
    const gone = once(demo.process, 'exit');
    demo.process.kill('SIGTERM');
    await gone;
  }
  rmSync(demo.folder, { recursive: true, force: true });
});

function running(): Demo {
  assert.ok(demo !== undefined, 'make run did not start');
  return demo;
}

async function until(what: string, seconds: number, ready: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    if (await ready()) return;
    await sleep(250);
  }
  throw new Error(`waited ${seconds} s in vain for ${what}: ${demo?.words()}`);
}

/** The cookie of a person who typed the printed password. */
async function logIn(): Promise<string> {
  const password = /password +(\S+)/.exec(running().words())?.[1] ?? '';
  const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password }),
  });
  assert.equal(answer.status, 200, await answer.text());
  return (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

test('nothing of the page is informed without the password', { skip }, async () => {
  const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/devices`);
  assert.equal(answer.status, 401);
});

test('all devices of the home are there within a minute of the first packet, by vendor and name', {
  skip,
}, async () => {
  const cookie = await logIn();
  const home = openHome(join(running().folder, 'home'));
  let shown: readonly string[] = [];
  await until('every device', 60, async () => {
    const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/devices`, { headers: { cookie } });
    const { devices } = (await answer.json()) as DevicesResponse;
    shown = devices.filter(({ vendor, name }) => vendor !== null || name !== '').map(({ mac }) => mac ?? '');
    return home.devices.every(({ mac }) => shown.includes(mac));
  });
  assert.ok(shown.length >= home.devices.length);
});

test('the broker has availability, the state of the appliance and of every device', { skip }, async () => {
  const { folder } = running();
  const topics = (): string[] => retainedTopics(folder);
  const home = openHome(join(folder, 'home'));
  await until('retained topics', 60, () => {
    const there = topics();
    const states = home.devices.filter(({ mac }) =>
      there.some((topic) => topic.endsWith(`/device/${mac.replaceAll(':', '')}/state`)),
    );
    return there.some((topic) => topic.endsWith('/availability')) && states.length === home.devices.length;
  });
});

function retainedTopics(folder: string): string[] {
  const config = readFileSync(join(folder, 'weir.yaml'), 'utf8');
  const port = /mqtt:\/\/127\.0\.0\.1:(\d+)/.exec(config)?.[1] ?? '';
  const password = readFileSync(join(folder, 'broker', 'password'), 'utf8');
  const args = ['-p', port, '-u', 'weir', '-P', password, '-t', 'weir/#', '-v', '-W', '2'];
  const answer = spawnSync('mosquitto_sub', args, { encoding: 'utf8' });
  return answer.stdout.split('\n').map((line) => line.split(' ', 1)[0] ?? '');
}

/** The demo's broker, reported from others by its file. */
function brokerPid(folder: string): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => wordsOf(pid).startsWith('mosquitto\0') && wordsOf(pid).includes(folder));
  return found === undefined ? undefined : Number(found);
}

function wordsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('the broker dies and comes back: no packet is lost, and what it kept is there again', { skip }, async () => {
  const { folder, process: child } = running();
  const cookie = await logIn();
  const counters = async () => {
    const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/status`, { headers: { cookie } });
    const { capture } = (await answer.json()) as StatusResponse;
    assert.ok(capture !== null, 'capture does not answer');
    return capture.counters;
  };
  const before = await counters();
  const pid = brokerPid(folder);
  assert.ok(pid !== undefined, 'no broker runs');
  process.kill(pid, 'SIGKILL');
  await until('the broker to be gone', 10, () => brokerPid(folder) !== pid);
  await until('packets without a broker', 60, async () => (await counters()).captured > before.captured + 20);
  await until('another broker', 60, () => brokerPid(folder) !== undefined);
  await until('what is kept, published again', 60, () =>
    retainedTopics(folder).some((topic) => topic.endsWith('/availability')),
  );
  const after = await counters();
  for (const name of ['dropped_kernel', 'lost_queue', 'lost_disk'] as const)
    assert.equal(after[name], before[name], name);
  assert.equal(child.exitCode, null, 'the demo goes on');
});

test('Ctrl-C ends everything and leaves only whole segments', { skip }, async () => {
  const { folder, process: child } = running();
  const gone = once(child, 'exit');
  child.kill('SIGINT');
  const [code] = (await gone) as [number | null];
  const files = readdirSync(join(folder, 'data', 'captures'), { recursive: true, encoding: 'utf8' });
  assert.deepEqual({ code, open: files.filter((name) => name.endsWith('.part')) }, { code: 0, open: [] });
  assert.ok(files.some((name) => name.endsWith('.pcap')));
});
