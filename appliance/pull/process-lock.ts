// One process at a time: a lock file with the number of its process and when that one started, so that a number which was given to
// another process since is not taken for the first. A lock whose process is gone is taken over, by one of those who find it.

import fs from 'node:fs';
import { readPlainFile } from '../config/plain-file.ts';
import { systemCode } from '../model/errors.ts';
import { orElse, UNREADABLE } from '../model/expected-error.ts';
import { writeOwn } from './own-file.ts';

/** A process' number and start. */
const MAX_LOCK_BYTES = 128;
/** Takers that each died while they took over. */
const MAX_DEPTH = 4;

export type Taken =
  | { readonly unlock: () => void /** Whose lock it was, where that one is gone. */; readonly goneOwner?: number }
  | { readonly owner: number };

export function takeLock(file: string, depth = 0): Taken {
  const text = `${process.pid} ${startOf(process.pid) ?? ''}\n`;
  const own = `${file}.${process.pid}`;
  try {
    // Linked, and so never seen without its content.
    writeOwn(own, text);
    if (linked(own, file)) return { unlock: unlockOf(file, text) };
    const found = readPlainFile(file, MAX_LOCK_BYTES, 'refused');
    const owner = ownerOf(found);
    if (depth >= MAX_DEPTH || (found !== undefined && isRunning(found))) return { owner };
    // Given back this moment.
    if (found === undefined) return takeLock(file, depth + 1);
    // A second lock, of the taking over: without it two could remove one after the other, the second one the first one's new lock.
    const turn = takeLock(`${file}.turn`, depth + 1);
    if (!('unlock' in turn)) return turn;
    try {
      const now = readPlainFile(file, MAX_LOCK_BYTES, 'refused');
      if (now !== found) return { owner: ownerOf(now) };
      fs.renameSync(own, file);
      return { unlock: unlockOf(file, text), goneOwner: owner };
    } finally {
      turn.unlock();
    }
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** 0 for a lock that is damaged. */
function ownerOf(lock: string | undefined): number {
  const pid = Number.parseInt(lock ?? '', 10);
  return Number.isSafeInteger(pid) ? pid : 0;
}

function linked(own: string, file: string): boolean {
  try {
    fs.linkSync(own, file);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

function unlockOf(file: string, text: string): () => void {
  return () => {
    if (readPlainFile(file, MAX_LOCK_BYTES, 'refused') === text) fs.rmSync(file, { force: true });
  };
}

/** `lock`: a number, and since this version the start of its process. */
function isRunning(lock: string): boolean {
  const [pid = Number.NaN, start] = lock.trim().split(' ').map(Number);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return false;
  const started = startOf(pid);
  return start === undefined || started === undefined || started === start;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return systemCode(thrown) === 'EPERM';
  }
}

/** In ticks since the machine started; undefined where the system does not say. */
function startOf(pid: number): number | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in brackets, with anything in it; the start is the 22nd.
    const start = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
    return Number.isSafeInteger(start) ? start : undefined;
  } catch (thrown) {
    return orElse<undefined>(undefined, 'reading when a process started', ...UNREADABLE, 'ESRCH')(thrown);
  }
}
