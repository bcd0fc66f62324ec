// Segments that must not be deleted for the moment, because somebody is copying them: files `run/*.lock.json`, each a JSON list of
// paths below the captures folder. Written by export.ts, heeded by storage.ts. A lock whose process is gone does not count.

import fs from 'node:fs';
import path from 'node:path';

const SUFFIX = '.lock.json';

/** Locks until the returned function is called. */
export function lockSegments(runFolder: string, paths: readonly string[]): () => void {
  const file = path.join(runFolder, `${process.pid}${SUFFIX}`);
  fs.writeFileSync(file, JSON.stringify(paths), { mode: 0o640 });
  return () => fs.rmSync(file, { force: true });
}

/** All paths that are locked now. */
export function readLocks(runFolder: string): ReadonlySet<string> {
  const locked = new Set<string>();
  for (const name of fs.readdirSync(runFolder)) {
    if (!name.endsWith(SUFFIX)) continue;
    if (!fs.existsSync(`/proc/${name.slice(0, -SUFFIX.length)}`)) continue;
    for (const entry of readList(path.join(runFolder, name))) locked.add(entry);
  }
  return locked;
}

function readList(file: string): string[] {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
  } catch {
    return [];
  }
}
