// A page of the ledger for the API, read from the file itself: the lines as they stand there, not as anybody remembers them.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemCode } from '../model/errors.ts';
import type { LedgerLine } from '../model/ledger.ts';
import { parseLedgerLine } from '../store/ledger-tail.ts';

/** Lines with a number above `after`, at most `limit`, oldest first. A missing ledger has none. */
export async function readLedgerPage(path: string, after: number, limit: number): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  const input = createReadStream(path, { encoding: 'utf8' });
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parseLedgerLine(text);
      if (line === undefined || line.n <= after) continue;
      lines.push(line);
      if (lines.length >= limit) break;
    }
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  } finally {
    input.destroy();
  }
  return lines;
}
