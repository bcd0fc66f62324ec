// What dpkg knows of a package file and of what is installed, and which of them an update takes. Called by update.ts.

import { printable } from '../../model/text.ts';
import { lastWords, type RunProgram } from './run-program.ts';
import { refused } from './signed-package.ts';

/** Weir's own; a signature does not make another package an update of it. */
const OURS = ['weir', 'weir-proxy'];

export interface DebianPackage {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** What is installed now. */
  readonly installed: string;
}

/** `file`: of ours; `source`: what a person named. @throws WeirError UPDATE_REFUSED: no package, not one of Weir's, not installed here. */
export async function lookInto(run: RunProgram, file: string, source: string): Promise<DebianPackage> {
  const said = await run('dpkg-deb', '--field', file, 'Package', 'Version', 'Architecture');
  if (said.status !== 0) throw refused(`${source}: no Debian package (${lastWords(said)})`);
  const field = (name: string): string => printable(new RegExp(`^${name}: (.*)$`, 'm').exec(said.out)?.[1] ?? '', 100);
  const name = field('Package');
  if (!OURS.includes(name)) throw refused(`${source}: the package of ${name}, not of ${OURS.join(' or ')}`);
  const installed = await installedVersion(run, name);
  if (installed === undefined)
    throw refused(`${source}: ${name} is not installed here`, `Install it first: apt-get install ./FILE.deb`);
  return { file, name, version: field('Version'), architecture: field('Architecture'), installed };
}

/** Of a package that is whole; undefined otherwise. */
export async function installedVersion(run: RunProgram, name: string): Promise<string | undefined> {
  const said = await run('dpkg-query', '--show', '--showformat=${db:Status-Abbrev}|${Version}', name);
  const [state = '', version = ''] = said.out.split('|');
  return said.status === 0 && state.trim() === 'ii' ? version : undefined;
}

/** @throws WeirError UPDATE_REFUSED: for another processor, older without the word for it, or only a part of what belongs together. */
export async function checkFit(
  run: RunProgram,
  packages: readonly DebianPackage[],
  mayBeOlder: boolean,
): Promise<void> {
  const here = (await run('dpkg', '--print-architecture')).out.trim();
  for (const { name, version, architecture, installed } of packages) {
    if (architecture !== here && architecture !== 'all')
      throw refused(
        `${name} ${version} is for ${architecture}, this machine is ${here}`,
        `Take the package for ${here}`,
      );
    const older = (await run('dpkg', '--compare-versions', version, 'lt', installed)).status === 0;
    if (older && !mayBeOlder)
      throw refused(
        `${name} ${version} is older than ${installed}, which is installed`,
        'With --downgrade it is tried; it does not start on an index or a ledger of a newer format, and then this version comes back',
      );
  }
  const [first] = packages;
  for (const name of OURS) {
    if (packages.some((one) => one.name === name) || (await installedVersion(run, name)) === undefined) continue;
    throw refused(
      `${name} is installed too, and goes only with the same version of ${first?.name ?? 'Weir'}`,
      `Name both packages: weir update weir_${first?.version}_${here}.deb weir-proxy_${first?.version}_all.deb`,
    );
  }
}
