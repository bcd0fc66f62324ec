// Verbs that write into a folder of another user, run as root: in a process with that user's rights, so that a link or pipe that was
// planted there by a program that was broken into leads root nowhere, and what is made belongs to the one who needs it.

import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';

/**
 * True where the same command was run to its end with the rights of the folder's owner; its exit code is then this process's. False
 * where there is nothing to change: not root, no such folder yet, or root's own.
 */
export function ranAsOwnerOf(folder: string): boolean {
  const owner = lstatSync(folder, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || owner === undefined || owner.uid === 0) return false;
  const words = [...process.execArgv, ...process.argv.slice(1)];
  const { status, error } = spawnSync(process.execPath, words, { uid: owner.uid, gid: owner.gid, stdio: 'inherit' });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
  return true;
}
