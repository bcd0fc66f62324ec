// A hold on an archive (`weir archive hold`): while it is there, nothing of a device that was forgotten on its appliance leaves the
// archive. Who has an appliance's key could otherwise sign such a line and have the evidence deleted elsewhere too.

import fs from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { readRegularJson } from '../capture/storage/regular-file.ts';

const FILE = 'hold.json';
/** A time and a reason. */
const MAX_BYTES = 64 * 1024;

export interface Hold {
  /** ISO 8601; null where the file is damaged, which holds all the same. */
  readonly since: string | null;
  readonly reason: string;
}

/** undefined where there is none. */
export function readHold(archive: string): Hold | undefined {
  const file = join(archive, FILE);
  if (fs.lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  const { since, reason } = readRegularJson(file, MAX_BYTES) ?? {};
  return { since: typeof since === 'string' ? since : null, reason: typeof reason === 'string' ? reason : '' };
}

/** The first one stays. `now`: milliseconds since 1970. Throws the system's error. */
export async function holdArchive(archive: string, reason: string, now: number): Promise<Hold> {
  const known = readHold(archive);
  if (known !== undefined) return known;
  const hold: Hold = { since: new Date(now).toISOString(), reason };
  await writeDurably(nodeDisk, join(archive, FILE), `${JSON.stringify({ schema: 'weir.hold/1', ...hold })}\n`);
  return hold;
}

/** Whether there was one. The next pull then follows what was forgotten meanwhile. Throws the system's error. */
export function releaseArchive(archive: string): boolean {
  const file = join(archive, FILE);
  if (fs.lstatSync(file, { throwIfNoEntry: false }) === undefined) return false;
  fs.rmSync(file);
  return true;
}
