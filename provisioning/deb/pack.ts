// From a folder to a Debian package, byte for byte the same wherever it is built. Called by main.ts and proxy-package.ts.

import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, lutimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** The same rights and times wherever it is built: what may be run stays so, nobody but root may write. */
export function settle(path: string, epoch: number): void {
  const status = lstatSync(path);
  if (status.isDirectory()) for (const name of readdirSync(path)) settle(join(path, name), epoch);
  if (!status.isSymbolicLink()) chmodSync(path, status.isDirectory() || (status.mode & 0o100) !== 0 ? 0o755 : 0o644);
  lutimesSync(path, epoch, epoch);
}

/** dpkg-deb sorts the names; one thread, because the number of blocks would depend on the machine. */
export function packUp(tree: string, file: string, epoch: number): void {
  const options = ['--root-owner-group', '-Zxz', '-z6', '--threads-max=1'];
  execFileSync('dpkg-deb', [...options, '--build', tree, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
  });
}
