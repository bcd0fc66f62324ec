// Packets in quarantine, kept next to the index and not in it: a rebuild of the index must leave out the same packets, or
// its sums would not be those of the live run, and without a watchdog it would hang on them. Written before a segment
// without them can reach the index.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode, toError } from '../../model/errors.ts';
import type { SegmentCatalog } from '../tail/segment-catalog.ts';
import type { QuarantineList } from './quarantine.ts';

/** To try its packets again, with a version that reads them: delete it and run `weir rebuild`. */
export function quarantineFile(dataDir: string): string {
  return join(dataDir, 'index', 'quarantine.json');
}

interface StoredQuarantine {
  readonly schema: 'weir.quarantine/1';
  /** The path distinguishes a segment from one with the same number in an earlier life of the folder. */
  readonly segments: readonly { readonly seq: number; readonly path: string; readonly offsets: readonly number[] }[];
}

/** Of the segments that the catalog knows. `problem` hears why a file that is there cannot be used. */
export function readQuarantine(
  dataDir: string,
  catalog: SegmentCatalog,
  problem: (text: string) => void,
): QuarantineList {
  const path = quarantineFile(dataDir);
  try {
    const { schema, segments } = JSON.parse(readFileSync(path, 'utf8')) as StoredQuarantine;
    if (schema !== 'weir.quarantine/1') throw new TypeError('it has another layout');
    const known = segments.filter((segment) => catalog.get(segment.seq)?.path === segment.path);
    return Object.fromEntries(known.map(({ seq, offsets }) => [seq, offsets.filter(Number.isSafeInteger)]));
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return {};
    problem(`${path} cannot be read (${toError(thrown).message}); the packets that it named are tried again`);
    return {};
  }
}

/** Whole or as it was, also after a power cut. @throws the system's error. */
export function writeQuarantine(dataDir: string, catalog: SegmentCatalog, list: QuarantineList): void {
  const segments = Object.entries(list).flatMap(([seq, offsets]) => {
    const path = catalog.get(Number(seq))?.path;
    return path === undefined ? [] : [{ seq: Number(seq), path, offsets }];
  });
  const file: StoredQuarantine = { schema: 'weir.quarantine/1', segments };
  const path = quarantineFile(dataDir);
  mkdirSync(dirname(path), { recursive: true });
  writeSynced(`${path}.new`, `${JSON.stringify(file)}\n`);
  renameSync(`${path}.new`, path);
  syncFolder(dirname(path));
}

function writeSynced(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o640);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
