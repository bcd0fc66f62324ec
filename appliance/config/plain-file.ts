// Reads a small file of which nobody knows who put it there, or that a setting names: a pipe in its place must not hold up a start
// for ever, a device must not be read, and what is too long to be the file is none.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../model/errors.ts';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants;

const FIRST_BYTES = 4096;

/** A link is followed where a person named the file, and refused where another user writes the folder. */
export type Links = 'followed' | 'refused';

/**
 * The text; undefined where there is no such file. @throws the system's error (ELOOP for a refused link), ENOTSUP for what is no
 * plain file, EFBIG for what is longer.
 */
export function readPlainFile(path: string, mostBytes: number, links: Links = 'followed'): string | undefined {
  const fd = openPlainFile(path, links);
  if (fd === undefined) return undefined;
  try {
    return readAll(fd, mostBytes);
  } finally {
    closeSync(fd);
  }
}

/** The same for reading in parts; the caller closes. @throws the system's error, ENOTSUP for what is no plain file. */
export function openPlainFile(path: string, links: Links): number | undefined {
  const fd = openOrNone(path, links);
  if (fd === undefined || fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw coded('ENOTSUP', 'it is no plain file');
}

function openOrNone(path: string, links: Links): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (links === 'refused' ? O_NOFOLLOW : 0));
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

function readAll(fd: number, mostBytes: number): string {
  // The size is a hint: the file may grow meanwhile, and `/proc` gives none.
  let bytes = Buffer.alloc(Math.min(mostBytes, Math.max(fstatSync(fd).size, FIRST_BYTES)) + 1);
  for (let used = 0; ; ) {
    const read = readSync(fd, bytes, used, bytes.length - used, used);
    if (read === 0) return bytes.toString('utf8', 0, used);
    used += read;
    if (used > mostBytes) throw coded('EFBIG', `it is longer than ${mostBytes} bytes`);
    if (used === bytes.length) bytes = Buffer.concat([bytes], Math.min(2 * used, mostBytes + 1));
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
