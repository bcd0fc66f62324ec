import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../appliance/capture/storage/make-folder.ts';

function folder(t: { after(clean: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-folder-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('a folder is made with those above it, and may be there already', (t) => {
  const path = join(folder(t), 'a', 'b');
  makeFolder(path, 0o750);
  makeFolder(path, 0o750);
  assert.ok(existsSync(path));
});

test('a parent that takes no child is an error and not an endless loop', () => {
  assert.throws(() => makeFolder('/proc/weir/data', 0o750), { code: 'ENOENT' });
});

test('a file in the place of the folder is an error', (t) => {
  const path = join(folder(t), 'file');
  writeFileSync(path, '');
  assert.throws(() => makeFolder(path, 0o750), { code: 'EEXIST' });
});
