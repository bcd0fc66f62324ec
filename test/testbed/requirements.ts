// What a machine must have for a testbed home, found out by trying it: programs, then the namespaces themselves.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program → Debian package. */
const PROGRAMS: Readonly<Record<string, string>> = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  ethtool: 'ethtool',
  nft: 'nftables',
  dnsmasq: 'dnsmasq-base',
};

/** Everything a home does to the kernel, in one short breath. */
const TRIAL = `
mount -t tmpfs tmpfs /run && mkdir /run/netns && ip netns add trial &&
ip link add br-trial type bridge && ip link add v-trial type veth peer name eth0 netns trial &&
ethtool -K v-trial tx off && echo 1 > /proc/sys/net/ipv4/ip_forward &&
nft add table ip trial '{ chain out { type nat hook postrouting priority srcnat; masquerade; }; }'`;

const NAMESPACES: readonly string[] = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
const IN_USER_NAMESPACE: readonly string[] = ['--user', '--map-root-user', ...NAMESPACES];

/** Programs in sbin are used too, though they are not in everybody's PATH. */
export function programPath(): string {
  return [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].join(delimiter);
}

function isInstalled(program: string): boolean {
  return programPath()
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export interface Feasibility {
  /** Options for unshare that worked, or undefined. */
  readonly namespaces?: readonly string[];
  /** One line for each thing that is missing. */
  readonly missing: readonly string[];
}

function attempt(options: readonly string[]): string | undefined {
  const env = { ...process.env, PATH: programPath() };
  const trial = spawnSync('unshare', [...options, '--', 'sh', '-c', TRIAL], { env, encoding: 'utf8', timeout: 10_000 });
  if (trial.status === 0) return undefined;
  return (trial.stderr ?? '').trim().split('\n')[0] || `unshare ended with ${trial.signal ?? trial.status}`;
}

/** Tries the namespaces directly where root may make them, otherwise inside a user namespace. Takes some 0.1 s. */
export function whatIsFeasible(): Feasibility {
  const missing = Object.entries(PROGRAMS)
    .filter(([program]) => !isInstalled(program))
    .map(([program, name]) => `missing program: ${program} (apt install ${name})`);
  if (process.platform !== 'linux') missing.push('missing: network namespaces exist on Linux only');
  if (missing.length > 0) return { missing };
  const ways = process.getuid?.() === 0 ? [NAMESPACES, IN_USER_NAMESPACE] : [IN_USER_NAMESPACE];
  const complaints: string[] = [];
  for (const namespaces of ways) {
    const complaint = attempt(namespaces);
    if (complaint === undefined) return { namespaces, missing: [] };
    const what = namespaces.includes('--user') ? 'user namespaces' : 'network namespaces as root';
    complaints.push(`missing permission: ${what}: ${complaint}`);
  }
  return { missing: complaints };
}
