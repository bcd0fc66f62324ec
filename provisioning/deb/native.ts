// The two native modules, for the target's processor: classic-level comes prebuilt in its npm package, cap is compiled here, by a
// cross compiler where need be. Called by main.ts.

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ARCHITECTURES = ['arm64', 'amd64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Both take glibc; the package holds others for musl, Android, macOS and Windows. */
const LEVEL_PREBUILD: Readonly<Record<Architecture, string>> = {
  arm64: 'linux-arm64/classic-level.armv8.node',
  amd64: 'linux-x64/classic-level.node',
};
const TRIPLET: Readonly<Record<Architecture, string>> = { arm64: 'aarch64-linux-gnu', amd64: 'x86_64-linux-gnu' };
/** NODE_MODULE_VERSION of Node 20, which is Debian 13's; level's module speaks the stable N-API and runs on every version. */
const NODE_ABI = '115';
/** As node-gyp compiles (Node's common.gypi), and reproducibly: no debug information, no path. */
const FLAGS =
  '-shared -fPIC -std=gnu++17 -O2 -fno-rtti -fno-exceptions -w -s -DNODE_GYP_MODULE_NAME=cap -DUSING_UV_SHARED=1 -DUSING_V8_SHARED=1 -DBUILDING_NODE_EXTENSION -D_FILE_OFFSET_BITS=64 -Wl,-z,relro,-z,now -Wl,--build-id=sha1';

/** Puts `native/` and `node_modules/cap` below `out`. Says why cap is left out, or null. */
export function placeNativeModules(root: string, out: string, architecture: Architecture, work: string): string | null {
  mkdirSync(join(out, 'native'), { recursive: true });
  const prebuild = join(root, 'node_modules/classic-level/prebuilds', LEVEL_PREBUILD[architecture]);
  copyFileSync(prebuild, join(out, 'native/classic-level.node'));
  const reason = whyNotCap(root, architecture);
  if (reason !== null) return reason;
  const to = join(out, 'node_modules/cap');
  mkdirSync(join(to, 'build/Release'), { recursive: true });
  for (const part of ['package.json', 'LICENSE', 'lib']) {
    cpSync(join(root, 'node_modules/cap', part), join(to, part), { recursive: true });
  }
  compileCap(root, join(to, 'build/Release/cap.node'), architecture, work);
  return null;
}

/** cap is optional: without it capture knows one engine, tcpdump. */
function whyNotCap(root: string, architecture: Architecture): string | null {
  const compiler = `${TRIPLET[architecture]}-g++`;
  if (!existsSync(join(root, 'node_modules/cap/src/binding.cc'))) return 'the npm package cap is not installed';
  if (!runs(compiler))
    return `${compiler} is missing (Debian: apt-get install ${compiler.replace(/(.*)-g\+\+/, 'g++-$1')})`;
  if (!existsSync('/usr/include/pcap/pcap.h')) return 'pcap.h is missing (Debian: apt-get install libpcap-dev)';
  if (nodeHeaders() === undefined)
    return 'no headers of Node 20 (ABI 115) are here (Debian 13: apt-get install libnode-dev)';
  return null;
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Headers are the same for every processor: those of the running Node, or Debian's. */
function nodeHeaders(): string | undefined {
  return [join(dirname(process.execPath), '../include/node'), '/usr/include/node'].find((folder) => {
    const file = join(folder, 'node_version.h');
    return existsSync(file) && readFileSync(file, 'utf8').includes(`#define NODE_MODULE_VERSION ${NODE_ABI}\n`);
  });
}

/**
 * Links against an empty library that only bears libpcap's name: the linker then writes "needs libpcap.so.0.8", and the
 * target's own is found when the module is loaded. So no foreign libpcap has to be fetched.
 */
function compileCap(root: string, out: string, architecture: Architecture, work: string): void {
  const triplet = TRIPLET[architecture];
  mkdirSync(work, { recursive: true });
  const name = ['-Wl,-soname,libpcap.so.0.8', '-x', 'c', '/dev/null', '-o', join(work, 'libpcap.so')];
  execFileSync(`${triplet}-gcc`, ['-shared', '-nostdlib', ...name]);
  const headers = [`-I${nodeHeaders() ?? ''}`, `-I${join(root, 'node_modules/nan')}`, '-idirafter', '/usr/include'];
  const source = join(root, 'node_modules/cap/src/binding.cc');
  // Assertions name their files: without the folder of this machine.
  const prefix = `-ffile-prefix-map=${root}=.`;
  const libraries = [`-L${work}`, '-Wl,--no-as-needed', '-lpcap'];
  execFileSync(`${triplet}-g++`, [...FLAGS.split(' '), prefix, ...headers, source, '-o', out, ...libraries]);
}
