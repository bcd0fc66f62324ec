// All sites of a folder joined, each by what `weir archive compact` calls for it; no other writer is there.

import { compactableSites, compactSite } from '../../appliance/pull/tables/compaction.ts';

/** `today`: days before it are over. Answers how many files were written. */
export async function compactSites(archive: string, today: string): Promise<number> {
  let files = 0;
  for (const site of compactableSites(archive)) files += await compactSite(archive, site, today);
  return files;
}
