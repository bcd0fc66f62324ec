// The source files of a tree with their lines and imports, read once.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface SourceFile {
  /** From the root of the tree. */
  readonly path: string;
  readonly lines: readonly string[];
  /** Files of the tree that it imports, types included. */
  readonly imports: readonly string[];
}

export function readTree(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('assembly/'))
    .map((name) => readSource(join(folder, name)))
    .sort((x, y) => x.path.localeCompare(y.path));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  const folder = dirname(join(ROOT, path));
  return {
    path,
    lines: text.trimEnd().split('\n'),
    imports: targets.map((target) => relative(ROOT, resolve(folder, target))),
  };
}
