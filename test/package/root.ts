// A clean Debian 13 in a folder, to install packages into: made once by mmdebstrap, kept as an archive in the user's cache, unpacked
// for each test. The packages that apt fetches are kept too.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const SUITE = 'trixie';
/** Then it is recreated: a mirror drops what was replaced. */
const KEPT_MS = 14 * 86_400_000;
const ARCHIVES = 'var/cache/apt/archives';

/** As first process of new namespaces: the root with /proc, /dev and apt's cache, then the command in it. */
const ENTER = `
root=$1; archives=$2; shift 2
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root/${ARCHIVES}" && mount --bind "$archives" "$root/${ARCHIVES}"
exec chroot "$root" "$@"`;

export interface Answer {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export class Root {
  readonly folder: string;
  readonly #archives: string;

  constructor(folder: string, archives: string) {
    this.folder = folder;
    this.#archives = archives;
  }

  /** Runs a shell command inside. */
  ask(command: string): Answer {
    const words = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      'sh',
      '-c',
      ENTER,
      'enter',
      this.folder,
      this.#archives,
    ];
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
    };
    const done = spawnSync('unshare', [...words, 'sh', '-c', command], { env, encoding: 'utf8', maxBuffer: 64 << 20 });
    return { status: done.status ?? -1, out: done.stdout, err: done.stderr };
  }

  /** The same, for what must succeed. */
  do(command: string): string {
    const { status, out, err } = this.ask(command);
    if (status !== 0) throw new Error(`\`${command}\` ended with ${status}:\n${(out + err).slice(-4000)}`);
    return out;
  }

  path(inside: string): string {
    return join(this.folder, inside);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Why no such root can be made here, or false. */
export function withoutRoot(architecture: string): string | false {
  if (process.getuid?.() !== 0) return 'needs root: sudo make test-deb';
  if (!existsSync('/usr/bin/mmdebstrap')) return 'mmdebstrap is not installed';
  if (spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0)
    return 'no namespaces can be made here';
  if (architecture === 'arm64' && process.arch !== 'arm64' && !existsSync('/proc/sys/fs/binfmt_misc/qemu-aarch64')) {
    return 'nothing runs arm64 programs here: install qemu-user-static (and binfmt-support), mount binfmt_misc';
  }
  return false;
}

/** @throws Error where the mirror cannot be reached and no archive is kept. */
export function openRoot(architecture: string): Root {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'weir', 'roots');
  const archives = join(cache, `archives-${architecture}`);
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const tar = join(cache, `${SUITE}-${architecture}.tar`);
  if (!isFresh(tar)) makeArchive(architecture, tar);
  const folder = mkdtempSync(join(tmpdir(), 'weir-root-'));
  execFileSync('tar', ['-xf', tar, '-C', folder, '--exclude=./dev/*']);
  const root = new Root(folder, archives);
  // Losing power in the middle of a test costs nothing, and nothing may be started in here.
  writeFileSync(root.path('etc/dpkg/dpkg.cfg.d/test'), 'force-unsafe-io\n');
  writeFileSync(
    root.path('etc/apt/apt.conf.d/test'),
    'APT::Keep-Downloaded-Packages "true";\nAPT::Sandbox::User "root";\n',
  );
  writeFileSync(root.path('usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  execFileSync('cp', ['--dereference', '/etc/resolv.conf', root.path('etc/resolv.conf')]);
  return root;
}

function isFresh(tar: string): boolean {
  return existsSync(tar) && Date.now() - statSync(tar).mtimeMs < KEPT_MS;
}

function makeArchive(architecture: string, tar: string): void {
  const options = [
    `--architectures=${architecture}`,
    '--variant=apt',
    '--dpkgopt=force-unsafe-io',
    '--skip=cleanup/apt/lists',
  ];
  const languages = '--aptopt=Acquire::Languages "none"';
  const unfinished = tar.replace(/\.tar$/, '.unfinished.tar');
  const done = spawnSync('mmdebstrap', ['--quiet', ...options, languages, SUITE, unfinished], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`no Debian 13 root can be made: ${done.stderr.trim().slice(-1000)}`);
  renameSync(unfinished, tar);
}
