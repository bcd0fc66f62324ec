// README and what its links lead to within the tree: the package holds the same pages in the same places, so that the links hold there too.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Files that README.md links, directly or through other pages, as paths from `root`; README.md is the first. */
export function manualsOf(root: string): string[] {
  const found = ['README.md'];
  for (const file of found) {
    if (!file.endsWith('.md')) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      const path = normalize(join(dirname(file), target));
      if (/\.(md|png|json)$/.test(path) && !found.includes(path) && existsSync(join(root, path))) found.push(path);
    }
  }
  return found;
}
