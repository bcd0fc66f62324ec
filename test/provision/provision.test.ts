import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import encodeQR from 'qr';
import decodeQR from 'qr/decode.js';
import { keyFingerprint } from '../../appliance/capture/ledger/minisign.ts';
import { claimText, isClaimOf } from '../../appliance/model/files/access-files.ts';
import type { Places } from '../../appliance/provision/places.ts';
import { provision } from '../../appliance/provision/provision.ts';
import { qrBlocks, qrSvg, wifiCode } from '../../appliance/provision/qr-text.ts';

class Machine {
  readonly folder: string;
  readonly places: Places;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'weir-provision-'));
    t.after(() => rmSync(this.folder, { recursive: true }));
    for (const name of ['boot', 'etc', 'run']) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, 'run', 'console'), '');
    this.places = {
      boot: join(this.folder, 'boot'),
      config: join(this.folder, 'etc', 'weir.yaml'),
      report: join(this.folder, 'run', 'weir-boot', 'report.json'),
      issue: join(this.folder, 'run', 'issue.d', 'weir.issue'),
      console: join(this.folder, 'run', 'console'),
    };
    writeFileSync(this.places.config, this.settings('{}'));
  }

  /** Settings that keep to the test's own folders. */
  settings(http: string, ap = ''): string {
    const data = join(this.folder, 'data');
    const file = join(this.folder, 'etc', 'ap.passphrase');
    const wifi = ap === '' ? '' : `ap: {enabled: true, country: GB, passphrase_file: ${file}${ap}}\n`;
    return `data: {dir: ${data}}\nhttp: ${http}\n${wifi}`;
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  start() {
    return provision(this.places);
  }

  get token(): string | undefined {
    return /Claim token: +(\S+)/.exec(this.read('boot/weir-access.txt'))?.[1];
  }
}

const WIFI = ', ssid: Lab';

test('weir.yaml on the boot partition becomes the settings in force', async (t) => {
  const machine = new Machine(t);
  const text = machine.settings('{host: 0.0.0.0, port: 81}');
  machine.write('boot/weir.yaml', text);
  assert.equal((await machine.start()).settings, 'used');
  assert.equal(machine.read('etc/weir.yaml'), text);
  assert.match(machine.read('boot/weir-status.txt'), /weir\.yaml: in force\./);
});

test('a second start changes nothing and writes nothing on the card', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}', WIFI));
  await machine.start();
  const files = () =>
    readdirSync(join(machine.folder, 'boot')).map((name) => {
      const path = join(machine.folder, 'boot', name);
      return [name, statSync(path).ino, readFileSync(path, 'utf8')];
    });
  const before = files();
  assert.equal((await machine.start()).settings, 'unchanged');
  assert.deepEqual(files(), before);
});

test('the fingerprint of the page is informed next to the claim token, and is the same at each start', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0, port: 81}', WIFI));
  const reported = () => /Page's key: +([0-9a-f]{64})\n/.exec(machine.read('boot/weir-access.txt'))?.[1];
  await machine.start();
  const first = reported();
  assert.ok(first !== undefined);
  assert.match(machine.read('boot/weir-access.txt'), /Page: +https:\/\/\S+\.local:81\n/);
  await machine.start();
  assert.equal(reported(), first);
});

test('the fingerprint of the evidence key is reported on card and console, and stays on the card after the claim', async (t) => {
  const machine = new Machine(t);
  await machine.start();
  const { public_key } = JSON.parse(machine.read('data/appliance.json')) as { public_key: string };
  const key = keyFingerprint(public_key) ?? 'none';
  for (const file of ['boot/weir-access.txt', 'run/issue.d/weir.issue'])
    assert.match(machine.read(file), new RegExp(`Evidence key: ${key}\n`), file);
  assert.match(machine.read('boot/weir-status.txt'), new RegExp(key));
});

test('a change by hand in /etc stays as long as the card says nothing new', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{port: 81}'));
  await machine.start();
  machine.write('etc/weir.yaml', machine.settings('{port: 82}'));
  await machine.start();
  assert.match(machine.read('etc/weir.yaml'), /port: 82/);
});

test('a changed weir.yaml is taken over at the next start, and what it replaced is kept', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{port: 81}'));
  await machine.start();
  machine.write('boot/weir.yaml', machine.settings('{port: 82}'));
  assert.equal((await machine.start()).settings, 'used');
  assert.match(machine.read('etc/weir.yaml'), /82/);
  assert.match(machine.read('etc/weir.yaml.before'), /81/);
});

