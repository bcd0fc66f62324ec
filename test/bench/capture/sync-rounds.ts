// Inside of a stage, for sync-cost.ts: appends to N files and makes that durable, again and again, in one of the ways that capture
// could. `node sync-rounds.js FOLDER FILES WAY ROUNDS` prints the milliseconds of each sync as JSON.

import { execFile } from 'node:child_process';
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Lane } from '../../../appliance/capture/evidence/lane.ts';

/** What a device of a few packets a second says between two syncs. */
const APPENDED = Buffer.alloc(4096, 0x5a);
const sync = promisify(fdatasync);
const run = promisify(execFile);

async function makeDurable(folder: string, fds: readonly number[], way: string): Promise<void> {
  if (way === 'syncfs') {
    await run('sync', ['-f', folder]);
    return;
  }
  const lane = new Lane(Number(way));
  await Promise.all(fds.map((fd) => lane.run(() => sync(fd))));
}

const [folder = '', files = '', way = '', rounds = ''] = process.argv.slice(2);
const fds = Array.from({ length: Number(files) }, (_, i) => openSync(join(folder, `${way}-${files}-${i}`), 'a'));
const times: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  for (const fd of fds) writeSync(fd, APPENDED);
  const from = performance.now();
  await makeDurable(folder, fds, way);
  times.push(performance.now() - from);
}
for (const fd of fds) closeSync(fd);
process.stdout.write(JSON.stringify(times));
