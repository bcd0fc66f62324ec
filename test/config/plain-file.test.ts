// A small file of unknown origin is read whole, or refused with a code.

import { equal, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readPlainFile } from '../../appliance/config/plain-file.ts';

function fileOf(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-plain-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'file'), text);
  return join(folder, 'file');
}

test('a file up to the bound is read whole, one byte more is refused', (t) => {
  const file = fileOf(t, 'x'.repeat(10_000));
  equal(readPlainFile(file, 10_000), 'x'.repeat(10_000));
  throws(() => readPlainFile(file, 9999), { code: 'EFBIG' });
});

test('a file of /proc, which reports no size, is read whole', () => {
  equal(readPlainFile('/proc/self/status', 65_536)?.includes('VmRSS'), true);
});

test('a link is followed where a person named it, and refused where another user writes the folder', (t) => {
  const file = fileOf(t, 'text');
  symlinkSync(file, `${file}-link`);
  equal(readPlainFile(`${file}-link`, 100), 'text');
  throws(() => readPlainFile(`${file}-link`, 100, 'refused'), { code: 'ELOOP' });
});

test('what is not there is undefined, and a folder is no file', (t) => {
  const file = fileOf(t, '');
  equal(readPlainFile(`${file}-none`, 100), undefined);
  throws(() => readPlainFile(join(file, '..'), 100), { code: 'ENOTSUP' });
});
