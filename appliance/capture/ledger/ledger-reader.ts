// Reads a ledger file line by line, whatever its size, and says where its last whole line ends.

import type fs from 'node:fs';
import { openRegular } from '../storage/regular-file.ts';
import { type ChainState, type CheckedLine, checkLine, EMPTY_CHAIN, MAX_LINE_BYTES } from './ledger-chain.ts';

export interface LedgerEnd {
  readonly chain: ChainState;
  /** Bytes up to and with the last line feed. */
  readonly wholeBytes: number;
  /** Bytes after it: a line that a power cut tore. */
  readonly tornBytes: number;
}

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 10;
/** So much without a line feed is no ledger: nothing behind it is read. */
const MAX_SKIPPED_BYTES = 16 * 1024 * 1024;

/** Takes a line, its text, and where in the file it ends. */
export type VisitLine = (checked: CheckedLine, text: string, end: number) => void;

/** Calls `visit` for each whole line in order. A missing file is an empty ledger. Throws the system's error on a bad read. */
export async function readLedger(file: string, visit: VisitLine): Promise<LedgerEnd> {
  const handle = await openRegular(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return { chain: EMPTY_CHAIN, wholeBytes: 0, tornBytes: 0 };
  try {
    return await readLines(handle, visit);
  } finally {
    await handle.close();
  }
}

async function readLines(handle: fs.promises.FileHandle, visit: VisitLine): Promise<LedgerEnd> {
  let chain = EMPTY_CHAIN;
  let wholeBytes = 0;
  let rest: Buffer = Buffer.alloc(0);
  // Bytes of an over-long line that are no longer held; it can only be damage and is judged by its first part.
  let skipped = 0;
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return { chain, wholeBytes, tornBytes: rest.length + skipped };
    position += bytesRead;
    let bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED)) {
      const text = bytes.toString('utf8', 0, at);
      const checked = checkLine(text, chain);
      chain = checked.next;
      wholeBytes += at + 1 + skipped;
      skipped = 0;
      bytes = bytes.subarray(at + 1);
      visit(checked, text, wholeBytes);
    }
    rest = bytes.subarray(0, MAX_LINE_BYTES);
    skipped += bytes.length - rest.length;
    if (skipped > MAX_SKIPPED_BYTES) return { chain, wholeBytes, tornBytes: (await handle.stat()).size - wholeBytes };
  }
}
