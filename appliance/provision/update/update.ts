// `weir update`: a signed package in the place of the installed one, and back again where it does not come up. Read `update` top to
// bottom for the order of things: nothing changes before everything was checked and the way back lies on the card.

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { type Answers, activeUnits, type Patience, whyNotUp } from './came-up.ts';
import { checkFit, type DebianPackage, installedVersion, lookInto } from './debian-package.ts';
import { keepInstalled } from './keep-installed.ts';
import { lastWords, type RunProgram } from './run-program.ts';
import { readReleaseKey, readSigned, refused } from './signed-package.ts';

export interface UpdateWish {
  /** Paths or addresses of packages, each with its signature next to it. */
  readonly sources: readonly string[];
  readonly keyFile: string;
  /** Root's alone: packages wait here, and the one to go back to stays. */
  readonly folder: string;
  readonly mayBeOlder: boolean;
}

/** What an update meets outside itself. */
export interface UpdateSurroundings {
  readonly run: RunProgram;
  readonly answers: Answers;
  readonly say: (line: string) => void;
  readonly patience?: Patience;
}

export interface UpdateDone {
  readonly from: string;
  readonly to: string;
  /** Active before and after. */
  readonly units: readonly string[];
  /** `dpkg -i` goes back to them; none where nothing was to do. */
  readonly previous: readonly string[];
}

/**
 * @throws WeirError UPDATE_REFUSED: nothing was changed; UPDATE_FAILED: it did not come up, and the version of before was installed
 * again or could not be; the message says which.
 */
export async function update(wish: UpdateWish, surroundings: UpdateSurroundings): Promise<UpdateDone> {
  const { run, say } = surroundings;
  const key = readReleaseKey(wish.keyFile);
  mkdirSync(wish.folder, { recursive: true, mode: 0o700 });
  const incoming = mkdtempSync(join(wish.folder, 'incoming-'));
  try {
    const packages: DebianPackage[] = [];
    for (const [i, source] of wish.sources.entries()) {
      const file = join(incoming, `${i}.deb`);
      writeFileSync(file, await readSigned(source, key), { mode: 0o600, flag: 'wx' });
      packages.push(await lookInto(run, file, printable(source, 200)));
    }
    await checkFit(run, packages, wish.mayBeOlder);
    const { version: to = '', installed: from = '' } = packages[0] ?? {};
    const units = await activeUnits(run);
    if (packages.every(({ version, installed }) => version === installed)) return { from, to, units, previous: [] };
    say(`signed by the release key: ${packages.map(({ name, version }) => `${name} ${version}`).join(', ')}`);
    say(`keeping ${from} to go back to`);
    const previous = await keepAll(wish, run, packages, incoming);
    say('installing; recording stops for seconds, and the ledger names the gap');
    const failure = (await install(run, packages)) ?? (await notUp(surroundings, to, units));
    if (failure === null) return { from, to, units, previous };
    say(`${failure}; going back to ${from}`);
    throw await goneBack({ failure, to, from, units, previous }, surroundings);
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}

/** Whole in `previous/`, or those of before are still there. */
async function keepAll(
  { folder }: UpdateWish,
  run: RunProgram,
  packages: readonly DebianPackage[],
  incoming: string,
): Promise<readonly string[]> {
  const fresh = join(incoming, 'previous');
  mkdirSync(fresh, { mode: 0o700 });
  const files: string[] = [];
  for (const { name, installed } of packages) files.push(await keepInstalled(run, name, installed, fresh));
  const kept = join(folder, 'previous');
  rmSync(kept, { recursive: true, force: true });
  renameSync(fresh, kept);
  return files.map((file) => join(kept, basename(file)));
}

/** Null where they are installed. @throws WeirError UPDATE_REFUSED where apt did not begin. */
async function install(run: RunProgram, packages: readonly DebianPackage[]): Promise<string | null> {
  // apt, because a new version may need a package that is not here; it must not take one away for that.
  const words = ['--yes', '--no-install-recommends', '--no-remove', '--allow-downgrades'];
  const ran = await run('apt-get', 'install', ...words, ...packages.map(({ file }) => file));
  if (ran.status === 0) return null;
  const said = `apt-get could not install it: ${printable(lastWords(ran), 300)}`;
  for (const { name, installed } of packages) if ((await installedVersion(run, name)) !== installed) return said;
  throw refused(said, 'apt-get update first, or install what it asks for');
}

async function notUp(
  { run, answers, say, patience }: UpdateSurroundings,
  version: string,
  units: readonly string[],
): Promise<string | null> {
  if (units.length > 0) say(`waiting until ${units.join(', ')} answer as ${version}`);
  return await whyNotUp(run, { version, units }, answers, patience);
}

interface Failed extends UpdateDone {
  readonly failure: string;
}

/** The error that describes the outcome. */
async function goneBack(failed: Failed, surroundings: UpdateSurroundings): Promise<WeirError> {
  const { failure, to, from, units, previous } = failed;
  const ran = await surroundings.run('dpkg', '--install', ...previous);
  const still = ran.status === 0 ? await notUp(surroundings, from, units) : `dpkg: ${lastWords(ran)}`;
  const what = `weir ${to} did not come up (${printable(failure, 300)})`;
  if (still === null)
    return new WeirError(
      'UPDATE_FAILED',
      `${what}; ${from} is installed again and runs. Report it to the maker of the package, with \`journalctl -u weir-capture -u weir\`.`,
    );
  return new WeirError(
    'UPDATE_FAILED',
    `${what}, and ${from} did not come back either (${printable(still, 300)}). Its package is ${previous.join(' ')}: \`dpkg -i\` it, then ask \`weir doctor\`.`,
  );
}
