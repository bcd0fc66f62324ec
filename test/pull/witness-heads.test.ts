import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { appendHead, readHeads, type SeenHead } from '../../appliance/pull/witness-heads.ts';

const HEAD: SeenHead = {
  lines: 1,
  head: 'a'.repeat(64),
  ts: '1795176000.000000000',
  signature: 's'.repeat(88),
  seen: '2026-11-20T12:00:00.000Z',
  durable: 1,
  durable_head: 'a'.repeat(64),
} as SeenHead;
const LINE = `${JSON.stringify(HEAD)}\n`;

function folderWith(t: TestContext, text?: string): { folder: string; file: string } {
  const folder = fs.mkdtempSync(join(tmpdir(), 'weir-heads-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'heads.ndjson');
  if (text !== undefined) fs.writeFileSync(file, text);
  return { folder, file };
}

test('a head follows what is there; a torn line takes none with it', (t) => {
  const { folder, file } = folderWith(t);
  assert.deepEqual(readHeads(folder), []);
  appendHead(folder, HEAD);
  appendHead(folder, { ...HEAD, lines: 2 });
  fs.appendFileSync(file, LINE.slice(0, 50));
  assert.deepEqual(
    readHeads(folder).map(({ lines }) => lines),
    [1, 2],
  );
  appendHead(folder, { ...HEAD, lines: 3 });
  assert.deepEqual(
    readHeads(folder).map(({ lines }) => lines),
    [1, 2, 3],
  );
  assert.equal(fs.readFileSync(file, 'utf8').split('\n').length, 5);
});

test('a line of any length is passed over, and the heads around it are read', (t) => {
  const long = 'x'.repeat(3 * 1024 * 1024);
  const padded = `${LINE.slice(0, -1)}${' '.repeat(64 * 1024)}\n`;
  const { folder } = folderWith(t, `${LINE}${long}\n${padded}${LINE}${long}`);
  assert.equal(readHeads(folder).length, 2);
});

test('a head is added to a list that is longer than any text, and none of it is read', (t) => {
  const { folder, file } = folderWith(t, LINE);
  fs.truncateSync(file, 3 * 1024 ** 3);
  const before = process.memoryUsage().rss;
  appendHead(folder, HEAD);
  assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
  const fd = fs.openSync(file, 'r');
  const end = Buffer.alloc(LINE.length + 1);
  fs.readSync(fd, end, 0, end.length, 3 * 1024 ** 3);
  fs.closeSync(fd);
  assert.equal(end.toString(), `\n${LINE}`);
});

test('a million lines are read, one more is an error with a clear word', (t) => {
  const { folder, file } = folderWith(t, '{}\n'.repeat(999_999));
  appendHead(folder, HEAD);
  assert.equal(readHeads(folder).length, 1);
  fs.appendFileSync(file, '{}\n');
  assert.throws(() => readHeads(folder), { code: 'EFBIG', message: 'heads.ndjson has more than 1000000 lines' });
});

test('a link in the place of the list is refused, for reading and for adding', (t) => {
  const { folder, file } = folderWith(t);
  const other = join(folder, 'other');
  fs.writeFileSync(other, 'of somebody else');
  fs.symlinkSync(other, file);
  assert.throws(() => readHeads(folder), { code: 'ELOOP' });
  assert.throws(() => appendHead(folder, HEAD), { code: 'ELOOP' });
  assert.equal(fs.readFileSync(other, 'utf8'), 'of somebody else');
});
