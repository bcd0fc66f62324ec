// What the package tests look at: the built packages, an older one made from the newest, a capture of our own to analyse.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { household } from '../analysis/household.ts';
import type { Root } from './root.ts';

export const TREE = join(import.meta.dirname, '../../..');
const DEB = join(TREE, 'dist/deb');
export const OLD_VERSION = '0.0.9';
/** Debian's units that the package takes the place of. */
export const REPLACED = ['hostapd.service', 'dnsmasq.service'];
/** What is nobody's to make again. */
const EVIDENCE = /^(captures|scans|key|ledger\.ndjson|ledger\.head|appliance\.json|boot\.json)(\/| )/;

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

/** Every file of the data folder that belongs to the evidence, with owner and size. */
export function evidence(root: Root): readonly string[] {
  const list = root.do("find /var/lib/weir -mindepth 1 -printf '%P %U %s\\n' | sort").trim().split('\n');
  return list.filter((line) => EVIDENCE.test(line));
}

/** Everything of ours bears the name, but the masks and the users. */
export function leftovers(root: Root): string[] {
  const places = '-path /proc -o -path /dev -o -path /srv -o -path /var/cache/apt -o -path /tmp';
  const found = root.do(`find / \\( ${places} \\) -prune -o \\( -name '*weir*' -o -path '/var/lib/weir/*' \\) -print`);
  return found.trim().split('\n');
}

/** User and rights of identity, signing key, claim and hand-over. */
export const PROVISIONED = 'weir-capture 640\nweir-capture 600\nweir 600\nroot 640';

/** First boot as its unit does it, where a password set before is to be forgotten; says who owns what it made. */
export function provisioned(root: Root): string {
  root.do(
    'mkdir -p /srv/boot && touch /srv/boot/reset-password && weir provision --boot /srv/boot && rm -r /run/weir-boot /run/issue.d',
  );
  const made = '/var/lib/weir/appliance.json /var/lib/weir/key/ed25519.pem /var/lib/weir/access/claim.json';
  return root.do(`stat -c '%U %a' ${made} /srv/boot/weir-access.txt`).trim();
}
