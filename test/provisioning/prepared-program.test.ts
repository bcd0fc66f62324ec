// The prepared `weir analyze`, as the package installs it, prints what the modules print, and the modules print it without it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle } from '../../provisioning/deb/bundle.ts';
import { bundleProgram } from '../../provisioning/prepared/bundle-program.ts';
import { ascii, connection, pcapFile, udp } from '../analysis/packets.ts';

const ROOT = join(import.meta.dirname, '../../..');
const out = mkdtempSync(join(tmpdir(), 'weir-prepared-'));
/** All verbs out of the tree, past what is prepared there. */
const TREE = join(out, 'tree.mjs');
const capture = join(out, 'capture.pcap');
const installed = join(out, 'appliance/cli/main.js');
let verbs: string;

before(async () => {
  const verbsOfTree = JSON.stringify(join(ROOT, 'dist/appliance/cli/verbs.js'));
  writeFileSync(TREE, `import { weir } from ${verbsOfTree};\nawait weir();\n`);
  const files = await bundle(ROOT, out, '1.2.3+test');
  await bundleProgram(ROOT, out, { version: '1.2.3+test', epoch: 1_700_000_000 });
  verbs = join(out, files.find(({ modules }) => modules.includes('dist/appliance/cli/verbs.js'))!.file);
  const tables = join(ROOT, 'dist/tables');
  if (existsSync(tables)) symlinkSync(tables, join(out, 'tables'));
  const device = { mac: '02:00:00:00:01:01', ip: '192.168.1.20', port: 50_000 };
  const far = { mac: '02:00:00:00:00:01', ip: '8.8.8.8', port: 80 };
  const frames = [
    ...connection(device, far, [[0, ascii('GET /?user=me HTTP/1.1\r\nHost: example.org\r\n\r\n')]]),
    udp(device, { ...far, port: 9999 }, new Uint8Array(500).fill(7)),
  ];
  writeFileSync(capture, pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 1_700_000_000 + i, nanoseconds: 0 }))));
});

after(() => rmSync(out, { recursive: true }));

function run(program: string, ...words: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
  return { stdout, stderr, status };
}

function document(program: string): unknown {
  const { stdout, stderr, status } = run(program, 'analyze', capture, '--format', 'json');
  assert.equal(status, 0, stderr);
  const { tool, ...rest } = JSON.parse(stdout);
  return { ...rest, tool: { ...tool, version: '' } };
}

test('it prints the same as the modules, needs none of them, and without its code they do', () => {
  const expected = document(TREE);
  assert.deepEqual(document(installed), expected, 'not compiled yet');
  assert.deepEqual(run(join(out, 'appliance/cli/prepare.js')), { stdout: '', stderr: '', status: 0 });
  renameSync(verbs, `${verbs}.away`);
  assert.deepEqual(document(installed), expected, 'alone');
  const code = join(out, 'prepared/analyze.code');
  const bytes = readFileSync(code);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(code, bytes);
  assert.notEqual(run(installed, 'analyze', capture).status, 0, 'it was the prepared program that answered');
  renameSync(`${verbs}.away`, verbs);
  assert.deepEqual(document(installed), expected, 'damaged');
});

test('it reports problems in the same words, with the same exit code', () => {
  assert.equal(run(join(out, 'appliance/cli/prepare.js')).status, 0);
  for (const words of [
    [],
    [join(out, 'not-there.pcap')],
    [capture, '--router', 'x'],
    [capture, '--nonsense'],
    ['--help'],
  ]) {
    assert.deepEqual(run(installed, 'analyze', ...words), run(TREE, 'analyze', ...words), words.join(' '));
  }
});
