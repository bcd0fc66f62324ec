// What really lies in the captures folder. Recovery, retention and verify decide from this, never from an index.

import fs from 'node:fs';
import path from 'node:path';
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

/** Every file below the folder, by path; symbolic links are not followed. A missing folder is empty. */
export async function scanCaptures(folder: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  await scanInto(folder, '', found);
  return found;
}

async function scanInto(root: string, below: string, found: FoundFile[]): Promise<void> {
  const entries = await fs.promises
    .readdir(path.join(root, below), { withFileTypes: true })
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await scanInto(root, relative, found);
    else found.push(await describe(root, relative, entry));
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
