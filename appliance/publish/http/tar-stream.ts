// Files as one tar (ustar, POSIX.1-1988 §10.1.1), made while it is read. Sent by routes/exports.ts.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { WeirError } from '../../model/errors.ts';

const BLOCK = 512;
const PIECE_BYTES = 256 * 1024;
/** Two empty blocks end it. */
const END_BYTES = 2 * BLOCK;

export interface TarFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** Of the whole archive, which is known before. */
export function tarBytes(files: readonly TarFile[]): number {
  return files.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(bytes / BLOCK) * BLOCK, END_BYTES);
}

/** `sent`: hears how much of each file went out, also of one that broke off. @throws WeirError FILE_UNREADABLE where one is not what it was. */
export async function* tarStream<T extends TarFile>(
  files: readonly T[],
  sent: (file: T, bytes: number) => void,
): AsyncGenerator<Buffer> {
  for (const file of files) {
    yield header(file);
    yield* content(file, (bytes) => sent(file, bytes));
  }
  yield Buffer.alloc(END_BYTES);
}

async function* content({ name, path, bytes }: TarFile, sent: (bytes: number) => void): AsyncGenerator<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  let left = bytes;
  try {
    while (left > 0) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(Math.min(left, PIECE_BYTES)));
      if (bytesRead === 0) {
        const message = `${name} became shorter while it was sent. The download breaks off; try it again.`;
        throw new WeirError('FILE_UNREADABLE', message);
      }
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    sent(bytes - left);
    await handle.close();
  }
  if (bytes % BLOCK > 0) yield Buffer.alloc(BLOCK - (bytes % BLOCK));
}

/** Bytes of the field `name`; what is longer is parted at a slash, its front in `prefix`. */
const NAME_BYTES = 100;

/** Plain files, readable by their owner's group, of no owner and no time: the same bundle makes the same archive. */
function header({ name, bytes }: TarFile): Buffer {
  const block = Buffer.alloc(BLOCK);
  const cut = name.length <= NAME_BYTES ? -1 : name.indexOf('/', name.length - NAME_BYTES - 1);
  block.write(name.slice(cut + 1), 0, NAME_BYTES, 'latin1');
  block.write('0000640\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('00000000000\0', 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  if (cut > 0) block.write(name.slice(0, cut), 345, 155, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
