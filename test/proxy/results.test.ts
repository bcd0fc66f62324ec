import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const MAIN = join(import.meta.dirname, '../../appliance/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'weir-results-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ROW = {
  ts: '2026-12-01T00:00:00.000Z',
  seconds: 1,
  device: '192.0.2.7',
  app: '=HYPERLINK("http://evil")\u001b[31m',
  round: 'after',
  host: 'api.example.com',
  has_sni: true,
  address: '203.0.113.1',
  port: 443,
  tls: 'TLSv1.1',
  alpn: '',
  ja4: '',
  outcome: 'accepted',
  detail: '',
  server_verified: true,
  bytes_up: 1,
  bytes_down: 1,
  client: '192.0.2.7:40000',
};
mkdirSync(join(folder, 'runs/one'), { recursive: true });
writeFileSync(join(folder, 'runs/one/connections.ndjson'), `${JSON.stringify(ROW)}\n`);

function weir(...words: readonly string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(process.execPath, [MAIN, 'proxy', ...words, '--dir', folder], { encoding: 'utf8' });
}

test('the tables hold a hostile name as text: no escape, no formula', () => {
  const { stdout } = weir('results');
  assert.match(stdout, /1 apps: 1 accepted, 0 partly pinned/);
  assert.ok(!stdout.includes('\u001b'));
  const csv = weir('results', '-f', 'csv').stdout;
  assert.match(csv.split('\n')[1] ?? '', /^"'=HYPERLINK/);
});

test('a run, a format or an authority that is none is one clear line', () => {
  for (const [words, reported] of [
    [['results', '--run', 'two'], /there is no run two\. There are: one \[USAGE\]/],
    [['results', '-f', 'xml'], /there is no format xml; there are table, json and csv\. \[USAGE\]/],
    [['status'], /no proxy answers .* Start it: weir proxy start \[PROXY_UNREACHABLE\]/],
    [['round', 'between'], /there is no round between; nothing was changed\. There are before and after\. \[USAGE\]/],
  ] as const) {
    const { stderr, status } = weir(...words);
    assert.match(stderr, reported);
    assert.equal(stderr.trim().split('\n').length, 1);
    assert.notEqual(status, 0);
  }
});

test('a folder that is not there, or a run without its rows, is named, and is not taken for an empty one', () => {
  const absent = join(folder, 'absent');
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, 'proxy', 'results', '--dir', absent], {
    encoding: 'utf8',
  });
  assert.equal(stdout, '');
  assert.ok(stderr.startsWith(`weir: ${absent}: there is no such folder; nothing was read.`), stderr);
  assert.equal(status, 2);
  mkdirSync(join(folder, 'runs/bare'));
  const bare = weir('results', '--run', 'bare');
  assert.match(bare.stderr, /^weir: .*runs\/bare\/connections\.ndjson cannot be read .*; no table was made\./);
  rmSync(join(folder, 'runs/bare'), { recursive: true });
});
