// The index's folder around the database: what is set aside next to it, what is left untouched, what is removed for good. For index-store.ts.

import { readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WeirError } from '../../model/errors.ts';
import { IndexDatabase } from './index-database.ts';
import { EMPTY_HEAD } from './index-records.ts';

/** Directories set aside that are kept for a look, newest first. */
const KEPT_ASIDE = 2;
const ASIDE = /^aside-\d{8}T\d{9}Z$/;

/** After a downgrade: rebuilt from the captures that are left, an index would hold less than it does. */
export async function refuseNewer(directory: string, database: IndexDatabase): Promise<void> {
  const schema: string = (await database.head())?.schema ?? '';
  const [, number = '0'] = /^weir\.index\/(\d{1,6})$/.exec(schema) ?? [];
  if (Number(number) <= Number(EMPTY_HEAD.schema.split('/')[1])) return;
  await database.close();
  throw new WeirError(
    'FORMAT_NEWER',
    `${directory}: a newer Weir wrote this index (${schema}; this one writes ${EMPTY_HEAD.schema}). Nothing was started, the index is as it was. Install that version again, or \`weir rebuild\` makes a new index of the captures that are left.`,
  );
}

/** LevelDB names keys in its manifest and its log; opened again, it rewrites both. */
export async function reopened(directory: string, database: IndexDatabase): Promise<IndexDatabase> {
  await database.close();
  const fresh = await IndexDatabase.open(directory);
  rmSync(join(directory, 'LOG.old'), { force: true });
  return fresh;
}

/** Keeps the last two for a look; the captures are the evidence, this never was. @returns where it is now. */
export function moveAside(directory: string): string {
  const folder = dirname(directory);
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, '');
  const aside = join(folder, `aside-${stamp}`);
  renameSync(directory, aside);
  removeAside(directory, KEPT_ASIDE);
  return aside;
}

/** But for the newest `kept`. */
export function removeAside(directory: string, kept: number): void {
  const folder = dirname(directory);
  const aside = readdirSync(folder)
    .filter((name) => ASIDE.test(name))
    .sort()
    .reverse();
  for (const name of aside.slice(kept)) rmSync(join(folder, name), { recursive: true, force: true });
}
