// The guest's kernel: a stock Debian one, downloaded as a package and unpacked (never installed) into a cache folder outside
// the tree. What is kept is an uncompressed vmlinux, an initramfs and the few module folders that a guest needs.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ArchiveEntry, makeArchive } from './cpio.ts';

export interface GuestKernel {
  readonly version: string;
  readonly folder: string;
  readonly vmlinux: string;
  readonly initrd: string;
  /** Holds `lib/modules/<version>`. */
  readonly modules: string;
}

/** Changed when what is kept in the cache changes, so that an older cache is recreated. */
const LAYOUT = 3;

/** Below lib/modules/<version>/kernel: 30 of 396 MB. */
const KEPT = [
  'arch/x86/crypto',
  'crypto',
  'drivers/block',
  'drivers/char/hw_random',
  'drivers/net/bonding',
  'drivers/net/dummy.ko',
  'drivers/net/ifb.ko',
  'drivers/net/tun.ko',
  'drivers/net/veth.ko',
  'drivers/net/virtio_net.ko',
  'drivers/net/net_failover.ko',
  'drivers/net/wireless/mac80211_hwsim.ko',
  'drivers/net/wireless/virtual',
  'drivers/virtio',
  'fs/9p',
  'fs/ext4',
  'fs/fat',
  'fs/fscache',
  'fs/jbd2',
  'fs/mbcache.ko',
  'fs/netfs',
  'fs/nls',
  'fs/overlayfs',
  'lib',
  'net',
] as const;

/** What the initramfs needs before the host's files are there; their dependencies come from modules.dep. */
const EARLY = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_rng'] as const;

export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'weir', 'guest');
}

