import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderSize } from '../../appliance/store/index/folder-size.ts';
import { DataFolder } from './data-folder.ts';

test('the size of a folder is that of all files in it; before the first look it is unknown', async (t) => {
  const folder = join(DataFolder.make(t).dir, 'index');
  mkdirSync(join(folder, 'pieces'), { recursive: true });
  writeFileSync(join(folder, 'a'), Buffer.alloc(1000));
  writeFileSync(join(folder, 'pieces', 'b'), Buffer.alloc(234));
  const size = new FolderSize(folder);
  assert.equal(size.get(0), null);
  await size.look();
  assert.equal(size.get(1), 1234);
  rmSync(folder, { recursive: true });
  await size.look();
  assert.equal(size.get(2), null);
});