test('mistakes are all reported with their lines, on card, console and in the report, and the old settings stay', async (t) => {
  const machine = new Machine(t);
  const before = machine.read('etc/weir.yaml');
  machine.write('boot/weir.yaml', 'http:\n  prot: 80\nap:\n  contry: GB\n');
  const report = await machine.start();
  assert.equal(report.settings, 'refused');
  assert.deepEqual(
    report.mistakes.map((line) => line.split(';', 1)[0]),
    ['weir.yaml:2: http.prot: unknown setting', 'weir.yaml:4: ap.contry: unknown setting'],
  );
  assert.equal(machine.read('etc/weir.yaml'), before);
  for (const place of ['boot/weir-status.txt', 'run/console', 'run/issue.d/weir.issue', 'run/weir-boot/report.json'])
    for (const mistake of report.mistakes) assert.ok(machine.read(place).includes(mistake), place);
  assert.match(machine.read('boot/weir-status.txt'), /Correct this, save the file/);
});

test('a mistake that was corrected is no longer reported', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', 'http: 80\n');
  await machine.start();
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}'));
  await machine.start();
  assert.doesNotMatch(machine.read('boot/weir-status.txt'), /mistakes|Correct/);
});

for (const name of ['weir.yaml.txt', 'weir.yml']) {
  test(`${name}, as some editors call it, is not overlooked`, async (t) => {
    const machine = new Machine(t);
    machine.write(`boot/${name}`, machine.settings('{}'));
    const { mistakes } = await machine.start();
    assert.deepEqual(mistakes, [`${name}: the file must be called weir.yaml; rename it`]);
  });
}

test('Windows line ends and a byte order mark are no mistake', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', `\uFEFF${machine.settings('{port: 81}').replaceAll('\n', '\r\n')}`);
  assert.deepEqual((await machine.start()).mistakes, []);
});

test('each machine makes an id, a signing key, a passphrase and a token of its own', async (t) => {
  const [one, other] = [new Machine(t), new Machine(t)];
  for (const machine of [one, other]) {
    machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}', ', ssid: ""'));
    await machine.start();
  }
  for (const file of ['data/appliance.json', 'data/key/ed25519.pem', 'etc/ap.passphrase', 'data/access/claim.json'])
    assert.notEqual(one.read(file), other.read(file), file);
  assert.notEqual(one.token, other.token);
  for (const secret of [one.token ?? '', one.read('etc/ap.passphrase').trim()])
    assert.match(secret, /^([2-9a-km-np-z]{5}-){4}[2-9a-km-np-z]{5}$/, '25 characters of 32: 125 bits');
  const id = (JSON.parse(one.read('data/appliance.json')) as { id: string }).id;
  assert.ok(one.read('boot/weir-wifi.txt').includes(`Name:         weir-${id.slice(-4)}\n`));
});

test('secrets on the system are readable by root alone, and neither report nor journal holds one', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}', WIFI));
  const report = await machine.start();
  for (const file of ['etc/ap.passphrase', 'data/key/ed25519.pem', 'data/access/claim.json', 'run/issue.d/weir.issue'])
    assert.equal(statSync(join(machine.folder, file)).mode & 0o077, 0, file);
  const passphrase = machine.read('etc/ap.passphrase').trim();
  for (const secret of [machine.token ?? '?', passphrase]) {
    assert.ok(!JSON.stringify(report).includes(secret));
    assert.ok(!machine.read('run/weir-boot/report.json').includes(secret));
    assert.ok(machine.read('run/console').includes(secret));
  }
  assert.ok(!machine.read('data/access/claim.json').includes(machine.token ?? '?'), 'only its hash');
});

test('the token is reported until the page has a password, then it is gone from everywhere', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}', WIFI));
  await machine.start();
  const { token = '?' } = machine;
  assert.ok(isClaimOf(machine.read('data/access/claim.json'), token));
  machine.write('run/console', '');
  await machine.start();
  assert.ok(machine.read('run/console').includes(token), 'the same one at the next start');
  machine.write('data/access/access.json', '{}');
  machine.write('run/console', '');
  await machine.start();
  assert.equal(machine.has('boot/weir-access.txt'), false);
  assert.equal(machine.has('data/access/claim.json'), false);
  for (const file of ['run/console', 'run/issue.d/weir.issue', 'boot/weir-status.txt', 'boot/weir-wifi.txt'])
    assert.ok(!machine.read(file).includes(token), file);
});

