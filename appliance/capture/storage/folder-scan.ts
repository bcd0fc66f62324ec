// What really lies in the captures folder. Recovery, retention and verify decide from this, never from an index.

import fs from 'node:fs';
import path from 'node:path';
import { systemCode } from '../../model/errors.ts';
import { orElse, UNREADABLE } from '../../model/expected-error.ts';
import type { DeviceKey } from '../../model/mac.ts';
import { parseSegmentFile } from '../../model/segment.ts';

/** `foreign`: nothing that capture makes, or no plain file. */
export type FoundKind = 'segment' | 'part' | 'sidecar' | 'temporary' | 'foreign';

export interface FoundFile {
  /** Relative to the captures folder, with forward slashes. */
  readonly path: string;
  readonly kind: FoundKind;
  readonly bytes: number;
  readonly device: DeviceKey | null;
  readonly seq: number;
}

/** Device, year, month, day: below them capture makes files only. */
const FOLDERS_DEEP = 4;
/** A start looks at tens of thousands of files: one after the other they wait longer than they work. */
const AT_ONCE = 32;

/**
 * Every file below the folder, by path; symbolic links are not followed. A missing folder is empty. A folder that may not be read
 * (`lost+found` where captures are a file system of their own), or lies deeper than any of capture's, is itself a foreign thing.
 */
export async function scanCaptures(folder: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const entries = await entriesOf(folder);
  if (entries === null) throw Object.assign(new Error(`${folder} may not be read`), { code: 'EACCES' });
  await scanInto(folder, '', entries, 1, found);
  return found;
}

async function scanInto(
  root: string,
  below: string,
  entries: readonly fs.Dirent[],
  depth: number,
  found: FoundFile[],
): Promise<void> {
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (let at = 0; at < sorted.length; at += AT_ONCE) {
    const group = sorted.slice(at, at + AT_ONCE);
    const files = await Promise.all(
      group.map(async (entry) => (isOurs(entry, depth) ? null : await describe(root, `${below}${entry.name}`, entry))),
    );
    for (const [i, entry] of group.entries()) {
      const file = files[i];
      if (file === null || file === undefined) await scanFolder(root, `${below}${entry.name}`, entry, depth, found);
      else found.push(file);
    }
  }
}

function isOurs(entry: fs.Dirent, depth: number): boolean {
  return entry.isDirectory() && depth <= FOLDERS_DEEP;
}

async function scanFolder(
  root: string,
  relative: string,
  entry: fs.Dirent,
  depth: number,
  found: FoundFile[],
): Promise<void> {
  const inside = await entriesOf(path.join(root, relative));
  if (inside === null) found.push(await describe(root, relative, entry));
  else await scanInto(root, `${relative}/`, inside, depth + 1, found);
}

/** Null for a folder that may not be read, none for one that is gone. Rejects with the system's error on a bad read. */
async function entriesOf(folder: string): Promise<fs.Dirent[] | null> {
  try {
    return await fs.promises.readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return [];
    if (code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}

async function describe(root: string, relative: string, entry: fs.Dirent): Promise<FoundFile> {
  const stat = await fs.promises
    .lstat(path.join(root, relative))
    .catch(orElse(null, 'finding a capture file', ...UNREADABLE));
  const bytes = stat?.size ?? 0;
  const name = parseSegmentFile(entry.name.replace(/\.json(\.tmp)?$/, '.pcap'));
  const device = name?.device ?? null;
  const kind = entry.isFile() && name !== undefined ? kindOf(entry.name) : 'foreign';
  return { path: relative, kind, bytes, device, seq: name?.seq ?? 0 };
}

function kindOf(name: string): FoundKind {
  if (name.endsWith('.part')) return 'part';
  if (name.endsWith('.pcap')) return 'segment';
  return name.endsWith('.json') ? 'sidecar' : 'temporary';
}
