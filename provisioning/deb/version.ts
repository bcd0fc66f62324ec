// What the package calls itself: package.json's version, and for anything that is not exactly a release the commit and its time.
// Read by main.ts.

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface BuildVersion {
  readonly version: string;
  /** Seconds: every file of the package is of this moment, so that building again gives the same bytes. */
  readonly epoch: number;
}

export function buildVersion(root: string, asked: string | undefined): BuildVersion {
  const { version: released } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  // For dpkg `1.0.0-rc.1` comes after `1.0.0`, and `1.0.0~rc.1` before it (deb-version(7)).
  const version = released.replace('-', '~');
  const committed = git(root, ['log', '-1', '--format=%ct %h']);
  const [seconds = '', commit = ''] = committed?.split(' ') ?? [];
  const epoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? (seconds || fileTime(root)));
  if (asked !== undefined) return { version: asked, epoch };
  if (committed === undefined || git(root, ['describe', '--tags', '--exact-match', '--dirty']) === `v${released}`) {
    return { version, epoch };
  }
  const time = new Date(Number(seconds) * 1000).toISOString().replaceAll(/[-:T]|\..*$/g, '');
  const changed = git(root, ['status', '--porcelain', '--untracked-files=no']) === '' ? '' : '.changed';
  return { version: `${version}+git${time}.${commit}${changed}`, epoch };
}

function fileTime(root: string): number {
  return Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000);
}

/** undefined where this is no repository, or git is not there: a released source archive. */
function git(root: string, words: readonly string[]): string | undefined {
  try {
    return execFileSync('git', ['-C', root, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
