// One capture per data folder. The lock is flock(2), taken through the `flock` program on an open file of ours: the lock
// belongs to the open file, so it stays when the program ends and the kernel frees it however this process ends.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { systemCode, WeirError } from '../model/errors.ts';

export interface Lock {
  release(): void;
}

/** Throws ALREADY_RUNNING, or the system's error. The file holds the owner's process id, for people. */
export function takeLock(file: string): Lock {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0o640);
  const result = spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  if (result.status === 0) {
    noteOwner(fd);
    return { release: () => fs.closeSync(fd) };
  }
  const owner = fs.readFileSync(file, 'utf8').trim().slice(0, 10);
  fs.closeSync(fd);
  if (result.status === 1) {
    const message = `Capture already runs on this data folder (process ${owner || '?'}, ${file}). This one ends. Stop the other first.`;
    throw new WeirError('ALREADY_RUNNING', message);
  }
  const why = systemCode(result.error) ?? `status ${result.status}`;
  throw new WeirError('DATA_UNWRITABLE', `The lock ${file} cannot be taken (flock: ${why}). Install util-linux.`);
}

/** The process id is for people; on a card that fails the lock holds without it. */
function noteOwner(fd: number): void {
  try {
    fs.ftruncateSync(fd, 0);
    fs.writeSync(fd, `${process.pid}\n`, 0);
  } catch {
    // What follows meets the same card and says so.
  }
}