test('a hand-over file that was lost or does not fit leads to a new token', async (t) => {
  const machine = new Machine(t);
  await machine.start();
  const first = machine.token;
  rmSync(join(machine.folder, 'boot', 'weir-access.txt'));
  await machine.start();
  const second = machine.token;
  assert.notEqual(second, first);
  assert.ok(isClaimOf(machine.read('data/access/claim.json'), second ?? ''));
  machine.write('data/access/claim.json', claimText('other'));
  await machine.start();
  assert.notEqual(machine.token, second);
});

test('a file reset-password on the card forgets the password, once', async (t) => {
  const machine = new Machine(t);
  mkdirSync(join(machine.folder, 'data', 'access'), { recursive: true });
  machine.write('data/access/access.json', '{}');
  machine.write('boot/reset-password.txt', '');
  await machine.start();
  assert.equal(machine.has('data/access/access.json'), false);
  assert.equal(machine.has('boot/reset-password.txt'), false);
  assert.notEqual(machine.token, undefined);
});

test('a file reset-password that cannot be removed from a worn card counts once, and the page can be claimed', {
  skip: process.getuid?.() === 0 ? false : 'needs root, to mount a partition read-only',
}, async (t) => {
  const machine = new Machine(t);
  mkdirSync(join(machine.folder, 'data', 'access'), { recursive: true });
  machine.write('data/access/access.json', '{}');
  machine.write('boot/reset-password', '');
  await withReadOnly(join(machine.folder, 'boot'), async () => {
    assert.match((await machine.start()).notes.join(), /forgotten.*cannot be written/);
    assert.equal(machine.has('data/access/access.json'), false);
    assert.match(machine.read('run/console'), /Claim token/);
    machine.write('data/access/access.json', '{}');
    assert.match((await machine.start()).notes.join(), /obeyed at an earlier start/);
    assert.ok(machine.has('data/access/access.json'), 'the password that was set meanwhile stays');
  });
});

async function withReadOnly(folder: string, work: () => Promise<void>): Promise<void> {
  assert.equal(spawnSync('mount', ['--bind', folder, folder]).status, 0);
  try {
    assert.equal(spawnSync('mount', ['-o', 'remount,bind,ro', folder]).status, 0);
    await work();
  } finally {
    spawnSync('umount', [folder]);
  }
}

test('half a megabyte of empty lines as a passphrase is refused, without a search that does not end', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}', WIFI));
  machine.write('boot/ap.passphrase', `${'\n'.repeat(500_000)}x`);
  assert.match((await machine.start()).mistakes.join(), /8 to 63 characters/);
});

test('a file of something else, named as the passphrase file, is not printed onto the card', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}', WIFI));
  machine.write('etc/ap.passphrase', 'root:$6$secret:19000\ndaemon:*:19000\n');
  assert.match((await machine.start()).mistakes.join(), /ap\.passphrase: a passphrase has 8 to 63/);
  const reported = readdirSync(join(machine.folder, 'boot')).map((name) => machine.read(`boot/${name}`));
  assert.doesNotMatch(reported.join(), /secret/);
});

test('a passphrase of one’s own is moved off the card; one that is none is refused and stays there', async (t) => {
  const machine = new Machine(t);
  machine.write('boot/weir.yaml', machine.settings('{host: 0.0.0.0}', WIFI));
  machine.write('boot/ap.passphrase', 'short\r\n');
  assert.match((await machine.start()).mistakes.join(), /8 to 63 characters/);
  machine.write('boot/ap.passphrase', 'correct horse, battery\r\n');
  assert.deepEqual((await machine.start()).mistakes, []);
  assert.equal(machine.read('etc/ap.passphrase'), 'correct horse, battery\n');
  assert.equal(machine.has('boot/ap.passphrase'), false);
});

const PROGRAM = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

/** Folders are given to other users, whose process reads the program where it lies: not below /root, say. */
function whyNoOthers(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to give folders to other users';
  const read = `require('node:fs').accessSync(${JSON.stringify(PROGRAM)})`;
  const { status } = spawnSync(process.execPath, ['-e', read], { uid: 12_345, gid: 12_346, cwd: '/' });
  return status === 0 ? false : `other users cannot enter the folders of ${PROGRAM} or ${process.execPath}`;
}

