// Opening what somebody else may have put there: a plain file, reached over no link, never waited for, and bounded. A FIFO, a
// device or a link is refused before a byte is read. Used by verify, export, and capture's start.

import fs from 'node:fs';
import path from 'node:path';
import { readPlainFile } from '../../config/plain-file.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** Opens for reading. Rejects with the system's error, or with ENOTSUP where it is no plain file. The caller closes. */
export async function openRegular(file: string): Promise<fs.promises.FileHandle> {
  const handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw irregular(file);
}

/** The whole text of a small file. Throws the system's error, ENOTSUP for what is no plain file, EFBIG for a longer one. */
export function readRegular(file: string, maxBytes: number): string {
  const text = readPlainFile(file, maxBytes, 'refused');
  if (text !== undefined) return text;
  throw Object.assign(new Error(`${file}: there is no such file`), { code: 'ENOENT' });
}

/** The same as JSON; undefined for whatever cannot be read as an object. */
export function readRegularJson(file: string, maxBytes: number): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readRegular(file, maxBytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a small file', ...UNREADABLE, 'EIO', SyntaxError);
    return undefined;
  }
}

/** What is below a folder under that relative name: over real folders only; undefined where a part of it is missing or a link. */
export function statBelow(folder: string, relative: string): fs.Stats | undefined {
  const parts = relative.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) return undefined;
  let at = folder;
  for (const part of parts.slice(0, -1)) {
    at = path.join(at, part);
    if (fs.lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  }
  return fs.lstatSync(path.join(at, parts.at(-1) ?? ''), { throwIfNoEntry: false });
}

function irregular(file: string): Error {
  return Object.assign(new Error(`${file} is no plain file`), { code: 'ENOTSUP' });
}
