import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openAuthority } from '../../appliance/proxy/engine/authority.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const folder = mkdtempSync(join(tmpdir(), 'weir-ca-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ca = () => spawnSync(process.execPath, [MAIN, 'proxy', 'ca', '--dir', folder], { encoding: 'utf8' });

test('the certificate is given with the fingerprint that a phone shows, and before there is one it says so', () => {
  assert.match(ca().stderr, /there is no authority yet.*\[FILE_UNREADABLE\]/);
  const { certificate } = openAuthority(folder);
  const { stdout, stderr } = ca();
  assert.equal(stdout, certificate);
  assert.match(stderr, /^SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\n$/);
});
