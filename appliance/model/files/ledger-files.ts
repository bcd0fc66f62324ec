// Names of the ledger's files. The ledger is one chain of lines in several files, its volumes: `ledger.ndjson` is written, the full
// ones before it are `ledger-000001.ndjson` and on, and never change again. Read in that order they are one text.

export const LEDGER_FILE = 'ledger.ndjson';

const VOLUME = /^ledger-(\d{6})\.ndjson$/;

/** Of a volume that is full; numbers count from 1. */
export function volumeName(volume: number): string {
  return `ledger-${String(volume).padStart(6, '0')}.ndjson`;
}

/** Numbers of the full volumes among the names of a folder, rising. A million of them are 64 TB. */
export function fullVolumes(names: Iterable<string>): number[] {
  const found: number[] = [];
  for (const name of names) {
    const volume = Number(VOLUME.exec(name)?.[1] ?? 0);
    if (volume > 0) found.push(volume);
  }
  return found.sort((a, b) => a - b);
}

/** Numbers that lack below the newest of `full`, which rise: how many, and the lowest of them, `most` at most. */
export function missingVolumes(full: readonly number[], most: number): { count: number; lowest: number[] } {
  const lowest: number[] = [];
  let before = 0;
  for (const volume of full) {
    for (let gone = before + 1; gone < volume && lowest.length < most; gone++) lowest.push(gone);
    before = volume;
  }
  return { count: before - full.length, lowest };
}
