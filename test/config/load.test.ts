import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../appliance/config/load.ts';
import { configurationReference } from '../../appliance/config/reference.ts';
import { WeirError } from '../../appliance/model/errors.ts';

function write(t: { after(clean: () => void): void }, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'weir.yaml');
  writeFileSync(path, text);
  return path;
}

function refusal(path: string): WeirError {
  try {
    loadConfig(path);
  } catch (thrown) {
    if (thrown instanceof WeirError) return thrown;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

test('without a file every setting has its default', () => {
  assert.equal(loadConfig(undefined).config.capture.max_devices, 64);
});

test('a file changes only what it names', (t) => {
  const { config } = loadConfig(write(t, 'capture:\n  interface: wlan0\n'));
  assert.deepEqual([config.capture.interface, config.capture.engine], ['wlan0', 'tcpdump']);
});

test('a relative data folder starts at the configuration file', (t) => {
  const path = write(t, 'data:\n  dir: evidence\n');
  assert.equal(loadConfig(path).config.data.dir, path.replace('weir.yaml', 'evidence'));
});

test('equal settings have equal hashes whatever their order', (t) => {
  const one = loadConfig(write(t, 'data: {dir: /d}\nhttp: {port: 1, host: "::1"}\n'));
  const other = loadConfig(write(t, '\uFEFFhttp:\r\n  host: "::1"\r\n  port: 1\r\ndata:\r\n  dir: /d\r\n'));
  assert.equal(one.sha256, other.sha256);
});

test('an empty file is a file of defaults', (t) => {
  assert.equal(loadConfig(write(t, '')).config.http.port, 8080);
});

const REFUSED: readonly (readonly [string, string, number, RegExp])[] = [
  ['an unknown section', 'capture: {}\ncaptures: {}\n', 2, /captures: unknown section/],
  ['an unknown setting', 'http:\n  host: localhost\n  prot: 80\n', 3, /http\.prot: unknown setting/],
  ['a wrong type', 'http:\n  port: "80"\n', 2, /http\.port/],
  ['a value out of bounds', 'capture:\n  max_devices: -1\n', 2, /max_devices.*>= 1|max_devices/],
  ['not a number', 'capture:\n  speed: .nan\n', 2, /speed/],
  ['a huge number', 'capture:\n  ring_kib: 1e300\n', 2, /ring_kib/],
  ['a section that is none', 'http: 80\n', 1, /http: must be a section/],
  ['a list', '- http\n', 1, /must be a list of sections/],
  ['broken YAML', 'http: {port: 80\ncapture: }\n', 2, /./],
  ['a key twice', 'http:\n  port: 1\n  port: 2\n', 3, /unique/],
  ['an alias bomb', 'data: &a {dir: x}\nhttp: *a\n', 2, /aliases/],
  ['a prototype key', '__proto__: {}\n', 1, /__proto__/],
];

for (const [what, text, line, message] of REFUSED) {
  test(`${what} is refused with file and line`, (t) => {
    const path = write(t, text);
    const error = refusal(path);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.match(error.message, message);
    assert.ok(error.message.startsWith(`${path}:${line}: `), error.message);
    assert.ok(!error.message.includes('\n'));
  });
}

test('a missing file is refused by name', () => {
  assert.equal(refusal('/nonexistent/weir.yaml').code, 'CONFIG_MISSING');
});

test('the reference page is what the schema says', () => {
  const page = readFileSync(new URL('../../../appliance/config/CONFIGURATION.md', import.meta.url), 'utf8');
  assert.equal(page, configurationReference());
});
