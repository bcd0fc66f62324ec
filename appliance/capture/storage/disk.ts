// The little of the file system that evidence needs, as an interface: the real one here, faulty ones in tests.
// Everything asynchronous, so that a card that stops answering never stops the reading of packets.

import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { systemCode, toError } from '../../model/errors.ts';

/** One file being written. The owner closes it. */
export interface EvidenceFile {
  /** Bytes written, which may be fewer than asked: the rest may have met an error that the next call shows. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  /** fdatasync(2). After a failure the pages are gone: never try the same sync again. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

export interface EvidenceDisk {
  /** Creates; fails where the file exists or is a symbolic link. */
  create(path: string): Promise<EvidenceFile>;
  /** Opens for writing at positions; creates when missing. */
  open(path: string): Promise<EvidenceFile>;
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  space(path: string): Promise<DiskSpace>;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY, O_DIRECTORY } = fs.constants;

const open = promisify(fs.open);
const close = promisify(fs.close);
const truncate = promisify(fs.ftruncate);
const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);

class NodeFile implements EvidenceFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#fd, bytes, offset, length, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      );
    });
  }

  truncate(length: number): Promise<void> {
    return truncate(this.#fd, length);
  }

  sync(): Promise<void> {
    return fdatasync(this.#fd);
  }

  close(): Promise<void> {
    return close(this.#fd);
  }
}

export const nodeDisk: EvidenceDisk = {
  create: async (path) => new NodeFile(await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o640)),
  open: async (path) => new NodeFile(await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o640)),
  makeFolder: async (folder) => {
    try {
      await fs.promises.mkdir(folder, { recursive: true, mode: 0o750 });
    } catch (error) {
      throw toError(await outOfInodes(folder, error));
    }
  },
  rename: (from, to) => fs.promises.rename(from, to),
  remove: (path) => fs.promises.unlink(path),
  syncFolder: async (path) => {
    const fd = await open(path, O_RDONLY | O_DIRECTORY, 0);
    try {
      await fsync(fd);
    } finally {
      await close(fd);
    }
  },
  space: async (path) => {
    const s = await fs.promises.statfs(path);
    return { totalBytes: s.blocks * s.bsize, freeBytes: s.bavail * s.bsize, inodes: s.files, freeInodes: s.ffree };
  },
};

/** Node's recursive mkdir says ENOENT where the system said ENOSPC: without inodes the second is the true word. */
async function outOfInodes(folder: string, error: unknown): Promise<unknown> {
  if (systemCode(error) !== 'ENOENT') return error;
  let existing = folder;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  const { ffree } = await fs.promises.statfs(existing);
  if (ffree > 0) return error;
  return Object.assign(new Error('no inodes left', { cause: error }), { code: 'ENOSPC' });
}

/** Writes all bytes at a position, over short counts; throws what stopped it. */
export async function writeAll(file: EvidenceFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const count = await file.write(bytes, done, bytes.length - done, position + done);
    if (count === 0) throw Object.assign(new Error('write returned 0'), { code: 'EIO' });
    done += count;
  }
}
