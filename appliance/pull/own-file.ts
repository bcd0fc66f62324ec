// Files of the archive that are written under a name which anybody could have given something else: plain files, over no link, never
// waited for. What is written whole goes through capture/storage/durable-file.ts.

import fs from 'node:fs';

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_TRUNC, O_WRONLY } = fs.constants;

/** With further flags of open(2). The caller closes. @throws the system's error (ELOOP for a link), ENOTSUP for what is no plain file. */
export function openOwn(file: string, flags: number): number {
  const fd = fs.openSync(file, flags | O_NOFOLLOW | O_NONBLOCK, 0o640);
  if (fs.fstatSync(fd).isFile()) return fd;
  fs.closeSync(fd);
  throw Object.assign(new Error(`${file} is no plain file`), { code: 'ENOTSUP' });
}

/** The whole content, on the disk when it returns. */
export function writeOwn(file: string, content: string | Uint8Array): void {
  const fd = openOwn(file, O_WRONLY | O_CREAT | O_TRUNC);
  try {
    fs.writeFileSync(fd, content);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
