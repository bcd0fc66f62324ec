import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, mistakesIn } from '../../appliance/config/load.ts';
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
  [
    'an address that is none',
    'capture:\n  infra_macs:\n    - dc-a6-32-00-00-fe\n    - zz\n',
    4,
    /zz is no MAC address/,
  ],
  ['a name that no interface has', 'capture:\n  interface: "br0\\nserver=1.2.3.4"\n', 2, /capture\.interface/],
  [
    'a filter that a replay would not apply',
    'capture:\n  engine: file\n  filter: tcp\n',
    3,
    /not taken by the `file` engine/,
  ],
  ['broken YAML', 'http: {port: 80\ncapture: }\n', 2, /./],
  ['a key twice', 'http:\n  port: 1\n  port: 2\n', 3, /unique/],
  ['an alias bomb', 'data: &a {dir: x}\nhttp: *a\n', 2, /aliases/],
  ['a prototype key', '__proto__: {}\n', 1, /__proto__/],
  ['an access point without a country', 'ap:\n  enabled: true\n', 2, /ap\.country: is needed/],
  ['a country that is none', 'ap:\n  country: XY\n', 2, /XY is no country/],
  ['a country in small letters', 'ap:\n  country: gb\n', 2, /ap\.country/],
  ['a network name of 33 bytes', `ap:\n  ssid: ${'ü'.repeat(16)}x\n`, 2, /has 33 bytes/],
  ['a channel of the other band', 'ap:\n  channel: 36\n', 2, /36 is not taken in the 2\.4 GHz band/],
  ['a channel shared with radar', 'ap:\n  band: "5"\n  channel: 52\n', 3, /shared with radar/],
  ['an interface that would be a path', 'ap:\n  interface: ../x\n', 2, /ap\.interface/],
  ['an interface that would end a rule', `ap:\n  uplink: 'a" x'\n`, 2, /ap\.uplink/],
  ['a public address', 'ap:\n  address: 8.8.8.1/24\n', 2, /is public/],
  ['an address without a prefix', 'ap:\n  address: 10.77.0.1\n', 2, /must be an address with a prefix/],
  ['an address with an octal part', 'ap:\n  address: 10.077.0.1/24\n', 2, /must be an address/],
  ['the address of the network', 'ap:\n  address: 10.77.0.0/24\n', 2, /address of the network/],
  ['an IPv6 address that is not local', 'ap:\n  address6: 2001:db8::1/64\n', 2, /unique local/],
  ['a page on the captured side', `ap: {enabled: true, country: GB}\nhttp: {host: 10.77.0.1}\n`, 2, /captured side/],
  ['a radio that is the bridge', 'ap: {enabled: true, country: GB, interface: br-weir}\n', 1, /port of it/],
  ['a reservation outside', `ap:\n  reservations:\n  - {mac: "02:00:00:00:00:01", ip: 10.78.0.5}\n`, 3, /10\.78\.0\.5/],
  [
    'an address reserved twice',
    `ap:\n  reservations:\n  - {mac: "02:00:00:00:00:01", ip: 10.77.0.5}\n  - {mac: "02:00:00:00:00:02", ip: 10.77.0.5}\n`,
    4,
    /given to 02:00:00:00:00:01 as well/,
  ],
  ['an unknown word in a list', `ap:\n  networks:\n  - {ssid: a, passphrase_file: b, wep: true}\n`, 3, /networks/],
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

test('an access point needs no more than to be switched on and a country', (t) => {
  const { ap } = loadConfig(write(t, 'ap: {enabled: true, country: GB}\n')).config;
  assert.deepEqual([ap.interface, ap.security, ap.address], ['wlan0', 'wpa2', '10.77.0.1/24']);
});

test('an element of a list is completed from the schema', (t) => {
  const path = write(t, 'ap:\n  networks:\n  - {ssid: guests, passphrase_file: /g}\n');
  assert.deepEqual(loadConfig(path).config.ap.networks, [
    { ssid: 'guests', passphrase_file: '/g', security: 'wpa2', internet: true, uplink: '' },
  ]);
});

test('a missing file is refused by name', () => {
  assert.equal(refusal('/nonexistent/weir.yaml').code, 'CONFIG_MISSING');
});

test('all mistakes of a file are reported at once, each with its line', (t) => {
  const path = write(t, 'http:\n  prot: 80\n  port: 8080\nap:\n  contry: GB\nnothing: {}\n');
  const found = mistakesIn(path).map(({ line, message }) => `${line} ${message.split(';', 1)[0]}`);
  assert.deepEqual(found, [
    '2 http.prot: unknown setting',
    '5 ap.contry: unknown setting',
    '6 nothing: unknown section',
  ]);
});

test('a value that fits no word of a choice is one mistake that names the words', (t) => {
  const path = write(t, 'http:\n  port: 99999\nretention:\n  idle: sometimes\n');
  assert.deepEqual(mistakesIn(path), [
    { line: 2, message: 'http.port: must be <= 65535' },
    { line: 4, message: 'retention.idle: must be one of: ring, keep' },
  ]);
});

test('what is no plain file of settings is refused at once, in words: a pipe, a device without end, a file without measure', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const pipe = join(folder, 'weir.yaml');
  if (spawnSync('mkfifo', [pipe]).status !== 0) return t.skip('no mkfifo here');
  assert.throws(() => loadConfig(pipe), /weir\.yaml: cannot be read \(it is no plain file\); nothing was started/);
  assert.throws(() => loadConfig('/dev/zero'), /cannot be read \(it is no plain file\)/);
  const long = join(folder, 'long.yaml');
  writeFileSync(long, '#'.repeat(300_000));
  assert.throws(() => loadConfig(long), /cannot be read \(it is longer than 262144 bytes\)/);
});
