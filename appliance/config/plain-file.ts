// Reads a small file of which nobody knows who put it there, or that a setting names: a pipe in its place must not hold up a start
// for ever, a device must not be read, and what is too long to be the file is none.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The text; undefined where there is no such file. @throws the system's error, or an Error that says what stands there instead. */
export function readPlainFile(path: string, mostBytes: number): string | undefined {
  const fd = openOrNone(path);
  if (fd === undefined) return undefined;
  try {
    if (!fstatSync(fd).isFile()) throw new Error('it is no plain file');
    return readAll(fd, mostBytes);
  } finally {
    closeSync(fd);
  }
}

function openOrNone(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

function readAll(fd: number, mostBytes: number): string {
  const bytes = Buffer.alloc(mostBytes + 1);
  let used = 0;
  while (used < bytes.length) {
    const read = readSync(fd, bytes, used, bytes.length - used, used);
    if (read === 0) return bytes.toString('utf8', 0, used);
    used += read;
  }
  throw new Error(`it is longer than ${mostBytes} bytes`);
}
