import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { searchApk } from '../../appliance/proxy/results/apk.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const skip = spawnSync('python3', ['--version']).error === undefined ? false : 'python3 is not installed';
const folder = mkdtempSync(join(tmpdir(), 'weir-apk-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Packed by Python, which is not ours. */
function pack(): string {
  const [tree, file] = [join(folder, 'tree'), join(folder, 'app.apk')];
  mkdirSync(join(tree, 'res/xml'), { recursive: true });
  writeFileSync(
    join(tree, 'classes.dex'),
    `${'\0'.repeat(5000)}Ljavax/net/ssl/X509TrustManager;checkServerTrusted(x509)`,
  );
  writeFileSync(join(tree, 'res/xml/net.xml'), Buffer.from('pin-set', 'utf16le'));
  writeFileSync(join(tree, 'x509.png'), 'x509');
  const { status } = spawnSync('python3', ['-m', 'zipfile', '-c', file, 'classes.dex', 'res', 'x509.png'], {
    cwd: tree,
  });
  assert.equal(status, 0);
  return file;
}

test('the words of the paper are found in code and binary XML, and not in pictures', { skip }, () => {
  const found = searchApk(readFileSync(pack()));
  const counts = Object.fromEntries(
    (found?.words ?? []).map(({ word, count, entries }) => [word, `${count} ${entries.join(' ')}`]),
  );
  assert.equal(counts['x509'], '2 classes.dex');
  assert.equal(counts['checkServerTrusted'], '1 classes.dex');
  assert.equal(counts['pin-set'], '1 res/xml/net.xml');
  assert.equal(counts['CertificatePinner'], '0 ');
});

test('cut, overwritten or no package at all: no throw, and what was not searched is counted', { skip }, () => {
  const bytes = readFileSync(pack());
  for (let length = 0; length < bytes.length; length++) assert.doesNotThrow(() => searchApk(bytes.subarray(0, length)));
  for (let at = 0; at < bytes.length; at++) {
    const broken = Buffer.from(bytes);
    broken[at] = 0xff;
    assert.doesNotThrow(() => searchApk(broken));
  }
  const file = join(folder, 'none.apk');
  writeFileSync(file, 'none');
  const { stderr } = spawnSync(process.execPath, [MAIN, 'proxy', 'apk', file], { encoding: 'utf8' });
  assert.match(stderr, /is no APK .*nothing was searched\. \[FILE_UNREADABLE\]/);
});
