// Follows the appliance where a device was forgotten there (`weir forget`): what the archive holds of it goes, once for each such line of the
// ledger, unless the archive is held (hold.ts). The ledger's lines stay, here as there.

import fs from 'node:fs';
import { join } from 'node:path';
import { sidecarPath } from '../capture/evidence/segment.ts';
import { removeEmptyFolders } from '../capture/storage/deletions.ts';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { readRegularJson } from '../capture/storage/regular-file.ts';
import { type DeviceKey, deviceId } from '../model/mac.ts';
import { readHold } from './hold.ts';
import type { SegmentBook } from './segment-book.ts';
import type { RowsOrigin } from './tables/day-folder.ts';
import { forgetRows } from './tables/forget-rows.ts';

/** Of the mark: a number for each forgotten device. */
const MAX_BYTES = 1024 * 1024;

export interface Forgotten {
  readonly device: DeviceKey;
  /** Captures of it in the archive that were removed, or kept because of the hold. */
  readonly captures: number;
  readonly isHeld: boolean;
}

/**
 * `site`: the folder of `origin.site`. Answers what was forgotten since the pull before, and under a hold at each pull. What a cut left
 * is done at the next pull.
 */
export async function followForgotten(
  archive: string,
  site: string,
  book: SegmentBook,
  origin: RowsOrigin,
): Promise<readonly Forgotten[]> {
  const mark = join(site, 'forgotten.json');
  const done = readRegularJson(mark, MAX_BYTES) ?? {};
  const due = [...book.forgotten].filter(([device, upTo]) => done[device] !== upTo);
  if (due.length === 0) return [];
  const captures = (device: DeviceKey, upTo: number) => capturesOf(site, book, device, upTo);
  if (readHold(archive) !== undefined)
    return due.map(([device, upTo]) => ({ device, captures: captures(device, upTo).length, isHeld: true }));
  const followed = due.map(([device, upTo]) => ({ device, captures: captures(device, upTo).length, isHeld: false }));
  for (const [device, upTo] of due) {
    for (const segment of book.segments.values()) {
      if (segment.device !== device || segment.seq > upTo) continue;
      for (const name of [segment.path, sidecarPath(segment.path)])
        fs.rmSync(join(site, 'captures', name), { force: true });
    }
    await removeEmptyFolders(join(site, 'captures'), device);
    for (const end of ['json', 'hours.json'])
      fs.rmSync(join(site, 'figures', 'devices', `${deviceId(device)}.${end}`), { force: true });
  }
  await forgetRows(archive, origin, new Set(due.map(([device]) => deviceId(device))));
  await writeDurably(nodeDisk, mark, `${JSON.stringify(Object.fromEntries(book.forgotten))}\n`);
  return followed;
}

/** Those that are in the archive. */
function capturesOf(site: string, book: SegmentBook, device: DeviceKey, upTo: number): readonly string[] {
  return [...book.segments.values()]
    .filter((segment) => segment.device === device && segment.seq <= upTo)
    .map((segment) => segment.path)
    .filter((path) => fs.existsSync(join(site, 'captures', path)));
}
