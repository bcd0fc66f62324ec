// The package on the Pi's processor, which qemu-user plays here: it installs, and it computes what amd64 computes. Takes minutes;
// `make test-deb ARCH=arm64` runs it.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { builtPackage, expectedAnalysis, writeCapture } from './fixture.ts';
import { openRoot, type Root, withoutRoot } from './root.ts';

const file = builtPackage('arm64');
const skip = file === undefined ? 'there is no package in dist/deb: make deb' : withoutRoot('arm64');
let root: Root;

before(() => {
  if (skip !== false || file === undefined) return;
  root = openRoot('arm64');
  copyFileSync(file, root.path('srv/weir.deb'));
});

after(() => {
  if (skip === false) root.remove();
});

test('apt installs it on arm64 with all that it depends on', { skip }, () => {
  root.do('apt-get update -qq && apt-get install -y -qq --no-install-recommends /srv/weir.deb 2>&1');
  assert.equal(root.do('node -p process.arch').trim(), 'arm64');
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
