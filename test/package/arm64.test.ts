// The package on the Pi's processor, which qemu-user plays here: it installs, computes what amd64 computes, is upgraded and purged.
// Takes minutes; `make test-deb ARCH=arm64` runs it. The tests are in the order of that life.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  builtPackage,
  evidence,
  expectedAnalysis,
  leftovers,
  OLD_VERSION,
  olderPackage,
  PROVISIONED,
  provisioned,
  REPLACED,
  writeCapture,
} from './fixture.ts';
import { openRoot, type Root, withoutRoot } from './root.ts';

const file = builtPackage('arm64');
const skip = file === undefined ? 'there is no package in dist/deb: make deb' : withoutRoot('arm64');
const work = mkdtempSync(join(tmpdir(), 'weir-package-'));
let root: Root;

before(() => {
  if (skip !== false || file === undefined) return;
  root = openRoot('arm64');
  copyFileSync(file, root.path('srv/weir.deb'));
  copyFileSync(olderPackage(file, work), root.path('srv/weir-old.deb'));
});

after(() => {
  if (skip === false) root.remove();
  rmSync(work, { recursive: true });
});

const version = (): string => root.do("dpkg-query -W -f '${Version}' weir");
const settings = (): string => root.path('etc/weir/weir.yaml');

test('apt installs it on arm64 with all that it depends on', { skip }, () => {
  root.do('apt-get update -qq && apt-get install -y -qq --no-install-recommends /srv/weir-old.deb 2>&1');
  assert.equal(root.do('node -p process.arch').trim(), 'arm64');
  assert.equal(version(), OLD_VERSION);
});

test('an upgrade keeps settings and evidence', { skip }, () => {
  writeFileSync(settings(), '# mine\n', { flag: 'a' });
  root.do('echo evidence >/var/lib/weir/captures/kept && chown weir-capture:weir /var/lib/weir/captures/kept');
  const before = [readFileSync(settings(), 'utf8'), evidence(root).join('\n')];
  root.do('dpkg -i /srv/weir.deb 2>&1');
  assert.notEqual(version(), OLD_VERSION);
  assert.deepEqual([readFileSync(settings(), 'utf8'), evidence(root).join('\n')], before);
  assert.equal(root.do('dpkg -V weir'), '');
});

test('weir analyze prints on arm64 what it prints on this machine, byte for byte', { skip }, () => {
  writeCapture(root.path('srv/home.pcap'));
  const said = root.do('cd /srv && weir --version && weir analyze --format json home.pcap');
  const [first = '', ...rest] = said.split('\n');
  assert.equal(rest.join('\n'), expectedAnalysis(root.path('srv'), 'home.pcap', first));
});

test('both native modules load on arm64', { skip }, () => {
  const program = `const { Cap } = require('/usr/lib/weir/node_modules/cap');
    const level = require('/usr/lib/weir/native/classic-level.node'); console.log(typeof Cap, typeof level.db_open)`;
  assert.equal(root.do(`node -e "${program.replaceAll('\n', ' ')}"`).trim(), 'function function');
});

test('first boot makes identity, key and claim, each as the one who needs it', { skip }, () => {
  assert.equal(provisioned(root), PROVISIONED);
});

test('a purge leaves exactly the evidence, as root’s', { skip }, () => {
  const kept = evidence(root).map((line) => line.split(' ')[0]);
  assert.ok(kept.includes('captures/kept'), kept.join(' '));
  root.do('dpkg --purge weir 2>&1');
  assert.deepEqual(leftovers(root).sort(), ['/var/lib/weir', ...kept.map((path) => `/var/lib/weir/${path}`)].sort());
  assert.equal(root.do('find /var/lib/weir -not -user root').trim(), '');
  for (const unit of REPLACED) assert.equal(existsSync(root.path(`etc/systemd/system/${unit}`)), false);
});
