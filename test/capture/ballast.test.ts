import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Ballast, ballastPath } from '../../appliance/capture/storage/ballast.ts';
import { type EvidenceDisk, nodeDisk } from '../../appliance/capture/storage/disk.ts';
import { faultyDisk } from './faulty-disk.ts';
import { temporaryFolder } from './fixture.ts';

const BYTES = 2_500_000;

test('the ballast is real bytes, is kept by the next run, and is given back once', async (t) => {
  const file = ballastPath(temporaryFolder(t));
  await new Ballast(nodeDisk, file, BYTES).fill(0);
  const { size, blocks } = fs.statSync(file);
  assert.ok(size === BYTES && blocks * 512 >= BYTES);
  const next = new Ballast(nodeDisk, file, BYTES);
  await next.adopt();
  assert.deepEqual([await next.release(), await next.release(), fs.existsSync(file)], [true, false, false]);
});

test('a ballast of another size is not adopted', async (t) => {
  const file = ballastPath(temporaryFolder(t));
  fs.writeFileSync(file, 'half');
  const ballast = new Ballast(nodeDisk, file, BYTES);
  await ballast.adopt();
  assert.deepEqual([ballast.present, fs.existsSync(file)], [false, false]);
});

test('no ballast is made where room is scarce, and none is left half', async (t) => {
  const folder = temporaryFolder(t);
  const scarce: EvidenceDisk = {
    ...nodeDisk,
    space: async (name) => ({ ...(await nodeDisk.space(name)), freeBytes: BYTES }),
  };
  await new Ballast(scarce, ballastPath(folder), BYTES).fill(1);
  const full = faultyDisk((call, _, count) => (call === 'write' && count === 2 ? 'ENOSPC' : undefined));
  await new Ballast(full, ballastPath(folder), BYTES).fill(0);
  assert.deepEqual(fs.readdirSync(folder), []);
  assert.equal(path.basename(ballastPath(folder)), 'ballast');
});
