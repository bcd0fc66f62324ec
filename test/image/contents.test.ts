// The image as a file: it fits a card, and there is nothing secret in it, nor anything that two machines would share.

import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bootTexts, builtImage, unpackPartition } from './card.ts';
import { skip } from './skip.ts';

/** At the start of a file: elsewhere it is a program that knows the words. */
const PRIVATE_KEY = /^-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** As long as what first boot makes: groups of five of its 32 letters. */
const MADE_SECRET = /\b(?:[2-9a-km-np-z]{5}-){4,}[2-9a-km-np-z]{5}\b/;
const MAX_TEXT_BYTES = 65_536;

describe('the image', { skip }, () => {
  const image = builtImage() ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'weir-contents-'));
  const system = join(folder, 'system');
  const data = join(folder, 'data');

  before(() => {
    unpackPartition(image, 1, system);
    unpackPartition(image, 2, data);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Regular files; links are not followed, because they lead into this machine. */
  const files = (root: string): string[] =>
    readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
      const path = join(root, entry.name);
      if (entry.isDirectory()) return files(path);
      return entry.isFile() ? [path] : [];
    });

  test('fits a card of 2 GB and has Weir in it', () => {
    assert.ok(statSync(image).size < 2 ** 31);
    assert.ok(existsSync(join(system, 'usr/lib/weir/appliance/cli/main.js')));
    assert.ok(files(system).length > 5000, 'the whole tree was read');
  });

  test('holds no private key', () => {
    const keys = [...files(system), ...files(data)].filter((path) =>
      PRIVATE_KEY.test(readFileSync(path).subarray(0, 100).toString('latin1')),
    );
    assert.deepEqual(keys, []);
    assert.ok(!readdirSync(join(system, 'etc/ssh')).some((name) => name.startsWith('ssh_host_')));
  });

  test('holds no passphrase and no token', () => {
    for (const path of ['etc/weir/ap.passphrase', 'etc/weir/weir-access.txt', 'etc/hostapd/hostapd.conf'])
      assert.equal(existsSync(join(system, path)), false, path);
    const texts = files(join(system, 'etc')).filter((path) => statSync(path).size < MAX_TEXT_BYTES);
    const suspects = texts.filter((path) => MADE_SECRET.test(readFileSync(path, 'latin1')));
    assert.deepEqual(
      suspects.map((path) => relative(system, path)),
      [],
    );
  });

  test('lets nobody log in with a password', () => {
    const shadow = readFileSync(join(system, 'etc/shadow'), 'utf8').trim().split('\n');
    const open = shadow.map((line) => line.split(':')).filter(([, hash = '']) => !/^[*!]/.test(hash));
    assert.deepEqual(open, []);
    assert.equal(existsSync(join(system, 'root/.ssh/authorized_keys')), false);
  });

  test('has no machine id, no random seed, and no evidence of having run', () => {
    assert.equal(readFileSync(join(system, 'etc/machine-id'), 'utf8'), '');
    for (const path of ['var/lib/dbus/machine-id', 'var/lib/systemd/random-seed', 'var/lib/systemd/credential.secret'])
      assert.equal(existsSync(join(system, path)), false, path);
    assert.deepEqual(
      files(data).map((path) => relative(data, path)),
      [],
    );
  });

  test('leaves the boot partition to the person: settings to fill in, no secret', () => {
    const texts = bootTexts(image);
    assert.match(texts.get('weir.yaml') ?? '', /country: ["']{2}/);
    for (const [name, text] of texts) {
      if (text.length > MAX_TEXT_BYTES) continue;
      assert.ok(!MADE_SECRET.test(text) && !text.includes('PRIVATE KEY'), name);
    }
  });

  test('masks what would fight for the radio and port 53, and starts what it should', () => {
    const unit = (name: string) => join(system, 'etc/systemd/system', name);
    for (const name of ['hostapd.service', 'wpa_supplicant.service'])
      assert.equal(lstatSync(unit(name)).isSymbolicLink(), true, name);
    for (const name of ['weir-firstboot', 'weir-capture', 'weir', 'weir-ap', 'weir-image-resize'])
      assert.doesNotThrow(() => lstatSync(unit(`multi-user.target.wants/${name}.service`)), name);
  });
});
