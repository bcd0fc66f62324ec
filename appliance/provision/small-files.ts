// Small files on card and boot partition: whole or absent after a power cut, and not written where nothing changed, because
// FAT has no journal and a card only so many writes.

import { chmodSync, mkdirSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { readPlainFile } from '../config/plain-file.ts';
import { expectOnly, UNREADABLE } from '../model/expected-error.ts';

export interface Access {
  readonly mode: number;
  /** The group that may read it; without one the file belongs to the writing user. */
  readonly gid?: number;
}

/** Whether anything was written. @throws the system's error. */
export async function writeIfChanged(path: string, text: string, access?: Access): Promise<boolean> {
  if (readOptional(path) === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  await writeDurably(nodeDisk, path, text);
  // Not on FAT, which knows neither; there the mount's options decide.
  if (access?.gid !== undefined && process.getuid?.() === 0) await chown(path, 0, access.gid);
  if (access !== undefined) chmodSync(path, access.mode);
  return true;
}

/** Settings are at most 256 KiB; anything longer is none of ours. */
const MAX_BYTES = 512 * 1024;

/** The text, or undefined where there is no such file, or none of ours: too long, a pipe, a folder. */
export function readOptional(path: string): string | undefined {
  try {
    return readPlainFile(path, MAX_BYTES);
  } catch (thrown) {
    expectOnly(thrown, 'reading a small file', ...UNREADABLE);
    return undefined;
  }
}
