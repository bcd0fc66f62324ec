// Every way in which the daemon cannot start: one line, a code, and nothing left running. Run as the program itself.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { DataFolder } from '../store/data-folder.ts';

const CLI = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

interface Ended {
  readonly code: number | null;
  readonly error: string;
}

/** The daemon with these settings, until it ends. */
function start(folder: DataFolder, settings: Readonly<Record<string, unknown>>): Ended {
  const config = join(folder.dir, 'weir.yaml');
  writeFileSync(config, stringify({ data: { dir: folder.dir }, http: { port: 0 }, ...settings }));
  chmodSync(folder.dir, 0o755);
  const child = spawnSync(process.execPath, [CLI, 'appliance', '--config', config], {
    encoding: 'utf8',
    timeout: 60_000,
    // Root may write everywhere and would hide what is tested.
    ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
  });
  return { code: child.status, error: child.stderr };
}

const CASES: Readonly<
  Record<string, { settings: Readonly<Record<string, unknown>>; says: RegExp; prepare?: (folder: DataFolder) => void }>
> = {
  'an address that is not ours': {
    settings: { http: { host: '203.0.113.5', port: 8080 } },
    says: /203\.0\.113\.5:8080.*PORT_IN_USE/,
  },
  'a broker address that is none': { settings: { mqtt: { url: 'nonsense' } }, says: /mqtt\.url.*CONFIG_INVALID/ },
  'a schedule that is none': { settings: { schedule: { daily_summary: 'hello' } }, says: /"hello".*CONFIG_INVALID/ },
  'a data folder below a file': { settings: { data: { dir: '/etc/passwd/weir' } }, says: /DATA_UNWRITABLE/ },
  'a data folder that takes no folders': {
    settings: { data: { dir: '/proc/weir' } },
    says: /\/proc\/weir.*DATA_UNWRITABLE/,
  },
  'a damaged password file': {
    settings: {},
    says: /access\.json: damaged.*FILE_UNREADABLE/,
    prepare: (folder) => writeFileSync(join(folder.dir, 'access', 'access.json'), '{'),
  },
  'a ledger that may not be read': {
    settings: {},
    says: /ledger\.ndjson.*FILE_UNREADABLE/,
    prepare: (folder) => chmodSync(folder.ledger, 0),
  },
  'a file in the place of the index folder': {
    settings: {},
    says: /index is no folder.*DATA_UNWRITABLE/,
    prepare: (folder) => {
      rmSync(join(folder.dir, 'index'), { recursive: true });
      writeFileSync(join(folder.dir, 'index'), '');
    },
  },
  'a pipe in the place of the vault': {
    settings: {},
    says: /vault\.txt.*no plain file.*FILE_UNREADABLE/,
    prepare: (folder) => void spawnSync('mkfifo', [join(folder.dir, 'vault.txt')]),
  },
  'a data folder that may not be written': {
    settings: {},
    says: /DATA_UNWRITABLE/,
    prepare: (folder) => {
      chmodSync(join(folder.dir, 'access'), 0o555);
      chmodSync(join(folder.dir, 'run'), 0o555);
    },
  },
};

for (const [what, { settings, says, prepare }] of Object.entries(CASES)) {
  test(`${what}: one line with a code, and an end`, (t) => {
    const folder = DataFolder.make(t);
    for (const name of ['run', 'access', 'index']) {
      mkdirSync(join(folder.dir, name));
      chmodSync(join(folder.dir, name), 0o777);
    }
    prepare?.(folder);
    const { code, error } = start(folder, settings);
    assert.match(error, says);
    assert.equal(error.trimEnd().split('\n').length, 1, error);
    assert.ok(code !== 0 && code !== 70 && code !== null, String(code));
  });
}

test('a file in the place of the index is set aside', async (t) => {
  const folder = DataFolder.make(t);
  mkdirSync(join(folder.dir, 'index'));
  writeFileSync(join(folder.dir, 'index', 'level'), 'garbage');
  const output = await runUntil(t, folder, /the page is at/);
  assert.match(output, /set aside/);
});

test('it ends soon after it is reported to, also with a supervisor at the other end', async (t) => {
  const folder = DataFolder.make(t);
  const config = join(folder.dir, 'weir.yaml');
  writeFileSync(config, stringify({ data: { dir: folder.dir }, http: { port: 0 } }));
  const child = spawn(process.execPath, [CLI, 'appliance', '--config', config], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.once('message', resolve));
  const start = performance.now();
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.ok(performance.now() - start < SOON_MS);
});

/** A fifth of a second where nothing else runs; machines that run tests are busy. */
const SOON_MS = 6000;

test('a failure to start ends it as well, with a supervisor at the other end', async (t) => {
  const folder = DataFolder.make(t);
  const config = join(folder.dir, 'weir.yaml');
  writeFileSync(config, stringify({ data: { dir: folder.dir }, mqtt: { url: 'nonsense' }, http: { port: 0 } }));
  const child = spawn(process.execPath, [CLI, 'appliance', '--config', config], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  assert.notEqual(await new Promise((resolve) => child.once('exit', (code) => resolve(code))), 0);
});

/** Runs the daemon until its output says `what`. */
function runUntil(t: TestContext, folder: DataFolder, what: RegExp): Promise<string> {
  const config = join(folder.dir, 'weir.yaml');
  writeFileSync(config, stringify({ data: { dir: folder.dir }, http: { port: 0 } }));
  const child = spawn(process.execPath, [CLI, 'appliance', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      output += text;
      if (what.test(output)) resolve(output);
    });
    child.once('exit', () => reject(new Error(`it ended: ${output}`)));
  });
}
