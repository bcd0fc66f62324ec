// The second package, `weir-proxy`: the app proxy, for every processor alike. It needs `weir` and no library except Node's own and those
// that weir has; nothing of it is in the first package. Called by main.ts.

import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { findRoot, keepPlaces, stateVersion } from './bundle.ts';
import { checksums, installedKib } from './control.ts';
import { bundledNotices } from './notices.ts';
import { mebibytes, packUp, settle } from './pack.ts';
import type { BuildVersion } from './version.ts';

const PROGRAM = 'usr/lib/weir-proxy';
const MAIN = 'appliance/proxy/main.js';

/** Answers the package's path. */
export async function makeProxyPackage(root: string, out: string, { version, epoch }: BuildVersion): Promise<string> {
  const tree = join(out, 'proxy');
  const source = join(root, 'provisioning/proxy');
  rmSync(tree, { recursive: true, force: true });
  const folder = (path: string): string => {
    mkdirSync(join(tree, path), { recursive: true });
    return join(tree, path);
  };
  const modules = await bundleProxy(root, folder(PROGRAM), version, epoch);
  writeFileSync(
    join(tree, PROGRAM, 'package.json'),
    `${JSON.stringify({ name: 'weir-proxy', version, type: 'module', private: true })}\n`,
  );
  cpSync(join(source, 'listen'), join(tree, PROGRAM, 'listen'));
  chmodSync(join(tree, PROGRAM, 'listen'), 0o755);
  for (const unit of ['weir-proxy.service', 'weir-proxy-after-cut.service'])
    cpSync(join(source, unit), join(folder('usr/lib/systemd/system'), unit));
  cpSync(join(source, 'sysusers.conf'), join(folder('usr/lib/sysusers.d'), 'weir-proxy.conf'));
  const documents = folder('usr/share/doc/weir-proxy');
  cpSync(join(root, 'appliance/proxy/PROXY.md'), join(documents, 'README.md'));
  writeFileSync(join(documents, 'copyright'), bundledNotices(root, modules));
  settle(tree, epoch);
  const control = folder('DEBIAN');
  writeFileSync(join(control, 'control'), controlText(version, installedKib(tree)));
  writeFileSync(join(control, 'md5sums'), checksums(tree));
  for (const name of readdirSync(join(source, 'scripts'))) {
    cpSync(join(source, 'scripts', name), join(control, name));
    chmodSync(join(control, name), 0o755);
  }
  settle(tree, epoch);
  const file = join(out, `weir-proxy_${version}_all.deb`);
  packUp(tree, file, epoch);
  console.log(`${file}: ${mebibytes(statSync(file).size)}`);
  return file;
}

/** Answers the source modules in it, below the root. */
async function bundleProxy(root: string, out: string, version: string, epoch: number): Promise<readonly string[]> {
  const built = join(root, 'dist');
  const build = await rolldown({
    input: { [MAIN.replace(/\.js$/, '')]: join(built, MAIN) },
    platform: 'node',
    cwd: root,
    plugins: [keepPlaces(built, 'import.meta.url'), stateVersion(built, version, epoch), findRoot()],
  });
  const { output } = await build.write({
    dir: out,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'appliance/chunk/[name]-[hash].js',
    comments: { legal: false, annotation: false, jsdoc: false },
  });
  await build.close();
  return output.flatMap((item) => (item.type === 'chunk' ? item.moduleIds : []));
}

function controlText(version: string, kib: number): string {
  return `Package: weir-proxy
Version: ${version}
Architecture: all
Maintainer: The Weir authors <maintainers@users.noreply.h-seed-3bdd1831.example>
Installed-Size: ${kib}
Depends: weir (= ${version}), nodejs (>= 20.19), perl-base, util-linux, nftables, iproute2, systemd
Section: net
Priority: optional
Description: asks which apps let their TLS be looked into
 The app proxy of Weir sits between one phone, whose owner agreed, and the
 servers of its apps: it shows which of them accept an authority that the phone
 was given and which are pinned, and records what the former say. Off until it
 is started for a device.
`;
}
