// What the package tests look at: the built packages, an older one made from the newest, a capture of our own to analyse.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { household } from '../analysis/household.ts';

export const TREE = join(import.meta.dirname, '../../..');
const DEB = join(TREE, 'dist/deb');
export const OLD_VERSION = '0.0.9';

/** Newest of that architecture in dist/deb, or undefined: `make deb` was not run. */
export function builtPackage(architecture: string): string | undefined {
  const names = readdirSync(DEB, { withFileTypes: true }).filter((entry) => entry.isFile());
  const matching = names.map(({ name }) => name).filter((name) => name.endsWith(`_${architecture}.deb`));
  return matching
    .sort()
    .map((name) => join(DEB, name))
    .at(-1);
}

/** The same tree under a lower version: what an upgrade starts from. */
export function olderPackage(file: string, folder: string): string {
  const tree = join(folder, 'old');
  mkdirSync(folder, { recursive: true });
  execFileSync('dpkg-deb', ['-R', file, tree]);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${OLD_VERSION}`));
  const old = join(folder, 'weir-old.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '-b', tree, old], { stdio: 'ignore' });
  rmSync(tree, { recursive: true });
  return old;
}

/** A generated home's capture: nothing recorded is in the tree. */
export function writeCapture(path: string): void {
  writeFileSync(path, household(5));
}

/** What the source tree prints for it, under the version of the package. */
export function expectedAnalysis(folder: string, name: string, version: string): string {
  const program = join(TREE, 'dist/appliance/cli/main.js');
  const words = [program, 'analyze', '--format', 'json', name];
  const text = execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8', maxBuffer: 64 << 20 });
  return text.replace(/("tool": \{"name":"weir","version":)"[^"]*"/, `$1"${version}"`);
}
