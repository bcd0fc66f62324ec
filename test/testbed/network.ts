// The wires of the testbed home, made with ip, ethtool and nft inside the supervisor's own namespaces: the supervisor's
// network namespace is the router; every other one has a name under a private /run/netns and dies with the supervisor.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { HOME_ADDRESS, PROVIDER_ADDRESS, publicAddresses } from './clouds.ts';
import { BRIDGE, GATEWAY_IP, GATEWAY_MAC, type HomeDevice, SUBNET } from './roster.ts';

export const INTERNET = 'internet';
const UPLINK = 'wan0';
const PROVIDER_MAC = '02:00:5e:10:00:01';
const UPLINK_MAC = 'b8:27:eb:57:e1:21';

/** Without these a veth hands over frames of up to 64 KiB with unfinished checksums, unlike any radio. */
const OFFLOADS = ['tso', 'gso', 'gro', 'tx', 'rx', 'sg'].flatMap((feature) => [feature, 'off']);

const ROUTER_SETTINGS = {
  'ipv4/ip_forward': 1,
  [`ipv6/conf/${BRIDGE}/router_solicitations`]: 0,
  [`ipv4/neigh/${BRIDGE}/delay_first_probe_time`]: 1,
  [`ipv6/neigh/${BRIDGE}/delay_first_probe_time`]: 1,
};

const FIREWALL = `
table ip home {
  chain outgoing { type nat hook postrouting priority srcnat; oifname "${UPLINK}" masquerade; }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "${BRIDGE}" accept
    ct state established,related accept
  }
}`;

function ip(commands: readonly string[], namespace?: string): void {
  const where = namespace === undefined ? [] : ['-n', namespace];
  execFileSync('ip', [...where, '-batch', '-'], { input: commands.join('\n'), stdio: ['pipe', 'ignore', 'inherit'] });
}

/** How to run a program in the namespace of that name. */
export function inNamespace(name: string): readonly string[] {
  return ['nsenter', `--net=/run/netns/${name}`, '--'];
}

function plainFrames(link: string, namespace?: string): void {
  const [program, ...rest] = [...(namespace === undefined ? [] : inNamespace(namespace)), 'ethtool', '-K', link];
  execFileSync(program, [...rest, ...OFFLOADS], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A private /run, so that no other home and no one else's namespace is in the way. */
export function makeNamespaces(devices: readonly HomeDevice[]): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run']);
  mkdirSync('/run/netns');
  ip([INTERNET, ...devices.map(({ name }) => name)].map((name) => `netns add ${name}`));
}

/** Multicast snooping is off: as on an access point, everybody hears every group. */
export function makeBridge(): void {
  ip([
    'link set lo up',
    `link add ${BRIDGE} address ${GATEWAY_MAC} type bridge stp_state 0 mcast_snooping 0`,
    `address add ${GATEWAY_IP}/24 broadcast + dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
  ]);
  plainFrames(BRIDGE);
  for (const [name, value] of Object.entries(ROUTER_SETTINGS)) writeFileSync(`/proc/sys/net/${name}`, String(value));
}

export function connectInternet(): void {
  ip([
    `link add ${UPLINK} address ${UPLINK_MAC} type veth peer name eth0 address ${PROVIDER_MAC} netns ${INTERNET}`,
    `address add ${HOME_ADDRESS}/30 dev ${UPLINK}`,
    `link set ${UPLINK} up`,
    `route add default via ${PROVIDER_ADDRESS}`,
  ]);
  ip(
    [
      'link set lo up',
      `address add ${PROVIDER_ADDRESS}/30 dev eth0`,
      'link set eth0 up',
      ...publicAddresses().map((address) => `address add ${address}/32 dev lo`),
    ],
    INTERNET,
  );
  plainFrames(UPLINK);
  plainFrames('eth0', INTERNET);
  execFileSync('nft', ['-f', '-'], { input: FIREWALL });
}

/** The device's end stays down until its own process switches it on; the bridge's end never speaks by itself. */
export function connectDevice(device: HomeDevice): void {
  const port = `p-${device.name}`;
  ip([
    `link add ${port} type veth peer name eth0 address ${device.mac} netns ${device.name}`,
    `link set ${port} addrgenmode none`,
    `link set ${port} master ${BRIDGE} up`,
  ]);
  plainFrames(port);
  plainFrames('eth0', device.name);
}

/** Each device gets the address that the roster names, from a real server after a real exchange. */
export function dnsmasqArguments(devices: readonly HomeDevice[], upstream: string, leaseFile: string): string[] {
  const first = devices[0]?.ip ?? GATEWAY_IP;
  return [
    '--conf-file=/dev/null',
    '--keep-in-foreground',
    '--log-facility=-',
    '--pid-file=',
    '--user=root',
    '--group=',
    `--interface=${BRIDGE}`,
    '--except-interface=lo',
    '--bind-interfaces',
    '--no-hosts',
    '--no-resolv',
    `--server=${upstream}`,
    '--domain=lan',
    '--local=/lan/',
    `--dhcp-range=${first},${SUBNET.replace(/\d+\/\d+$/, '200')},12h`,
    '--dhcp-authoritative',
    '--no-ping',
    `--dhcp-leasefile=${leaseFile}`,
    ...devices.map(({ mac, ip: address }) => `--dhcp-host=${mac},${address}`),
  ];
}

/** Frames that all links of the router have carried so far; unchanged over a while means that the home is silent. */
export function countFrames(table: string): number {
  let frames = 0;
  for (const line of table.split('\n').slice(2)) {
    const fields = line
      .slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/);
    frames += Number(fields[1] ?? 0) + Number(fields[9] ?? 0);
  }
  return frames;
}
