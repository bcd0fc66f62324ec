// A name in an archive may be somebody's link or pipe.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openOwn, writeOwn } from '../../appliance/pull/own-file.ts';

function folder(t: TestContext): string {
  const made = fs.mkdtempSync(join(tmpdir(), 'weir-own-file-'));
  t.after(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

test('a file is written whole, in place of a longer one', (t) => {
  const file = join(folder(t), 'heads.txt');
  fs.writeFileSync(file, 'a longer text than the next');
  writeOwn(file, 'short');
  assert.equal(fs.readFileSync(file, 'utf8'), 'short');
});

test('what a link names stays as it is', (t) => {
  const inside = folder(t);
  const victim = join(inside, 'victim');
  fs.writeFileSync(victim, 'kept');
  fs.symlinkSync(victim, join(inside, 'link'));
  assert.throws(() => writeOwn(join(inside, 'link'), 'lost'), { code: 'ELOOP' });
  assert.equal(fs.readFileSync(victim, 'utf8'), 'kept');
});

test('a pipe is not waited for, a folder is no file', (t) => {
  const inside = folder(t);
  const pipe = join(inside, 'pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  assert.throws(() => writeOwn(pipe, 'x'), { code: 'ENXIO' });
  assert.throws(() => openOwn(pipe, fs.constants.O_RDONLY), { code: 'ENOTSUP' });
  assert.throws(() => openOwn(inside, fs.constants.O_RDONLY), { code: 'ENOTSUP' });
});
