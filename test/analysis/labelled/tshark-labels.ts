// Labels of conversations by tshark's dissectors, which share no code with ours: what protocols occur in each
// conversation, and from that whether it is encrypted, clear, begins clear and turns encrypted, or nobody knows.

import { execFileSync } from 'node:child_process';

export type Label = 'encrypted' | 'upgraded' | 'clear' | 'both' | 'unknown';

/** Why there are no labels; undefined when tshark is there. */
export function tsharkMissing(): string | undefined {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'tshark is not installed';
  }
}

const ENCRYPTED = ['tls', 'dtls', 'quic', 'gquic', 'ssh', 'wg', 'isakmp', 'esp', 'openvpn'];
/** Protocols that begin in the clear and have a command that turns encryption on. */
const UPGRADING = ['smtp', 'pop', 'imap', 'ftp', 'xmpp', 'http', 'ldap', 'mysql', 'pgsql', 'tpkt'];
const CLEAR = [
  'http',
  'dns',
  'mdns',
  'llmnr',
  'nbns',
  'nbdgm',
  'dhcp',
  'dhcpv6',
  'ntp',
  'ssdp',
  'mqtt',
  'coap',
  'rtsp',
  'telnet',
  'ftp',
  'ftp-data',
  'smtp',
  'pop',
  'imap',
  'snmp',
  'tftp',
  'stun',
  'classicstun',
  'sip',
  'irc',
  'syslog',
  'smb',
  'xml',
  'json',
  'websocket',
  'radius',
  'rip',
  'hsrp',
  'slp',
  'wsp',
  'whois',
  'finger',
  'time',
  'echo',
  'lsd',
  'rtcp',
];

/** Protocol and the unordered pair of endpoints. */
export function keyOf(proto: string, ip0: string, port0: number | string, ip1: string, port1: number | string): string {
  const ends = [`${ip0} ${port0}`, `${ip1} ${port1}`].sort();
  return `${proto} ${ends[0]} ${ends[1]}`;
}

const FIELDS = [
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
  'udp.srcport',
  'udp.dstport',
];

/** What tshark dissects above TCP or UDP in each conversation, by `keyOf`. @throws Error when tshark cannot read the file at all */
export function protocolsOf(path: string): Map<string, Set<string>> {
  const wanted = FIELDS.flatMap((field) => ['-e', field]);
  // Its heuristic takes any 4 bytes of a kind for its own, such as those of SSH's random padding on a port of one's own.
  const disabled = ['--disable-protocol', 'lbmsrs'];
  // A damaged file ends with an exit code and everything before the damage on standard output.
  const args = ['-r', path, '-n', ...disabled, '-T', 'fields', '-E', 'occurrence=f', ...wanted];
  const conversations = new Map<string, Set<string>>();
  for (const line of outputOf(args).split('\n')) addPacket(conversations, line.split('\t'));
  return conversations;
}

function outputOf(args: readonly string[]): string {
  try {
    return execFileSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (thrown) {
    const { stdout } = thrown as { stdout?: unknown };
    if (typeof stdout === 'string' && stdout !== '') return stdout;
    throw thrown;
  }
}

function addPacket(conversations: Map<string, Set<string>>, fields: readonly string[]): void {
  const [stack = '', src4 = '', dst4 = '', src6 = '', dst6 = '', tcp0 = '', tcp1 = '', udp0 = '', udp1 = ''] = fields;
  const layers = stack.split(':');
  const transport = layers.findIndex((layer) => layer === 'tcp' || layer === 'udp');
  // What an ICMP error quotes is no packet of that conversation.
  if (transport < 0 || layers.slice(0, transport).some((layer) => layer.startsWith('icmp'))) return;
  const proto = layers[transport]!;
  const ports = proto === 'tcp' ? [tcp0, tcp1] : [udp0, udp1];
  const key = keyOf(proto, src4 || src6, ports[0] ?? '', dst4 || dst6, ports[1] ?? '');
  const seen = conversations.get(key) ?? new Set<string>();
  conversations.set(key, seen);
  for (const layer of layers.slice(transport + 1)) seen.add(layer);
}

/** What a conversation is in which tshark dissects these. */
export function labelFor(protocols: ReadonlySet<string>): Label {
  const has = (names: readonly string[]): boolean => names.some((name) => protocols.has(name));
  if (has(ENCRYPTED)) return has(UPGRADING) ? 'upgraded' : has(CLEAR) ? 'both' : 'encrypted';
  return has(CLEAR) ? 'clear' : 'unknown';
}
