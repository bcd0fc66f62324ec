// Which npm packages another one needs, as the lock file says it and Node would find it. Read by supervisor.ts and notices.ts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  /** Only for some systems; then it is none of ours. */
  readonly os?: readonly string[];
}

type Lock = Readonly<Record<string, LockedPackage>>;

function readLock(root: string): Lock {
  return (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock }).packages;
}

/** Folders (`node_modules/…`) of the named packages and of all that they need, sorted. */
export function closure(root: string, names: readonly string[]): readonly string[] {
  const lock = readLock(root);
  const found = new Set<string>();
  const waiting = names.map((name) => place(lock, '', name));
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entry = lock[folder];
    if (found.has(folder) || entry === undefined || entry.os !== undefined) continue;
    found.add(folder);
    const needed = Object.keys({ ...entry.dependencies, ...entry.optionalDependencies });
    waiting.push(...needed.map((name) => place(lock, folder, name)));
  }
  return [...found].sort();
}

/** Where Node finds `name` from within `folder`: the nearest node_modules upwards that has it. */
function place(lock: Lock, folder: string, name: string): string {
  const here = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
  if (lock[here] !== undefined || folder === '') return here;
  const above = folder.lastIndexOf('/node_modules/');
  return place(lock, above === -1 ? '' : folder.slice(0, above), name);
}
