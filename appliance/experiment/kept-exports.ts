// Bundles that lie in `exports/` of the data folder: which there are, the files of one, and its removal. Only what `weir export` puts
// into a bundle is ever opened; a link or a pipe in its place is left out. Made by make-export.ts.

import fs from 'node:fs';
import path from 'node:path';
import { sidecarPath } from '../capture/evidence/segment.ts';
import { parseCustody } from '../capture/ledger/custody.ts';
import { readRegularJson, statBelow } from '../capture/storage/regular-file.ts';
import { ABSENT, orElse } from '../model/expected-error.ts';
import { isSegmentPath, parseSegmentFile } from '../model/segment.ts';
import { EXPORTS_FOLDER } from './make-export.ts';

/** A time in UTC, and a number where one was made in the same second. */
const NAME = /^\d{8}T\d{6}Z(?:-\d{1,3})?$/;
/** Bytes of a bundle's custody record (half a million segments); a longer one is not read, and the bundle counts as unfinished. */
const MAX_CUSTODY_BYTES = 64 * 1024 * 1024;
/** Written last: a bundle that has it is whole. */
const SIGNATURE = 'SHA256SUMS.minisig';
const BOOKS = ['appliance.json', 'weir.pub', 'ledger.head', 'ledger.ndjson', 'custody.json', 'SHA256SUMS', SIGNATURE];

export interface KeptExport {
  readonly name: string;
  /** Null while it is not whole: it is being made, or its making was ended. */
  readonly whole: null | { readonly segments: number; readonly bytes: number; readonly reason: string };
}

export interface ExportFile {
  /** Within the bundle. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Null for what is no capture. */
  readonly segment: { readonly seq: number; readonly fileName: string; readonly sha256: string } | null;
}

/** Newest first. `known`: what is whole already, which never changes; a custody record may have megabytes, and a page asks each second. */
export async function listExports(dataDir: string, known: Map<string, KeptExport>): Promise<KeptExport[]> {
  const names = await fs.promises
    .readdir(path.join(dataDir, EXPORTS_FOLDER))
    .catch(orElse<string[]>([], 'listing exports', ...ABSENT));
  const found = names.filter((name) => NAME.test(name) && isFolder(dataDir, name));
  for (const name of known.keys()) if (!found.includes(name)) known.delete(name);
  return found
    .sort()
    .reverse()
    .map((name) => {
      const kept = known.get(name) ?? { name, whole: wholeOf(dataDir, name) };
      if (kept.whole !== null) known.set(name, kept);
      return kept;
    });
}

function wholeOf(dataDir: string, name: string): KeptExport['whole'] {
  const custody = custodyOf(dataDir, name);
  if (custody === undefined) return null;
  const bytes = custody.files.reduce((sum, file) => sum + file.bytes, 0);
  const reason = typeof custody.reason === 'string' ? custody.reason : '';
  return { segments: custody.files.length, bytes, reason };
}

function custodyOf(dataDir: string, name: string) {
  if (statBelow(dataDir, `${EXPORTS_FOLDER}/${name}/${SIGNATURE}`)?.isFile() !== true) return undefined;
  return parseCustody(readRegularJson(path.join(dataDir, EXPORTS_FOLDER, name, 'custody.json'), MAX_CUSTODY_BYTES));
}

/** In the order in which a reader wants them: the books, then the captures. */
export function exportFiles(dataDir: string, name: string): ExportFile[] | undefined {
  if (!NAME.test(name) || !isFolder(dataDir, name)) return undefined;
  const custody = custodyOf(dataDir, name);
  if (custody === undefined) return undefined;
  const files = BOOKS.map((book) => fileOf(dataDir, name, book, null));
  for (const { path: segment, sha256 } of custody.files) {
    if (!isSegmentPath(segment)) continue;
    const fileName = path.basename(segment);
    const seq = parseSegmentFile(fileName)?.seq ?? 0;
    files.push(fileOf(dataDir, name, `captures/${segment}`, { seq, fileName, sha256 }));
    files.push(fileOf(dataDir, name, `captures/${sidecarPath(segment)}`, null));
  }
  return files.filter((file) => file !== undefined);
}

function fileOf(dataDir: string, name: string, inside: string, segment: ExportFile['segment']): ExportFile | undefined {
  const below = `${EXPORTS_FOLDER}/${name}/${inside}`;
  const stat = statBelow(dataDir, below);
  if (stat?.isFile() !== true) return undefined;
  return { name: `${name}/${inside}`, path: path.join(dataDir, below), bytes: stat.size, segment };
}

export async function removeExport(dataDir: string, name: string): Promise<boolean> {
  if (!NAME.test(name) || !isFolder(dataDir, name)) return false;
  await fs.promises.rm(path.join(dataDir, EXPORTS_FOLDER, name), { recursive: true, force: true });
  return true;
}

function isFolder(dataDir: string, name: string): boolean {
  return statBelow(dataDir, `${EXPORTS_FOLDER}/${name}`)?.isDirectory() === true;
}
