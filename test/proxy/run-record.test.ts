import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hashes, RunFolder, readAttempts, runFolders } from '../../appliance/proxy/record/run-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-run-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const ATTEMPT = { ts: '', host: 'api.example.com' } as unknown as Parameters<RunFolder['attempt']>[0];

test('where there was no run there is none', () => {
  assert.deepEqual(runFolders(folder), []);
});

test('a run ends with the hashes of its files, which sha256sum confirms', () => {
  const run = new RunFolder(folder, null);
  run.attempt(ATTEMPT);
  run.secret('CLIENT_RANDOM 00 00\n');
  run.taps({ client: '192.0.2.1', clientPort: 1, server: '203.0.113.1', serverPort: 443 }).up(Buffer.from('hello'));
  // More than the folder takes of one run, and a connection that was closed before anything was known of it.
  run.secret('x'.repeat(65 * 1024 * 1024));
  run.missed();
  const facts = run.finish();
  assert.deepEqual([facts.attempts, facts.content_bytes, facts.attempts_not_kept], [1, 5, 1]);
  assert.equal(facts.secret_bytes_not_kept, 65 * 1024 * 1024);
  for (const [name, sha256] of Object.entries(facts.sha256))
    assert.match(
      spawnSync('sha256sum', [join(run.folder, name)], { encoding: 'utf8' }).stdout,
      new RegExp(`^${sha256} `),
    );
  assert.deepEqual(hashes(run.folder), facts.sha256);
  assert.deepEqual(runFolders(folder), [run.folder]);
  assert.equal(readFileSync(join(run.folder, 'decrypted.pcap')).readUInt32LE(0), 0xa1b2c3d4);
});

test('what comes when the run is over is counted as not kept, and a torn row is left out', () => {
  const [run = ''] = runFolders(folder);
  appendFileSync(join(run, 'connections.ndjson'), '{"ts":"2026');
  assert.deepEqual(
    readAttempts(run).map(({ host }) => host),
    ['api.example.com'],
  );
  const over = new RunFolder(folder, null);
  over.finish();
  over.attempt(ATTEMPT);
  assert.deepEqual(over.counts, { attempts: 0, not_kept: 1 });
});
