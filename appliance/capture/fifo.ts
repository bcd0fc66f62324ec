// A real pipe between an engine's child and capture. Node's own stdio "pipe" is a socket pair on Linux and costs twice the CPU
// with -U (research/capture-engines.md §2.2), so the child gets the write end of a FIFO as its standard output.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const READ_BYTES = 1024 * 1024;
let made = 0;

export interface Fifo {
  readonly readFd: number;
  readonly writeFd: number;
}

/** Makes both ends; the name is gone at once. The read end does not block, the write end, another description, does. */
export async function openFifo(folder: string): Promise<Fifo> {
  const name = path.join(folder, `engine-${process.pid}-${made++}.fifo`);
  await run('mkfifo', ['-m', '600', name]);
  try {
    const readFd = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const writeFd = fs.openSync(name, fs.constants.O_WRONLY);
    return { readFd, writeFd };
  } finally {
    fs.unlinkSync(name);
  }
}

/**
 * Reads until the last writer is gone, through one static buffer of 1 MiB. `onChunk` gets that buffer and the bytes in it, and
 * says whether to go on. Resolves at the end of the pipe.
 */
export function readFifo(readFd: number, onChunk: (chunk: Buffer, bytes: number) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (bytes: number): boolean => {
      const goOn = onChunk(buffer, bytes);
      if (!goOn) socket.destroy();
      return goOn;
    };
    const options: net.SocketConstructorOpts & { onread: net.OnReadOpts } = {
      fd: readFd,
      readable: true,
      writable: false,
      onread: { buffer, callback },
    };
    const socket = new net.Socket(options);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.resume();
  });
}
