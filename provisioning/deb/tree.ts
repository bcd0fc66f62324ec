// Everything that the package puts on a machine, in the order of the folders there. Called by main.ts.

import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BundledFile } from './bundle.ts';
import { manualPage } from './manual.ts';
import { manualsOf } from './manuals.ts';
import { copyrightText } from './notices.ts';
import { placeSupervisor } from './supervisor.ts';

/** Found by the program at the same place as in the source tree. */
const CAMPAIGNS = 'appliance/experiment/campaigns';
/** Where the program lives. */
export const PROGRAM = 'usr/lib/weir';

export interface TreeFacts {
  readonly root: string;
  readonly tree: string;
  readonly version: string;
  /** Seconds. */
  readonly epoch: number;
  readonly files: readonly BundledFile[];
  /** Whose signature `weir update` asks for; undefined in a build that nobody signs. */
  readonly releaseKey: string | undefined;
}

/** Units are whatever lies in systemd/ when the package is built. */
export function unitsIn(root: string): readonly string[] {
  return readdirSync(join(root, 'systemd'))
    .filter((name) => /\.(service|socket|timer|path|target)$/.test(name))
    .sort();
}

/** Those that are to run: the others are started by them. */
export function enabledUnits(root: string): readonly string[] {
  return unitsIn(root).filter((unit) => readFileSync(join(root, 'systemd', unit), 'utf8').includes('\n[Install]\n'));
}

const STEPS: readonly ((facts: TreeFacts) => void)[] = [placeProgram, placeUnits, placeDropIns, placeDocumentation];

/** Puts everything but the processor's own files below `tree`. */
export function placeTree(facts: TreeFacts): void {
  for (const step of STEPS) step(facts);
}

function placeProgram({ root, tree, version }: TreeFacts): void {
  const program = join(tree, PROGRAM);
  for (const folder of ['web', 'tables'])
    cpSync(join(root, 'dist', folder), join(program, folder), { recursive: true });
  cpSync(join(root, CAMPAIGNS), join(program, CAMPAIGNS), { recursive: true });
  // What tests load from there.
  rmSync(join(program, 'web/src'), { recursive: true, force: true });
  put(
    join(program, 'package.json'),
    `${JSON.stringify({ name: 'weir', version, type: 'module', private: true }, null, 2)}\n`,
  );
  put(join(program, 'systemd/ecosystem.config.cjs'), readFileSync(join(root, 'systemd/ecosystem.config.cjs')));
  placeSupervisor(root, join(program, 'pm2'));
  put(join(tree, 'usr/bin/weir'), readFileSync(join(root, 'provisioning/deb/files/weir')), 0o755);
}

function placeUnits({ root, tree }: TreeFacts): void {
  const source = join(root, 'systemd');
  for (const unit of unitsIn(root)) put(join(tree, 'usr/lib/systemd/system', unit), readFileSync(join(source, unit)));
  put(join(tree, 'usr/lib/sysusers.d/weir.conf'), readFileSync(join(source, 'weir.sysusers.conf')));
  put(join(tree, 'usr/lib/tmpfiles.d/weir.conf'), readFileSync(join(source, 'weir.tmpfiles.conf')));
  const preset = enabledUnits(root).map((unit) => `enable ${unit}\n`);
  put(join(tree, 'usr/lib/systemd/system-preset/80-weir.preset'), preset.join(''));
}

/** What keeps others off the bridge, and the settings that a first installation begins with. */
function placeDropIns({ root, tree, releaseKey }: TreeFacts): void {
  const source = join(root, 'provisioning/deb/files');
  put(join(tree, 'usr/lib/NetworkManager/conf.d/80-weir.conf'), readFileSync(join(source, 'networkmanager.conf')));
  put(join(tree, 'usr/lib/systemd/network/10-weir.network'), readFileSync(join(source, 'networkd.network')));
  put(join(tree, 'usr/share/weir/weir.yaml'), readFileSync(join(source, 'weir.yaml')));
  if (releaseKey !== undefined) put(join(tree, 'usr/share/weir/release.pem'), releaseKey);
}

function placeDocumentation({ root, tree, version, epoch, files }: TreeFacts): void {
  const folder = join(tree, 'usr/share/doc/weir');
  const day = new Date(epoch * 1000);
  for (const name of [...manualsOf(root), 'CHANGELOG.md']) put(join(folder, name), readFileSync(join(root, name)));
  put(join(folder, 'copyright'), copyrightText(root, files));
  put(join(folder, 'changelog.gz'), packed(debianChangelog(version, day)));
  put(join(folder, 'examples/without-pm2.conf'), readFileSync(join(root, 'provisioning/deb/files/without-pm2.conf')));
  for (const name of ['prometheus.yaml', 'weir-alerts.yaml', 'weir-dashboard.json'])
    put(join(folder, 'examples', name), readFileSync(join(root, 'provisioning/monitoring', name)));
  const manual = manualPage(version, day.toISOString().slice(0, 10));
  put(join(tree, 'usr/share/man/man1/weir.1.gz'), packed(manual));
}

/** In the form that Debian's tools read; changes are in CHANGELOG.md. */
function debianChangelog(version: string, day: Date): string {
  const date = day.toUTCString().replace('GMT', '+0000');
  const author = 'The Weir authors <maintainers@users.noreply.h-seed-3bdd1831.example>';
  return `weir (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- ${author}  ${date}\n`;
}

/** Node's gzip writes no time and no name, so equal texts are equal bytes. */
function packed(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}

function put(path: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}
