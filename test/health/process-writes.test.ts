import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { processWrites } from '../../appliance/health/process-writes.ts';

test('writes are what the kernel says, and unknown where it says nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'io');
  writeFileSync(path, 'wchar: 900\nread_bytes: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n');
  assert.equal(processWrites(path), 4096);
  writeFileSync(path, 'nothing\n');
  assert.equal(processWrites(path), null);
  assert.equal(processWrites(join(folder, 'missing')), null);
});
