// The sidecar next to a segment, read as what anybody may have put there, and kept under another name where a new one takes its place.

import fs from 'node:fs';
import path from 'node:path';
import { systemCode } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import type { SegmentSidecar } from '../../model/segment.ts';
import type { EvidenceDisk } from '../storage/disk.ts';
import { readRegular } from '../storage/regular-file.ts';

/** A sidecar is read whole into memory; a larger file is taken for none that can be read. */
const MAX_SIDECAR_BYTES = 1024 * 1024;
/** Files kept next to one sidecar; with so many, a person has to check first. */
const MAX_KEPT = 100;

/** A sidecar with its exact text, or in a word why there is none. */
type FoundSidecar =
  | { readonly value: SegmentSidecar; readonly text: string }
  | { readonly fault: string; readonly value?: undefined };

/** A sidecar and its exact text; undefined when it is missing or not readable as one. */
export function readSidecar(file: string): { value: SegmentSidecar; text: string } | undefined {
  const found = findSidecar(file);
  return found.value === undefined ? undefined : found;
}

/** `fault`: missing, oversized, damaged, or unreadable with the system's code. */
export function findSidecar(file: string): FoundSidecar {
  try {
    const text = readRegular(file, MAX_SIDECAR_BYTES);
    const value = JSON.parse(text) as SegmentSidecar | null;
    if (value?.schema !== 'weir.segment/1' || typeof value.sha256 !== 'string') return { fault: 'damaged' };
    return { value, text };
  } catch (thrown) {
    expectOnly(thrown, 'reading a sidecar', ...UNREADABLE, 'EIO', SyntaxError);
    return { fault: faultOf(thrown) };
  }
}

/**
 * Gives what has the name of a sidecar another one, under which nothing is yet, and answers its last part; undefined where there is nothing.
 * Rejects with the system's error, or with EEXIST where too much was kept before.
 */
export async function keepBeside(disk: EvidenceDisk, file: string): Promise<string | undefined> {
  if (!isTaken(file)) return undefined;
  const names = Array.from({ length: MAX_KEPT }, (_, i) => `${file}.damaged${i === 0 ? '' : `-${i + 1}`}`);
  const free = names.find((name) => !isTaken(name));
  if (free === undefined) {
    throw Object.assign(new Error(`${MAX_KEPT} files are kept beside it already`), { code: 'EEXIST' });
  }
  await disk.rename(file, free);
  await disk.syncFolder(path.dirname(free));
  return path.basename(free);
}

/** By anything: a link that leads nowhere too. */
function isTaken(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function faultOf(thrown: unknown): string {
  const code = systemCode(thrown);
  if (code === 'ENOENT') return 'missing';
  if (code === 'EFBIG') return 'oversized';
  return thrown instanceof SyntaxError ? 'damaged' : `unreadable (${code ?? 'unknown'})`;
}
