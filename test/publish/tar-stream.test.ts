// What GNU tar reads of it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type TarFile, tarBytes, tarStream } from '../../appliance/publish/http/tar-stream.ts';

const LONG = `20261120T120000Z/captures/${'d'.repeat(90)}/weir_000001.pcap`;

function filesOf(t: TestContext, sizes: Readonly<Record<string, number>>) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-tar-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = Object.entries(sizes).map(([name, bytes], i): TarFile => {
    const path = join(folder, `${i}`);
    writeFileSync(path, Buffer.alloc(bytes, 65 + i));
    return { name, path, bytes };
  });
  return { folder, files };
}

async function archive(files: readonly TarFile[], sent = new Map<string, number>()): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of tarStream(files, ({ name }, bytes) => sent.set(name, bytes))) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('files of every size, and a long name, come out as they went in', async (t) => {
  const { folder, files } = filesOf(t, { empty: 0, one: 1, block: 512, more: 513, large: 600_000, [LONG]: 20 });
  const sent = new Map<string, number>();
  const bytes = await archive(files, sent);
  assert.equal(bytes.length, tarBytes(files));
  assert.deepEqual([...sent.values()], [0, 1, 512, 513, 600_000, 20]);
  const tar = spawnSync('tar', ['-xf', '-', '-C', folder], { input: bytes });
  assert.equal(tar.status, 0, tar.stderr.toString());
  for (const { name, path } of files) assert.ok(readFileSync(join(folder, name)).equals(readFileSync(path)), name);
});

test('a file that became shorter breaks the archive off, and what went out is known', async (t) => {
  const { files } = filesOf(t, { shrunk: 1000 });
  truncateSync(files[0]!.path, 400);
  const sent = new Map<string, number>();
  await assert.rejects(archive(files, sent), { code: 'FILE_UNREADABLE' });
  assert.equal(sent.get('shrunk'), 400);
});

test('a link is not followed', async (t) => {
  const { folder, files } = filesOf(t, { real: 10 });
  symlinkSync(files[0]!.path, join(folder, 'link'));
  await assert.rejects(archive([{ name: 'link', path: join(folder, 'link'), bytes: 10 }]), { code: 'ELOOP' });
});
