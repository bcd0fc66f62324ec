// TUTORIAL.md as a newcomer follows it: `make run`'s demonstration, then every shell block in its order, in one shell.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { homeUnavailable } from '../testbed/home.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const START_SECONDS = 240;
/** Of each `sleep` in the text. */
const REST_SECONDS = 25;
const unavailable = homeUnavailable();
const skip = unavailable === undefined ? false : `no simulated home here: ${unavailable}`;

/** Blocks of the text that are commands; the demonstration itself is started by the test, at a port of its own. */
function blocks(): string[] {
  const text = readFileSync(join(ROOT, 'provisioning/TUTORIAL.md'), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block.replaceAll(/^sleep \d+$/gm, `sleep ${REST_SECONDS}`),
  );
}

/** What a step must print, by a command of its block. */
const EXPECTED: readonly (readonly [command: string, said: RegExp])[] = [
  ['weir status', /capture +capturing on br-weir/],
  ['weir devices', /readable by anyone on the way, to China \([^)]*Alibaba/],
  ['weir findings', /CLR-03[\s\S]*seen: /],
  ['weir phase idle', /phase idle/],
  ['weir tag stop', /tour/],
  ['weir diff', /changed +.*→/],
  ['weir windows', /tag-\d+ +tour/],
  ['weir verify', /verified/i],
];

test('every command of the tutorial works in its order and prints what the text promises', {
  skip,
  timeout: 900_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-tutorial-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(ROOT, 'dist'), join(folder, 'dist'));
  await startDemo(t, folder);
  await devicesSpoke(folder);
  const met = new Set<string>();
  let path = '';
  for (const block of blocks()) {
    if (block.startsWith('export PATH')) path = `${block.split('\n')[0]}\n`;
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', path + block], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, `${block}\n${stdout}\n${stderr}`);
    for (const [command, said] of EXPECTED) {
      if (!block.includes(command)) continue;
      assert.match(stdout, said, block);
      met.add(command);
    }
  }
  assert.deepEqual([...met].sort(), EXPECTED.map(([command]) => command).sort(), 'the text has each of these steps');
});

async function startDemo(t: TestContext, folder: string): Promise<void> {
  const words = [
    join(ROOT, 'dist/test/testbed/demo.js'),
    '--dir',
    join(folder, '.weir'),
    '--port',
    String(await freePort()),
  ];
  const demo: ChildProcess = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => demo.once('exit', resolve));
  t.after(async () => {
    demo.kill('SIGINT');
    await ended;
  });
  let said = '';
  demo.stdout?.on('data', (data: Buffer) => (said += data.toString()));
  await until('the demonstration says where its commands are', () => said.includes('.weir/weir'));
}

async function devicesSpoke(folder: string): Promise<void> {
  await until('the camera sent its clip', () => {
    const { stdout } = spawnSync(join(folder, '.weir/weir'), ['devices'], { encoding: 'utf8' });
    return /China \([^)]*Alibaba/.test(stdout);
  });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + START_SECONDS * 1000;
  while (!holds()) {
    assert.ok(performance.now() < end, `${what}: not within ${START_SECONDS} s`);
    await sleep(500);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}
