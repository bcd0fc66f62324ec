// The papers' own examples as captures, which are never part of the repository. Tests skip loudly without them.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const PAPERS = resolve(process.env['WEIR_PAPERS'] ?? join(ROOT, '..', 'shared', 'papers'));

/** Reason to skip, or false. */
export const withoutPapers: string | false = existsSync(join(PAPERS, 'INDEX.md'))
  ? false
  : `no papers at ${PAPERS}: set WEIR_PAPERS to the folder that holds INDEX.md`;

export function papers(name: string): string {
  return join(PAPERS, name);
}
