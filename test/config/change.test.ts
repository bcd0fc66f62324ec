import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { restartsFor, withSetting } from '../../appliance/config/edit-settings.ts';
import { listKept, replaceSettings } from '../../appliance/config/kept-settings.ts';
import { WeirError } from '../../appliance/model/errors.ts';

const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const TEXT = '# of the lab\nretention: # room\n  idle: ring # oldest first\n  keep_newest: 10\n';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a setting is replaced, and comments, order and other settings stay', () => {
  assert.equal(withSetting(TEXT, 'retention.keep_newest', '20'), TEXT.replace('10', '20'));
  assert.match(withSetting(TEXT, 'retention.idle', 'keep'), /idle: keep # oldest first/);
  assert.match(withSetting('', 'http.port', '81'), /^http:\n {2}port: 81\n$/);
  assert.match(withSetting('http:\n# later\n', 'http.port', '81'), /port: 81/);
  assert.match(withSetting('data: {dir: /a}\n', 'data.dir', '/b'), /\/b/);
});

test('a word that YAML takes for a number is text where the setting is text', () => {
  assert.match(withSetting('', 'ap.band', '2.4'), /band: "2\.4"/);
  assert.match(withSetting('', 'analysis.secure_ports', '[443, 8883]'), /secure_ports:\n? .*443/);
});

test('what is no setting, and what a setting does not take, changes nothing and is reported in one line', () => {
  for (const [key, value, code] of [
    ['retention.idle', 'never', 'CONFIG_INVALID'],
    ['retention.keep_newest', 'many', 'CONFIG_INVALID'],
    ['http.port', '[', 'CONFIG_INVALID'],
    ['http.port', '&a [*a]', 'CONFIG_INVALID'],
    ['nothing.here', '1', 'USAGE'],
    ['__proto__.a', '1', 'USAGE'],
    ['http.port.deep', '1', 'USAGE'],
    ['http', '1', 'USAGE'],
  ] as const)
    assert.throws(
      () => withSetting(TEXT, key, value),
      (thrown) => thrown instanceof WeirError && thrown.code === code && !thrown.message.includes('\n'),
      `${key} ${value}`,
    );
});

test('only who reads a changed section starts again', () => {
  assert.deepEqual(restartsFor({ retention: { idle: 'ring' } }, { retention: { idle: 'keep' } }), ['weir-capture']);
  assert.deepEqual(restartsFor({ http: { port: 1 } }, { http: { port: 2 } }), ['weir']);
  assert.deepEqual(restartsFor({ ap: {} }, { ap: {} }), []);
});

test('the newest twenty replaced files are kept, with the rights of the one in force', (t) => {
  const file = join(folderFor(t), 'weir.yaml');
  writeFileSync(file, 'first', { mode: 0o600 });
  for (let i = 0; i < 25; i++) replaceSettings(file, `text ${i}`, 1_795_176_000_000);
  const kept = listKept(file);
  assert.equal(kept.length, 20);
  assert.equal(readFileSync(kept[0]?.path ?? '', 'utf8'), 'text 23');
  assert.equal(statSync(kept[0]?.path ?? '').mode & 0o777, 0o600);
  assert.equal(replaceSettings(file, 'text 24', 1), null, 'the same text replaces nothing');
  assert.deepEqual(readdirSync(join(file, '..')).toSorted(), ['kept', 'weir.yaml']);
});

test('the verbs change, list and take back settings, for people and as JSON', (t) => {
  const folder = folderFor(t);
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, TEXT);
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [WEIR, 'config', ...words, '-c', file], { encoding: 'utf8' });
  const changed = run('set', 'retention.idle', 'keep', '--json');
  assert.equal(changed.status, 0, changed.stderr);
  const { kept, restart } = JSON.parse(changed.stdout) as { kept: string; restart: string[] };
  assert.deepEqual(restart, ['weir-capture']);
  assert.equal(run('get', 'retention.idle', '--json').stdout, '"keep"\n');
  assert.match(run('backups').stdout, new RegExp(`^${kept} `));
  const refused = run('set', 'retention.idle', 'never');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /^weir: never was not set: .*must be one of: ring, keep.* \[CONFIG_INVALID\]\n$/);
  const back = run('restore', kept);
  assert.match(back.stdout, /systemctl restart weir-capture/);
  assert.equal(readFileSync(file, 'utf8'), TEXT);
  writeFileSync(join(folder, 'bad.yaml'), 'http: {port: no}\n');
  assert.match(run('apply', join(folder, 'bad.yaml')).stderr, /bad\.yaml:1: http\.port/);
  assert.equal(run('restore', '../../etc/passwd').status, 2);
  assert.equal(readFileSync(file, 'utf8'), TEXT);
});
