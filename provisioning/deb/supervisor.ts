// pm2, unmodified, in a folder of its own with the packages that it needs: a separate program under its own licence
// (AGPL-3.0), which weir.service starts and which nothing of ours imports. Called by main.ts.

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closure } from './packages.ts';

export function placeSupervisor(root: string, out: string): void {
  for (const folder of closure(root, ['pm2'])) {
    mkdirSync(dirname(join(out, folder)), { recursive: true });
    // Nested packages come by themselves where they are needed.
    cpSync(join(root, folder), join(out, folder), {
      recursive: true,
      filter: (path) => !isForeign(path, join(root, folder)),
    });
  }
  symlinkSync('node_modules/pm2/bin', join(out, 'bin'));
  symlinkSync('node_modules/pm2/GNU-AGPL-3.0.txt', join(out, 'LICENSE'));
}

/** Settings of its authors' editors and checkers (.eslintrc, .npmignore) are no part of the program. */
function isForeign(path: string, folder: string): boolean {
  const below = path.slice(folder.length);
  return below.includes('/node_modules') || below.includes('/.');
}
