// The installed package as a file again, from what dpkg put on this machine: what an update goes back to. Nobody kept the file that it
// was installed from, least of all on a card image. Called by update.ts before anything changes.

import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { lastWords, type RunProgram } from './run-program.ts';
import { refused } from './signed-package.ts';

/** What a machine may do without (dpkg's path-exclude): it is not there afterwards either. */
const MAY_BE_MISSING = /^missing +(?:c +)?\/usr\/share\/(?:doc|man|locale)\//;

/**
 * Writes `NAME_VERSION.deb` into `folder` and answers its path; times and compression differ from the published one, files and
 * scripts do not. @throws WeirError UPDATE_REFUSED where installed files are not the package's.
 */
export async function keepInstalled(run: RunProgram, name: string, version: string, folder: string): Promise<string> {
  const verified = await run('dpkg', '--verify', name);
  const [altered] = verified.out.split('\n').filter((line) => line !== '' && !MAY_BE_MISSING.test(line));
  if (altered !== undefined)
    throw refused(
      `installed files of ${name} are not the package's (${altered.trim()}), so nobody could go back to it`,
      'Install the version of now once more, then update',
    );
  const tree = join(folder, `${name}.tree`);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  for (const path of (await asked(run, 'dpkg-query', '--listfiles', name)).split('\n')) copy(path, tree);
  await placeControl(run, name, join(tree, 'DEBIAN'));
  const file = join(folder, `${name}_${version}.deb`);
  await asked(run, 'dpkg-deb', '--root-owner-group', '-Zgzip', '-z1', '--build', tree, file);
  rmSync(tree, { recursive: true });
  return file;
}

async function asked(run: RunProgram, program: string, ...words: readonly string[]): Promise<string> {
  const ran = await run(program, ...words);
  if (ran.status !== 0) throw refused(`${program} ${words[0]} failed: ${lastWords(ran)}`);
  return ran.out;
}

function copy(path: string, tree: string): void {
  const facts = path.startsWith('/') ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (facts === undefined || path === '/.') return;
  const target = join(tree, path);
  if (facts.isDirectory()) return void mkdirSync(target, { recursive: true });
  mkdirSync(dirname(target), { recursive: true });
  if (facts.isSymbolicLink()) return symlinkSync(readlinkSync(path), target);
  copyFileSync(path, target);
  chmodSync(target, facts.mode & 0o7777);
}

async function placeControl(run: RunProgram, name: string, folder: string): Promise<void> {
  const state = await asked(run, 'dpkg-query', '--status', name);
  writeFileSync(join(folder, 'control'), state.replace(/^Status: .*\n/m, ''));
  const parts = (await asked(run, 'dpkg-query', '--control-list', name)).split('\n').filter((part) => part !== '');
  for (const part of parts) {
    const path = (await asked(run, 'dpkg-query', '--control-path', name, part)).trim();
    copyFileSync(path, join(folder, part));
    chmodSync(join(folder, part), lstatSync(path).mode & 0o7777);
  }
}