/** The cached kernel, or a fresh one. Throws with one line where the package mirror cannot be reached. */
export function prepareKernel(say: (text: string) => void): GuestKernel {
  const cache = cacheFolder();
  const present = newestCached(cache);
  if (present !== undefined) return present;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'making-'));
  try {
    const version = downloadKernel(work, say);
    return makeGuest(work, cache, version);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function newestCached(cache: string): GuestKernel | undefined {
  if (!existsSync(cache)) return undefined;
  const names = readdirSync(cache).filter((name) => name.endsWith(`.v${LAYOUT}`));
  const name = names.sort().at(-1);
  return name === undefined ? undefined : described(join(cache, name), name.slice(0, -`.v${LAYOUT}`.length));
}

function described(folder: string, version: string): GuestKernel {
  return { version, folder, vmlinux: join(folder, 'vmlinux'), initrd: join(folder, 'initrd'), modules: folder };
}

/** Unpacks the package that the metapackage depends on; the cloud flavour has no wireless stack. */
function downloadKernel(work: string, say: (text: string) => void): string {
  const depends = run('apt-cache', ['depends', 'linux-image-amd64'], work);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error('apt-cache knows no linux-image-amd64; run apt-get update');
  say(`downloading ${name} (70 MB, once) into ${cacheFolder()}`);
  run('apt-get', ['download', '-qq', name], work);
  const file = readdirSync(work).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get downloaded no ${name}`);
  run('dpkg-deb', ['-x', file, 'root'], work);
  return name.slice('linux-image-'.length);
}

function makeGuest(work: string, cache: string, version: string): GuestKernel {
  const root = join(work, 'root');
  const made = join(work, 'made');
  const modules = join('lib', 'modules', version);
  for (const kept of KEPT) copyKept(join(root, modules, 'kernel', kept), join(made, modules, 'kernel', kept));
  for (const list of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order']) {
    copyKept(join(root, modules, list), join(made, modules, list));
  }
  run('depmod', ['-b', made, version], work);
  writeFileSync(join(made, 'vmlinux'), unpackedKernel(readFileSync(join(root, 'boot', `vmlinuz-${version}`))));
  writeFileSync(join(made, 'initrd'), makeArchive(initramfs(join(made, modules))));
  const folder = join(cache, `${version}.v${LAYOUT}`);
  renameSync(made, folder);
  return described(folder, version);
}

/** A folder, or a module with whatever suffix the release compresses with. */
function copyKept(from: string, to: string): void {
  for (const suffix of ['', '.xz', '.zst']) {
    if (!existsSync(from + suffix)) continue;
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from + suffix, to + suffix, { recursive: true });
  }
}

/**
 * The vmlinux inside a bzImage (Documentation/x86/boot.rst): it boots through the PVH entry and saves decompression under
 * emulation, some three seconds.
 */
function unpackedKernel(image: Buffer): Buffer {
  const setupSectors = image[0x1f1] || 4;
  const start = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  // The last four bytes of the payload are its unpacked size.
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c) - 4);
  const program = payload.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : payload[0] === 0xfd ? 'xz' : 'gzip';
  return execFileSync(program, ['-dc'], { input: payload, maxBuffer: 256 * 1024 * 1024 });
}

function initramfs(modules: string): ArchiveEntry[] {
  const ordered = withDependencies(readFileSync(join(modules, 'modules.dep'), 'utf8'), EARLY);
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('busybox-static is missing');
  return [
    { path: 'bin/busybox', mode: 0o755, content: readFileSync(busybox) },
    { path: 'init', mode: 0o755, content: Buffer.from(INIT) },
    { path: 'modules.order', mode: 0o644, content: Buffer.from(`${ordered.map(moduleName).join('\n')}\n`) },
    ...ordered.map((path) => ({
      path: `modules/${moduleName(path)}.ko`,
      mode: 0o644,
      content: unpackedModule(join(modules, path)),
    })),
  ];
}

function moduleName(path: string): string {
  return basename(path).replace(/\.ko(\.xz|\.zst)?$/, '');
}

function unpackedModule(path: string): Buffer {
  const program = path.endsWith('.xz') ? 'xz' : path.endsWith('.zst') ? 'zstd' : undefined;
  const bytes = readFileSync(path);
  return program === undefined ? bytes : execFileSync(program, ['-dc'], { input: bytes, maxBuffer: 64 * 1024 * 1024 });
}

/** Paths in the order in which they can be loaded; modules that are built in are left out. */
function withDependencies(modulesDep: string, names: readonly string[]): string[] {
  const needs = new Map<string, string[]>();
  for (const line of modulesDep.split('\n')) {
    const [path = '', rest = ''] = line.split(':');
    if (path !== '')
      needs.set(
        path,
        rest.split(' ').filter((part) => part !== ''),
      );
  }
  const byName = new Map([...needs.keys()].map((path) => [moduleName(path).replaceAll('-', '_'), path]));
  const ordered: string[] = [];
  for (const name of names) {
    const path = byName.get(name);
    if (path === undefined) continue;
    // modules.dep lists what a module needs with the deepest last.
    for (const part of [...(needs.get(path) ?? []).toReversed(), path]) if (!ordered.includes(part)) ordered.push(part);
  }
  return ordered;
}

function run(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000 });
}

/** Loads the early modules, lays a writable layer over the host's read-only root and goes on there. */
const INIT = `#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /host /layer /root
$b mount -t proc proc /proc && $b mount -t sysfs sysfs /sys && $b mount -t devtmpfs devtmpfs /dev
while read -r name; do $b insmod /modules/$name.ko || echo "guest: cannot load $name"; done </modules.order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 hostroot /host || $b reboot -f
$b mount -t tmpfs -o size=75% tmpfs /layer && $b mkdir -p /layer/upper /layer/work
$b mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /root || $b reboot -f
for point in proc sys dev; do $b mount --move /$point /root/$point; done
for word in $($b cat /root/proc/cmdline); do case $word in weir.init=*) start=\${word#weir.init=};; esac; done
exec $b switch_root /root /bin/bash "$start"
`;
