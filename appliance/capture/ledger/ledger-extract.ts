// What of a ledger goes with an export of some segments: their own lines and those that concern everybody. All others are represented
// by their hashes, which proves the chain without revealing what other devices did.

import fs from 'node:fs';
import type { LedgerLine } from '../../model/ledger.ts';
import { formatOmitted, lineHash } from './ledger-chain.ts';
import { readLedger } from './ledger-reader.ts';
import type { LedgerSegment } from './ledger-state.ts';

/** A hardware address in any of the ways in which lines and paths write one. */
const ADDRESS = /(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}/gi;

/** Rewrites a copy of a ledger to the extract for the given segments; answers how many lines were left out. */
export async function extractLedger(file: string, segments: readonly LedgerSegment[]): Promise<number> {
  const concerns = concernOf(segments);
  const extract = `${file}.extract`;
  const fd = fs.openSync(extract, 'wx', 0o640);
  let hashes: string[] = [];
  let omitted = 0;
  const write = (text: string): void => void fs.writeSync(fd, `${text}\n`);
  const closeRun = (next: number): void => {
    for (const text of formatOmitted(next - hashes.length, hashes)) write(text);
    omitted += hashes.length;
    hashes = [];
  };
  try {
    const end = await readLedger(file, ({ line, next }, text) => {
      if (line !== undefined && !concerns(line, text)) return void hashes.push(lineHash(text));
      closeRun(next.lines);
      write(text);
    });
    closeRun(end.chain.lines + 1);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(extract, file);
  return omitted;
}

/** Whether a line may be included: it names no segment but the given ones, and no address but theirs and the access point's. */
function concernOf(segments: readonly LedgerSegment[]): (line: LedgerLine, text: string) => boolean {
  const paths = new Set(segments.map((segment) => segment.path));
  const addresses = new Set<string>(segments.flatMap((segment) => [segment.device, ...segment.infra]));
  return (line, text) => {
    if ('path' in line && line.path !== 'ledger.ndjson') return paths.has(line.path);
    return (text.match(ADDRESS) ?? []).every((address) => addresses.has(address.toLowerCase().replaceAll('-', ':')));
  };
}
