import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Vault, vaultRefusal } from '../../appliance/analysis/secrets/vault.ts';
import { readVault, VAULT_FILE } from '../../appliance/analysis/secrets/vault-file.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { noise, wire } from '../decode/fixture.ts';

const SECRET = 'Grüße/Tr0ut Ladder!7';
let made: Vault | undefined;
/** Made by the test that asks first: a vault that cannot be made fails tests, not the file. */
const vault = (): Vault =>
  (made ??= new Vault([
    { name: 'camera password', value: SECRET },
    { name: 'short', value: 'abcd' },
    { name: 'inner', value: 'ut Ladder' },
  ]));

function hitsIn(bytes: Uint8Array, cut = bytes.length): string[] {
  const hits: string[] = [];
  let state = 0;
  for (let at = 0; at < bytes.length; at += cut) {
    state = vault().scan(bytes, at, Math.min(at + cut, bytes.length), state, ({ name, encoding }) =>
      hits.push(`${name} ${encoding}`),
    );
  }
  return hits.filter((hit) => hit.startsWith('camera'));
}

const plain = Buffer.from(SECRET);
const FORMS: Readonly<Record<string, readonly Uint8Array[]>> = {
  plain: [plain],
  url: [Buffer.from(encodeURIComponent(SECRET)), Buffer.from(encodeURIComponent(SECRET).replaceAll('%20', '+'))],
  json: [Buffer.from('Gr\\u00fc\\u00dfe/Tr0ut Ladder!7'), Buffer.from('Grüße\\/Tr0ut Ladder!7')],
  base64: ['', 'x', 'xy'].map((before) =>
    Buffer.from(Buffer.concat([Buffer.from(before), plain, Buffer.from('z')]).toString('base64')),
  ),
  hex: [Buffer.from(plain.toString('hex')), Buffer.from(plain.toString('hex').toUpperCase())],
  'utf-16': [Buffer.from(SECRET, 'utf16le'), Buffer.from(SECRET, 'utf16le').swap16()],
  md5: [Buffer.from(createHash('md5').update(plain).digest('hex'))],
  sha1: [Buffer.from(createHash('sha1').update(plain).digest('hex').toUpperCase())],
  sha256: [Buffer.from(createHash('sha256').update(plain).digest('base64'))],
};

test('a secret is found in every encoding, between noise and wherever packets cut it', () => {
  for (const [encoding, forms] of Object.entries(FORMS)) {
    for (const form of forms) {
      const bytes = wire(noise(50), form, noise(50, 9));
      for (const cut of [bytes.length, 1, 3, 7]) assert.deepEqual(hitsIn(bytes, cut), [`camera password ${encoding}`]);
    }
  }
});

test('a secret within another is found as well', () => {
  const hits: string[] = [];
  vault().scan(plain, 0, plain.length, 0, ({ name }) => hits.push(name));
  assert.deepEqual(hits.toSorted(), ['camera password', 'inner']);
});

test('a megabyte of noise holds none', () => {
  assert.deepEqual(hitsIn(noise(1_000_000)), []);
});

test('redacted text holds the name instead of the value, in any encoding', () => {
  const text = `login ${SECRET} and ${plain.toString('hex')} end`;
  assert.equal(vault().redact(text), 'login {secret camera password} and {secret camera password} end');
  assert.equal(vault().redact('nothing here'), 'nothing here');
});

test('secrets that are too short, too long or too many are refused in words', () => {
  assert.match(vaultRefusal([{ name: 'pin', value: '123' }]) ?? '', /pin.*at least 4/);
  assert.match(vaultRefusal([{ name: 'book', value: 'x'.repeat(300) }]) ?? '', /book.*at most 256/);
  assert.match(
    vaultRefusal(Array.from({ length: 65 }, (_, i) => ({ name: `s${i}`, value: 'value' }))) ?? '',
    /at most 64/,
  );
  assert.equal(vaultRefusal([{ name: 'ok', value: 'value' }]), undefined);
});

test('a vault file is read by lines, and a bad line is named without its value', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-vault-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, VAULT_FILE);
  assert.equal(readVault(path).empty, true);
  writeFileSync(path, '# mine\n\ncamera password: Tr0ut: Ladder\n');
  assert.equal(readVault(path).redact('is Tr0ut: Ladder!'), 'is {secret camera password}!');
  writeFileSync(path, 'ok: value\nhunter2\n');
  assert.throws(
    () => readVault(path),
    (error) => error instanceof WeirError && /line 2/.test(error.message) && !/hunter2/.test(error.message),
  );
});

test('a pipe or a folder in place of a vault file is refused at once', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-vault-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(spawnSync('mkfifo', [join(folder, VAULT_FILE)]).status, 0);
  for (const path of [join(folder, VAULT_FILE), folder])
    assert.throws(
      () => readVault(path),
      (error) => error instanceof WeirError && error.code === 'FILE_UNREADABLE',
    );
});
