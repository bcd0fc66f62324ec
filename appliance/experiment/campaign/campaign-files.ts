// Where campaigns lie: those that come with Weir, and the owner's own. A name represents a file in one of these two folders and for
// nothing else.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPlainFile } from '../../config/plain-file.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';
import { MAX_CAMPAIGN_LETTERS } from './read.ts';

/** Next to the program in the package; in a source tree the program lies in `dist`, and they do not. */
const READY_MADE = ['../campaigns', '../../../../appliance/experiment/campaigns']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find(existsSync);
const OWN_CAMPAIGNS = '/etc/weir/campaigns';

const FILE = /^([A-Za-z0-9_]{1,64})\.yaml$/;
/** Campaigns of one folder that are listed and found; further files are passed over. */
const MAX_FILES = 200;

export interface CampaignPlace {
  readonly name: string;
  readonly path: string;
  readonly isReadyMade: boolean;
}

/** By name; the owner's own take precedence over Weir's of the same name. */
export function campaignPlaces(own = OWN_CAMPAIGNS): CampaignPlace[] {
  const places = new Map<string, CampaignPlace>();
  for (const [folder, isReadyMade] of [
    [READY_MADE ?? own, true],
    [own, false],
  ] as const) {
    for (const name of namesIn(folder)) places.set(name, { name, path: join(folder, `${name}.yaml`), isReadyMade });
  }
  return [...places.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .flatMap((file) => FILE.exec(file)?.[1] ?? [])
      .slice(0, MAX_FILES);
  } catch (thrown) {
    expectOnly(thrown, 'reading a folder of campaigns', ...UNREADABLE);
    return [];
  }
}

/** @throws WeirError REQUEST_INVALID where there is none of that name. */
export function findCampaign(name: string, places: readonly CampaignPlace[] = campaignPlaces()): CampaignPlace {
  const place = places.find((one) => one.name === name);
  if (place !== undefined) return place;
  const known = places.map((one) => one.name).join(', ');
  throw new WeirError(
    'REQUEST_INVALID',
    `There is no campaign ${printable(name, 64)}; nothing was started. There are: ${known}.`,
  );
}

/** Text of a file; lines end in LF. @throws WeirError FILE_UNREADABLE. */
export function readCampaignFile(path: string): string {
  try {
    // Letters of four bytes are the most that UTF-8 has.
    const text = readPlainFile(path, 4 * MAX_CAMPAIGN_LETTERS);
    if (text !== undefined) return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  } catch (thrown) {
    const message = `${path}: cannot be read (${toError(thrown).message}); nothing was started.`;
    throw new WeirError('FILE_UNREADABLE', message, { cause: thrown });
  }
  throw new WeirError(
    'FILE_UNREADABLE',
    `${path}: no such file; nothing was started. weir campaign list names those there are.`,
  );
}
