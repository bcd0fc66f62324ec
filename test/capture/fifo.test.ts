import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { openFifo, readFifo } from '../../appliance/capture/engines/fifo.ts';
import { BLOCK_BYTES, BlockPool } from '../../appliance/capture/evidence/block.ts';
import { temporaryFolder } from './fixture.ts';

const COUNTING = 'let n=0;const b=Buffer.alloc(1000);while(n<20000){b.writeUInt32BE(n++,0);fs.writeSync(1,b)}';

for (const bytes of [64 * 1024, 1024 * 1024]) {
  test(`a pipe of ${bytes / 1024} KiB delivers 20,000 small writes whole and in their order, then its end`, async (t) => {
    const fifo = await openFifo(temporaryFolder(t));
    const child = spawn(process.execPath, ['-e', COUNTING], { stdio: ['ignore', fifo.writeFd, 'inherit'] });
    fs.closeSync(fifo.writeFd);
    const parts: Buffer[] = [];
    await readFifo({ ...fifo, bytes }, (chunk, length) => {
      parts.push(Buffer.from(chunk.subarray(0, length)));
      return true;
    });
    const all = Buffer.concat(parts);
    assert.equal(all.length, 20_000_000);
    for (let i = 0; i < 20_000; i++) assert.equal(all.readUInt32BE(i * 1000), i);
    assert.throws(() => fs.fstatSync(fifo.readFd), /EBADF/);
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(0)));
  });
}

test('a reader that has seen enough closes the pipe, and the writer learns it', async (t) => {
  const fifo = await openFifo(temporaryFolder(t));
  const child = spawn(process.execPath, ['-e', COUNTING], { stdio: ['ignore', fifo.writeFd, 'ignore'] });
  fs.closeSync(fifo.writeFd);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await readFifo(fifo, () => false);
  assert.notEqual(await ended, 0);
});

test('the name of a pipe is gone as soon as it is open', async (t) => {
  const folder = temporaryFolder(t);
  const fifo = await openFifo(folder);
  assert.deepEqual(fs.readdirSync(folder), []);
  fs.closeSync(fifo.readFd);
  fs.closeSync(fifo.writeFd);
});

test('large blocks are bounded in number: who wants one more gets a small one', () => {
  const pool = new BlockPool();
  const blocks = Array.from({ length: 40 }, () => pool.take(100, true));
  const large = blocks.filter((block) => block.bytes.length > BLOCK_BYTES);
  assert.equal(large.length, 32);
  for (const block of blocks) pool.give(block);
  assert.equal(pool.take(100, true).bytes.length, large[0]?.bytes.length);
  assert.equal(pool.take(100, false).bytes.length, BLOCK_BYTES);
});