test('what is made belongs to those who need it, and a link they planted leads root nowhere', {
  skip: whyNoOthers(),
}, async (t) => {
  const machine = new Machine(t);
  chmodSync(machine.folder, 0o755);
  mkdirSync(join(machine.folder, 'data', 'access'), { recursive: true });
  chownSync(join(machine.folder, 'data'), 12_345, 12_346);
  chownSync(join(machine.folder, 'data', 'access'), 12_347, 12_346);
  await machine.start();
  const owner = (file: string) => statSync(join(machine.folder, file)).uid;
  assert.deepEqual(
    ['data/appliance.json', 'data/key/ed25519.pem', 'data/access/claim.json', 'etc/weir.yaml'].map(owner),
    [12_345, 12_345, 12_347, 0],
  );
  assert.equal(statSync(join(machine.folder, 'data', 'appliance.json')).mode & 0o777, 0o640, 'the group may read it');
  machine.write('etc/precious', 'kept');
  rmSync(join(machine.folder, 'boot', 'weir-access.txt'));
  rmSync(join(machine.folder, 'data', 'access', 'claim.json'));
  symlinkSync(join(machine.folder, 'etc', 'precious'), join(machine.folder, 'data', 'access', 'claim.json.tmp'));
  await assert.rejects(machine.start());
  assert.equal(machine.read('etc/precious'), 'kept');
});

test('without a boot partition the hand-over lies next to the settings, for root alone', async (t) => {
  const machine = new Machine(t);
  await provision({ ...machine.places, boot: null });
  assert.equal(statSync(join(machine.folder, 'etc', 'weir-access.txt')).mode & 0o777, 0o600);
});

test('a boot partition that cannot be written costs only what would are there', async (t) => {
  const machine = new Machine(t);
  // A folder in the place of the file: refused to root as well.
  mkdirSync(join(machine.folder, 'boot', 'weir-access.txt'));
  mkdirSync(join(machine.folder, 'boot', 'weir-access.txt.tmp'));
  const { notes } = await machine.start();
  assert.match(notes.join(), /cannot be written/);
  assert.match(machine.read('run/console'), /Claim token: +\S{20}/);
});

test('settings spoilt by hand are reported, and the claim is made all the same', async (t) => {
  const machine = new Machine(t);
  machine.write('etc/weir.yaml', `data: {dir: ${join(machine.folder, 'data')}}\nnothing: 1\n`);
  // The data folder of the defaults is not for tests.
  machine.write('boot/weir.yaml', machine.settings('{}'));
  assert.deepEqual((await machine.start()).mistakes, []);
  chmodSync(machine.folder, 0o755);
  assert.notEqual(machine.token, undefined);
});

test('the Wi-Fi code holds what phones read, also with the signs that need escaping', () => {
  const network = { ssid: 'a;b"c', passphrase: 'p\\w,x:yz1' };
  assert.equal(wifiCode(network), 'WIFI:T:WPA;S:a\\;b\\"c;P:p\\\\w\\,x\\:yz1;;');
});

for (const ink of ['dark', 'light'] as const) {
  test(`the code drawn in ${ink} blocks reads as what was put in`, () => {
    const code = wifiCode({ ssid: 'weir-1a2b', passphrase: '23456-789ab-cdefg-hijkm-npqrs' });
    assert.equal(decodeQR(imageOf(qrBlocks(code, ink), ink)), code);
    assert.ok(qrSvg(code).startsWith('<svg'));
    assert.ok(encodeQR(code, 'raw', { ecc: 'low', border: 2 }).length <= 2 * 22, 'fits a console of 25 lines');
  });
}

/** The blocks as a camera sees them, eight pixels a module, on paper or on a black console, with a margin. */
function imageOf(text: string, ink: 'dark' | 'light') {
  const SCALE = 8;
  const lines = text.split('\n');
  const columns = lines[0]?.length ?? 0;
  const isDark = (row: number, column: number): boolean => {
    const character = lines[row >> 1]?.[column];
    if (character === undefined) return false;
    const isInk = character === '█' || character === (row % 2 === 0 ? '▀' : '▄');
    return isInk === (ink === 'dark');
  };
  const width = (columns + 8) * SCALE;
  const height = (lines.length * 2 + 8) * SCALE;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (isDark(Math.floor(y / SCALE) - 4, Math.floor(x / SCALE) - 4))
        data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
  return { width, height, data };
}
