// Small state files (sidecars, boot counter, appliance identity): a reader sees the old one or the new one, also after a
// power cut. Temporary file, fsync, rename, folder fsync: 0 of 25 cuts unreadable (research/reliability.md §3.3).

import path from 'node:path';
import { type EvidenceDisk, writeAll } from './disk.ts';

/** Throws the system's error; a leftover `.tmp` is overwritten by the next call. */
export async function writeDurably(disk: EvidenceDisk, file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const handle = await disk.open(temporary);
  try {
    await handle.truncate(0);
    await writeAll(handle, bytes, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await disk.rename(temporary, file);
  await disk.syncFolder(path.dirname(file));
}
