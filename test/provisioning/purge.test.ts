// What a purge of the package leaves of a data folder: its own shell function over a folder of this test.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../../provisioning/deb/scripts/postrm', import.meta.url));

function dataFolder(t: TestContext, paths: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-purge-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), 'x');
  }
  return folder;
}

/** Only its functions are read: the commands behind them would purge this machine. */
function purge(folder: string): string {
  const script = readFileSync(SCRIPT, 'utf8');
  const functions = script.slice(0, script.indexOf('\ncase "$1" in')).replace(/^DATA=.*$/m, `DATA='${folder}'`);
  const done = spawnSync('sh', ['-c', `${functions}\nchown() { :; }\nremove_all_but_evidence`], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stderr;
}

const LOST = ['index/x.db', 'access/claim.json', 'run/capture.sock', 'exports/a/b', 'vault.txt', '.hidden'];

test('captures, scans, ledger and keys stay, the rest goes', (t) => {
  const kept = ['captures/a/1.pcap', 'scans/a/1.json', 'ledger.ndjson', 'ledger-000001.ndjson', 'ledger.head'];
  const folder = dataFolder(t, [...kept, 'key/ed25519.pem', 'appliance.json', ...LOST]);
  assert.match(purge(folder), /captures and scans/);
  assert.deepEqual(readdirSync(folder).sort(), [
    'appliance.json',
    'captures',
    'key',
    'ledger-000001.ndjson',
    'ledger.head',
    'ledger.ndjson',
    'scans',
  ]);
});

test('one scan alone is kept as well', (t) => {
  const folder = dataFolder(t, ['scans/a/1.json', ...LOST]);
  assert.match(purge(folder), /stay in/);
  assert.deepEqual(readdirSync(folder), ['scans']);
});

test('where nothing was ever recorded nothing stays', (t) => {
  const folder = dataFolder(t, LOST);
  mkdirSync(join(folder, 'captures'));
  mkdirSync(join(folder, 'scans'));
  assert.equal(purge(folder), '');
  assert.throws(() => readdirSync(folder), { code: 'ENOENT' });
});
