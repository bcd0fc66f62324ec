// A page of the ledger for the API, read from the file itself: the lines verbatim, not from memory.
// Numbers rise with every line, so where a page begins is found by halving, and not by reading everything before it.

import { type FileHandle, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemCode } from '../model/errors.ts';
import { fullVolumes, volumeName } from '../model/files/ledger-files.ts';
import type { LedgerLine } from '../model/ledger.ts';
import { parseLedgerLine } from '../store/tail/ledger-tail.ts';

/** Read at each halving: longer than all lines but those of a minute with very many devices. */
const LOOK_BYTES = 16 * 1024;

/** Lines with a number above `after`, at most `limit`, oldest first, out of all volumes. A missing ledger has none. */
export async function readLedgerPage(path: string, after: number, limit: number): Promise<LedgerLine[]> {
  for (;;) {
    const files = await volumeFiles(path);
    const lines: LedgerLine[] = [];
    for (let at = await findVolume(files, after); at < files.length && lines.length < limit; at++) {
      for (const line of await readVolume(files[at] ?? path, after, limit - lines.length)) lines.push(line);
    }
    // Where a volume became full meanwhile, the last file is another one.
    if ((await volumeFiles(path)).length === files.length) return lines;
  }
}

/** In their order, the one that is written last. */
async function volumeFiles(path: string): Promise<string[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
    return [];
  });
  return [...fullVolumes(names).map((volume) => join(folder, volumeName(volume))), path];
}

/** The last volume that begins at or before the line behind `after`. */
async function findVolume(files: readonly string[], after: number): Promise<number> {
  let low = 0;
  let high = files.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [first] = await readVolume(files[middle] ?? '', 0, 1);
    if (first === undefined || first.n > after + 1) high = middle - 1;
    else low = middle;
  }
  return low;
}

async function readVolume(path: string, after: number, limit: number): Promise<LedgerLine[]> {
  const file = await open(path).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  });
  if (file === undefined) return [];
  try {
    return await readLines(file, await findStart(file, after), after, limit);
  } finally {
    await file.close();
  }
}

async function readLines(file: FileHandle, start: number, after: number, limit: number): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for await (const text of textsFrom(file, start)) {
    const line = parseLedgerLine(text);
    if (line === undefined || line.n <= after) continue;
    lines.push(line);
    if (lines.length >= limit) break;
  }
  return lines;
}

/**
 * The texts of the lines behind number `after`, each with its line feed, byte for byte verbatim, from all volumes:
 * their holder can prove the chain. At least one line, and about `bytes` in all. A line that is damaged comes too, where it
 * stands.
 */
export async function readLedgerText(path: string, after: number, bytes: number): Promise<string> {
  for (;;) {
    const files = await volumeFiles(path);
    let page = '';
    for (let at = await findVolume(files, after); at < files.length && page.length < bytes; at++)
      page += await readVolumeText(files[at] ?? path, after, bytes - page.length, page !== '');
    // Where a volume became full meanwhile, the last file is another one.
    if ((await volumeFiles(path)).length === files.length) return page;
  }
}

/** `begun`: lines before this volume were taken, so that all of it comes behind `after`. */
async function readVolumeText(path: string, after: number, bytes: number, begun: boolean): Promise<string> {
  const file = await open(path).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  });
  if (file === undefined) return '';
  try {
    let page = '';
    for await (const text of textsFrom(file, begun ? 0 : await findStart(file, after))) {
      const isBefore = !begun && page === '' && (parseLedgerLine(text)?.n ?? 0) <= after;
      if (!isBefore) page += `${text}\n`;
      if (page.length >= bytes) break;
    }
    return page;
  } finally {
    await file.close();
  }
}

async function* textsFrom(file: FileHandle, start: number): AsyncGenerator<string> {
  const input = file.createReadStream({ encoding: 'utf8', start, autoClose: false });
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    input.destroy();
  }
}

/** Where a line begins that has no number above `after` before it, and the first such number soon behind it. */
async function findStart(file: FileHandle, after: number): Promise<number> {
  let low = 0;
  let high = (await file.stat()).size;
  while (high - low > LOOK_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const found = await firstLine(file, middle);
    if (found === undefined || found.n > after || found.start >= high) high = middle;
    else low = found.start;
  }
  return low;
}

/** The first readable line that begins behind `position`; undefined where there is none in reach. */
async function firstLine(file: FileHandle, position: number): Promise<{ n: number; start: number } | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(LOOK_BYTES), 0, LOOK_BYTES, position);
  const bytes = buffer.subarray(0, bytesRead);
  for (let start = bytes.indexOf(10) + 1; start > 0; ) {
    const end = bytes.indexOf(10, start);
    if (end < 0) return undefined;
    const line = parseLedgerLine(bytes.toString('utf8', start, end));
    if (line !== undefined) return { n: line.n, start: position + start };
    start = end + 1;
  }
  return undefined;
}
