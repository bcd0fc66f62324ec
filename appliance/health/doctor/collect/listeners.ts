// Who listens on the ports that the access point needs: from /proc/net, owners from the file descriptors of processes.

import type { ListenerFact, ProcessFact } from '../facts.ts';
import type { Host } from '../host.ts';

/** DNS and DHCP. */
const PORTS = [53, 67];
const TABLES = ['udp', 'udp6', 'tcp', 'tcp6'] as const;
/** `st` of tcp: LISTEN. */
const LISTENING = '0A';
/** Of one process; those beyond are not looked at, so the owner of a port may stay unknown. */
const MAX_DESCRIPTORS = 1024;

interface Socket {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

export async function collectListeners(host: Host, processes: readonly ProcessFact[]): Promise<ListenerFact[]> {
  const texts = await Promise.all(TABLES.map((table) => host.read(`/proc/net/${table}`)));
  const sockets = TABLES.flatMap((table, at) => parseSockets(table, texts[at] ?? ''));
  const wanted = sockets.filter(({ port }) => PORTS.includes(port));
  if (wanted.length === 0) return [];
  const owners = await ownersOf(host, processes, new Set(wanted.map(({ inode }) => inode)));
  return wanted.map(({ inode, ...socket }) => ({ ...socket, owner: owners.get(inode) ?? null }));
}

/** proc_net(5): `sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode`. */
export function parseSockets(table: (typeof TABLES)[number], text: string): Socket[] {
  const isTcp = table.startsWith('tcp');
  return text
    .split('\n')
    .slice(1)
    .flatMap((line): Socket[] => {
      const fields = line.trim().split(/\s+/);
      const [hex = '', port = ''] = (fields[1] ?? '').split(':');
      if (hex === '' || (isTcp && fields[3] !== LISTENING)) return [];
      const protocol = isTcp ? 'tcp' : 'udp';
      return [{ protocol, address: addressOf(hex), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }];
    });
}

/** Each 32-bit word in the byte order of the machine: little-endian on everything that Weir runs on. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)));
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[at * 2] ?? 0) * 256 + (bytes[at * 2 + 1] ?? 0));
  const text = groups.map((group) => group.toString(16)).join(':');
  return text.replace(/(^|:)0(:0)+(:|$)/, '::');
}

async function ownersOf(
  host: Host,
  processes: readonly ProcessFact[],
  inodes: ReadonlySet<string>,
): Promise<Map<string, ProcessFact>> {
  const owners = new Map<string, ProcessFact>();
  for (const one of processes) {
    const descriptors = (await host.list(`/proc/${one.pid}/fd`)).slice(0, MAX_DESCRIPTORS);
    const targets = await Promise.all(descriptors.map((fd) => host.link(`/proc/${one.pid}/fd/${fd}`)));
    for (const target of targets) {
      const inode = /^socket:\[(\d+)\]$/.exec(target ?? '')?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, one);
    }
  }
  return owners;
}
