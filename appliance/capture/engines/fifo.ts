// A real pipe between an engine's child and capture. Node's own stdio "pipe" is a socket pair on Linux and costs twice the CPU
// with -U (research/capture-engines.md §2.2), so the child gets the write end of a FIFO as its standard output.
// The child writes once per packet. A reader that sleeps on the other end is woken each time: at 50,000 packets/s that was 8,000 reads
// a second and a third of the CPU of both. So nobody sleeps there: the pipe is made large and emptied by the clock.

import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from '../../model/errors.ts';

const run = promisify(execFile);
/** pipe(7): what a pipe holds by itself, and the most that an unprivileged process may ask for. */
const SMALL_BYTES = 64 * 1024;
const LARGE_BYTES = 1024 * 1024;
/** Fits a core's own cache, so that what was just read is still there when it is walked and copied. */
const READ_BYTES = 256 * 1024;
/** Longest wait between two looks into a pipe that is used, and into one that is not: the kernel's ring keeps frames back for longer. */
const BUSY_MS = 8;
const IDLE_MS = 40;
let made = 0;

export interface Fifo {
  readonly readFd: number;
  readonly writeFd: number;
  /** Bytes that it holds, at 4 KiB for a record or for some that fit together. */
  readonly bytes: number;
}

/** Makes both ends; the name is gone at once. The read end does not block, the write end, another description, does. */
export async function openFifo(folder: string): Promise<Fifo> {
  const name = path.join(folder, `engine-${process.pid}-${made++}.fifo`);
  await run('mkfifo', ['-m', '600', name]);
  try {
    const readFd = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const writeFd = fs.openSync(name, fs.constants.O_WRONLY);
    return { readFd, writeFd, bytes: await enlarge(writeFd) };
  } finally {
    fs.unlinkSync(name);
  }
}

/**
 * F_SETPIPE_SZ, fcntl(2). Node cannot; Perl is on every Debian. Without it the pipe stays small and is only slower. Takes the
 * end that may block: a child's start clears O_NONBLOCK on what it is given.
 */
function enlarge(fd: number): Promise<number> {
  return new Promise((resolve) => {
    const perl = spawn('perl', ['-e', `exit(fcntl(STDIN, 1031, ${LARGE_BYTES}) ? 0 : 1)`], {
      stdio: [fd, 'ignore', 'ignore'],
    });
    perl.once('error', () => resolve(SMALL_BYTES));
    perl.once('exit', (code) => resolve(code === 0 ? LARGE_BYTES : SMALL_BYTES));
  });
}

/**
 * Reads until the last writer is gone, through one static buffer, and closes the read end. `onChunk` gets that buffer and the
 * bytes in it, and says whether to go on. Resolves at the end of the pipe.
 */
export function readFifo(fifo: Fifo, onChunk: (chunk: Buffer, bytes: number) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    let waitMs = IDLE_MS;
    const look = (): void => {
      const read = drain(fifo.readFd, buffer, fifo.bytes, onChunk);
      if (read === null) {
        fs.closeSync(fifo.readFd);
        resolve();
        return;
      }
      waitMs = nextWait(waitMs, read, fifo.bytes);
      if (waitMs === 0) setImmediate(look);
      else setTimeout(look, waitMs);
    };
    look();
  });
}

/** A pipe that is found half full may have been full: look again at once. One with little in it can wait twice as long. */
function nextWait(waitMs: number, read: number, bytes: number): number {
  if (read * 2 > bytes) return 0;
  if (read * 8 > bytes) return waitMs;
  return Math.min(Math.max(1, waitMs * 2), read > 0 ? BUSY_MS : IDLE_MS);
}

/** Takes what is in the pipe, at most `limit` bytes so that others have their turn. The bytes read, or null at its end. */
function drain(
  fd: number,
  buffer: Buffer,
  limit: number,
  onChunk: (chunk: Buffer, bytes: number) => boolean,
): number | null {
  for (let total = 0; ; ) {
    const bytes = readNow(fd, buffer);
    if (bytes === 0 || (bytes > 0 && !onChunk(buffer, bytes))) return null;
    total += Math.max(bytes, 0);
    // A short read emptied the pipe.
    if (bytes < buffer.length || total >= limit) return total;
  }
}

/** Bytes read; 0 at the end of the pipe, -1 where nothing waits. Any other problem ends the stream. */
function readNow(fd: number, buffer: Buffer): number {
  try {
    return fs.readSync(fd, buffer, 0, buffer.length, null);
  } catch (error) {
    return systemCode(error) === 'EAGAIN' ? -1 : 0;
  }
}
