// One capture per data folder. The lock is flock(2), taken through the `flock` program on an open file of ours: the lock
// belongs to the open file, so it stays when the program ends and the kernel frees it however this process ends.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { systemCode, WeirError } from '../../model/errors.ts';
import { CARD, expectOnly } from '../../model/expected-error.ts';
import { setAside } from '../storage/run-folder.ts';

export interface Lock {
  release(): void;
}

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
/** Anyone who may read a file may lock it: the page's user could keep capture from starting. */
const MODE = 0o600;
const OTHERS = 0o077;

/** Throws ALREADY_RUNNING, or the system's error. The file holds the owner's process id, for people. */
export function takeLock(file: string): Lock {
  if (!isOurs(file)) setAside(file);
  const first = tryLock(file);
  if (first !== undefined) return first;
  // Earlier versions let the group read it: its holder need not be a capture.
  setAside(file);
  const second = tryLock(file);
  if (second === undefined)
    throw new WeirError('DATA_UNWRITABLE', `The lock ${file} is held by somebody else's program.`);
  return second;
}

/** A regular file owned by capture's user or by the folder's owner; anything else was put there. */
function isOurs(file: string): boolean {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return true;
  return stat.isFile() && [process.geteuid?.(), fs.statSync(path.dirname(file)).uid].includes(stat.uid);
}

/** Undefined where somebody who is no capture holds it. */
function tryLock(file: string): Lock | undefined {
  const fd = fs.openSync(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, MODE);
  const result = spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  if (result.status === 0) {
    noteOwner(fd);
    return { release: () => fs.closeSync(fd) };
  }
  const { mode, uid } = fs.fstatSync(fd);
  const owner = readOwner(fd);
  fs.closeSync(fd);
  if (result.status !== 1) {
    const why = systemCode(result.error) ?? `status ${result.status}`;
    throw new WeirError('DATA_UNWRITABLE', `The lock ${file} cannot be taken (flock: ${why}). Install util-linux.`);
  }
  if ((mode & OTHERS) !== 0 && !isProcessOf(owner, uid)) return undefined;
  const message = `Capture already runs on this data folder (process ${owner || '?'}, ${file}). This one ends. Stop the other first.`;
  throw new WeirError('ALREADY_RUNNING', message);
}

function readOwner(fd: number): string {
  const bytes = Buffer.alloc(10);
  return bytes.toString('latin1', 0, fs.readSync(fd, bytes, 0, bytes.length, 0)).trim();
}

function isProcessOf(pid: string, uid: number): boolean {
  return /^\d+$/.test(pid) && fs.statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid;
}

/** The process id is for people; on a card that fails the lock holds without it. */
function noteOwner(fd: number): void {
  try {
    fs.fchmodSync(fd, MODE);
    fs.ftruncateSync(fd, 0);
    fs.writeSync(fd, `${process.pid}\n`, 0);
  } catch (thrown) {
    expectOnly(thrown, 'noting the process id', ...CARD);
    // What follows meets the same card and says so.
  }
}
