// weir.yaml from the boot partition to the place where it is in force. It is taken over when it is new and has no mistake;
// otherwise what was in force stays so.

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mistakesIn } from '../config/load.ts';
import { toError } from '../model/errors.ts';
import type { BootSettings } from '../model/files/boot-report.ts';
import type { Places } from './places.ts';
import { readOptional, writeIfChanged } from './small-files.ts';

export interface SettingsOutcome {
  readonly settings: BootSettings;
  readonly mistakes: readonly string[];
}

const NAME = 'weir.yaml';
/** What editors on other computers make of it. */
const MISNAMED = ['weir.yaml.txt', 'weir.yml', 'weir.txt'];

export async function takeSettings(places: Places): Promise<SettingsOutcome> {
  if (places.boot === null) return { settings: 'none', mistakes: [] };
  const offered = join(places.boot, NAME);
  if (!existsSync(offered)) return missing(places.boot);
  try {
    const mistakes = mistakesIn(offered).map(({ line, message }) => `${NAME}:${line}: ${message}`);
    if (mistakes.length > 0) return { settings: 'refused', mistakes };
    return { settings: (await apply(offered, places.config)) ? 'used' : 'unchanged', mistakes: [] };
  } catch (thrown) {
    return { settings: 'refused', mistakes: [`${NAME}: ${toError(thrown).message}`] };
  }
}

function missing(boot: string): SettingsOutcome {
  const other = MISNAMED.find((name) => existsSync(join(boot, name)));
  if (other === undefined) return { settings: 'none', mistakes: [] };
  return { settings: 'refused', mistakes: [`${other}: the file must be called ${NAME}; rename it`] };
}

/**
 * Whether the file was new. Its hash is noted after it, so that a power cut between the two only repeats the work; a later
 * change by hand in /etc stays until the file on the boot partition changes again.
 */
async function apply(offered: string, config: string): Promise<boolean> {
  const text = (readOptional(offered) ?? '').replace(/^\uFEFF/, '');
  const note = join(dirname(config), 'boot-settings.sha256');
  const hash = `${createHash('sha256').update(text).digest('hex')}\n`;
  if (readOptional(note) === hash && existsSync(config)) return false;
  const { gid } = statSync(dirname(config));
  const before = readOptional(config);
  if (before !== undefined && before !== text) await writeIfChanged(`${config}.before`, before, { mode: 0o640, gid });
  await writeIfChanged(config, text, { mode: 0o640, gid });
  await writeIfChanged(note, hash, { mode: 0o640, gid });
  return true;
}
