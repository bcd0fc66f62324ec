// What dpkg reads: the control file, the maintainer scripts with the units filled in, the checksums. Called by main.ts.

import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './native.ts';

/** A line a reason. */
const DEPENDS = [
  'nodejs (>= 20.19)', // the program
  'libc6 (>= 2.34)', // the native modules
  'libstdc++6',
  'libpcap0.8t64 | libpcap0.8', // cap, and tcpdump anyway
  'tcpdump', // capture engine
  'hostapd', // the access point
  'dnsmasq-base', // its leases and names
  'nftables', // its NAT and its isolation
  'iproute2', // bridge and addresses
  'iw', // radio: what it can, who is there
  'rfkill',
  'wireless-regdb', // which channels the country allows
  'procps', // pm2 looks at processes
  'systemd', // units, sysusers, tmpfiles, notify
  'init-system-helpers (>= 1.54)', // enabling units where no systemd runs
] as const;
const RECOMMENDS = ['chrony | time-daemon', 'mosquitto', 'nmap'] as const;

export function writeControl(
  root: string,
  tree: string,
  architecture: Architecture,
  version: string,
  units: readonly string[],
): void {
  const folder = join(tree, 'DEBIAN');
  writeFileSync(join(folder, 'control'), controlText(architecture, version, installedKib(tree)));
  writeFileSync(join(folder, 'md5sums'), checksums(tree));
  const scripts = join(root, 'provisioning/deb/scripts');
  for (const name of readdirSync(scripts).sort()) {
    const text = readFileSync(join(scripts, name), 'utf8').replaceAll('@UNITS@', units.join(' '));
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
}

function controlText(architecture: Architecture, version: string, kib: number): string {
  return `Package: weir
Version: ${version}
Architecture: ${architecture}
Maintainer: The Weir authors <maintainers@users.noreply.h-seed-3bdd1831.example>
Installed-Size: ${kib}
Depends: ${DEPENDS.join(', ')}
Recommends: ${RECOMMENDS.join(', ')}
Section: net
Priority: optional
Description: access point that records what IoT devices say
 Weir turns a Raspberry Pi into a Wi-Fi access point that records what the
 devices behind it say, one capture file per device, with every packet accounted
 for and every file provable afterwards. It works out on the Pi how random each
 payload is, to which countries and companies it goes, through which ports, and
 what travels in the clear, and shows that on a page and over MQTT.
`;
}

/** Regular files below `tree`, without dpkg's own, sorted. */
function files(tree: string, folder = ''): string[] {
  return readdirSync(join(tree, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (path === 'DEBIAN') return [];
      if (entry.isDirectory()) return files(tree, path);
      return entry.isFile() ? [path] : [];
    });
}

export function installedKib(tree: string): number {
  return files(tree).reduce((sum, path) => sum + Math.ceil(lstatSync(join(tree, path)).size / 1024), 0);
}

export function checksums(tree: string): string {
  const md5 = (path: string): string =>
    createHash('md5')
      .update(readFileSync(join(tree, path)))
      .digest('hex');
  return files(tree)
    .map((path) => `${md5(path)}  ${path}\n`)
    .join('');
}
