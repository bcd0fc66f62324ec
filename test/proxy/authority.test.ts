import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { authorityCertificate, Leaves, leafKey, openAuthority } from '../../appliance/proxy/engine/authority.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-authority-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const skip = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed';

test('the authority is made once, its key for its owner alone', () => {
  const first = openAuthority(folder);
  assert.equal(openAuthority(folder).certificate, first.certificate);
  assert.equal(statSync(join(folder, 'ca/weir-proxy-ca.key')).mode & 0o777, 0o600);
  assert.equal(authorityCertificate(folder)?.sha256, new X509Certificate(first.certificate).fingerprint256);
  assert.equal(authorityCertificate(join(folder, 'none')), undefined);
});

test('openssl takes a leaf for its names, and nothing that a leaf signs', { skip }, async () => {
  const authority = openAuthority(folder);
  const leaf = new Leaves(authority, await leafKey()).certificateFor(['api.example.com', '203.0.113.1']);
  const files = { leaf: join(folder, 'leaf.pem'), ca: join(folder, 'ca/weir-proxy-ca.pem') };
  writeFileSync(files.leaf, leaf);
  const verify = (...words: readonly string[]): number | null =>
    spawnSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', files.ca, ...words, files.leaf])
      .status;
  assert.equal(verify('-verify_hostname', 'api.example.com'), 0);
  assert.equal(verify('-verify_ip', '203.0.113.1'), 0);
  assert.notEqual(verify('-verify_hostname', 'other.example.com'), 0);
  const [first = '', ca = ''] = leaf.split(/(?<=-----END CERTIFICATE-----\n)/);
  assert.deepEqual([new X509Certificate(first).ca, new X509Certificate(ca).ca], [false, true]);
});

test('a damaged authority is reported with what to do, and nothing is made over it', () => {
  const file = join(folder, 'ca/weir-proxy-ca.key');
  writeFileSync(file, 'none');
  assert.throws(() => openAuthority(folder), /FILE_UNREADABLE|no authority of the proxy/);
});
