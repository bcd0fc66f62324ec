// The bundle of the Debian package keeps what the source tree promises: above all, what the evidence path links.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BundledFile, beginnings, bundle } from '../../provisioning/deb/bundle.ts';

const ROOT = join(import.meta.dirname, '../../..');
const out = mkdtempSync(join(tmpdir(), 'weir-bundle-'));
let files: readonly BundledFile[];

/** Shown to stop or stall a process (test/architecture.test.ts), and what they bring along. */
const FORBIDDEN =
  /node_modules\/(level|classic-level|abstract-level|fastify|@fastify\/\w+|node-cron|mqtt|systeminformation|pino)\//;

before(async () => {
  files = await bundle(ROOT, out, '1.2.3+test');
});

after(() => rmSync(out, { recursive: true }));

/** Source modules that are loaded with `file`, without those that it asks for later. */
function linked(file: string, seen = new Set<string>()): readonly string[] {
  const found = files.find((one) => one.file === file);
  if (found === undefined || seen.has(file)) return [];
  seen.add(file);
  return [...found.modules, ...found.imports.flatMap((name) => linked(name, seen))];
}

function fileOf(module: string): string {
  return files.find(({ modules }) => modules.includes(module))?.file ?? '';
}

test('capture links nothing that can stop it, in the bundle as in the tree', () => {
  const capture = [
    'appliance/cli/main.js',
    fileOf('dist/appliance/cli/verbs.js'),
    fileOf('dist/appliance/capture/main.js'),
    fileOf('dist/appliance/config/load.js'),
  ];
  const children = ['appliance/capture/engines/cap-child.js'];
  const modules = [...capture, ...children].flatMap((file) => linked(file));
  assert.ok(modules.includes('dist/appliance/capture/recorder.js'));
  assert.deepEqual(
    modules.filter(
      (module) => FORBIDDEN.test(module) || /^dist\/appliance\/(store|publish|analysis|health)\//.test(module),
    ),
    [],
  );
});

test('the appliance does link them: the question above can be answered with no', () => {
  assert.ok(linked(fileOf('dist/appliance/appliance.js')).some((module) => FORBIDDEN.test(module)));
});

test('every file that is started by its name is there under that name', () => {
  const named = beginnings(join(ROOT, 'dist'));
  assert.ok(
    named.includes('appliance/capture/engines/cap-child.js') &&
      named.includes('appliance/store/thread/analysis-worker.js'),
  );
  assert.deepEqual(
    named.filter((file) => !existsSync(join(out, file))),
    [],
  );
});

test('each module finds the root of the bundle from where its file lies', () => {
  for (const { file } of files) {
    const text = readFileSync(join(out, file), 'utf8');
    assert.ok(!text.includes('@bundle-root@'), file);
    for (const [, up = '', place = ''] of text.matchAll(
      /new URL\(["'`]((?:\.\.\/)+)(appliance\/[\w/-]+\.js)["'`], import\.meta\.url\)/g,
    )) {
      assert.equal(join(file, '..', up, place), place, file);
    }
  }
});

test('the bundled program says its version and knows every verb of the tree’s', () => {
  const ask = (program: string, ...words: string[]) =>
    spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' }).stdout;
  const main = 'appliance/cli/main.js';
  assert.equal(ask(join(out, main), '--version'), '1.2.3+test\n');
  assert.equal(ask(join(out, main), 'help'), ask(join(ROOT, 'dist', main), 'help'));
});
