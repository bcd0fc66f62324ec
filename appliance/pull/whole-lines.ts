// The lines of a file that is open, one after the other: a file of any size never becomes one text.

import { readSync } from 'node:fs';

const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 10;

/** From its beginning, without line feeds; what follows the last one is left out. A line of more than `most` bytes is given as an empty one. */
export function* wholeLines(fd: number, most: number): Generator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const read = readSync(fd, chunk, 0, chunk.length, position);
    if (read === 0) return;
    position += read;
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      yield end - start > most ? '' : bytes.toString('utf8', start, end);
      start = end + 1;
    }
    // One byte more than a line may have says that it is too long; the others are not needed.
    rest = bytes.subarray(start, start + most + 1);
  }
}
