import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readApStatus } from '../../appliance/ap/status/status-reader.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');

function written(t: { after(clean: () => void): void }, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-ap-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'status.json');
  writeFileSync(file, text);
  return file;
}

test('without a file the access point is not run by Weir', () => {
  assert.deepEqual(readApStatus('/nonexistent/status.json'), {
    status: null,
    reason: 'the access point is not run by Weir',
  });
});

test('a fresh status is taken without remark', (t) => {
  const file = written(t, JSON.stringify({ schema: 'weir.ap/1', state: 'up', ts: '2026-11-28T11:59:55Z' }));
  const { status, reason } = readApStatus(file, NOW);
  assert.deepEqual([status?.state, reason], ['up', '']);
});

test('a status that nobody renewed is taken with the remark that its writer is silent', (t) => {
  const file = written(t, JSON.stringify({ schema: 'weir.ap/1', state: 'up', ts: '2026-11-28T11:58:00Z' }));
  assert.match(readApStatus(file, NOW).reason, /says nothing any more/);
});

test('after a stop an old status needs no remark', (t) => {
  const file = written(t, JSON.stringify({ schema: 'weir.ap/1', state: 'stopped', ts: '2026-11-27T11:58:00Z' }));
  assert.equal(readApStatus(file, NOW).reason, '');
});

for (const [what, text, reason] of [
  ['a torn file', '{"schema": "weir.ap/1", "sta', /cannot be read/],
  ['a file of another version', '{"schema": "weir.ap/2"}', /another version/],
  ['a file that holds nothing', 'null', /another version/],
  ['a flood', ' '.repeat(300_000), /too large/],
] as const) {
  test(`${what} is no status`, (t) => {
    const answer = readApStatus(written(t, text), NOW);
    assert.equal(answer.status, null);
    assert.match(answer.reason, reason);
  });
}
