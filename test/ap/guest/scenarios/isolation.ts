// The captured side reaches DHCP, DNS and time of the appliance and the Internet, and nothing else: no listening port of any of
// the appliance's addresses, no management network, nobody behind the uplink, under no false address.

import { AccessPoint, AP_IP, PASSPHRASE, SSID, settings } from '../access-point.ts';
import type { Guest } from '../guest.ts';
import {
  ADMIN_IP,
  Home,
  INTERNET_IP,
  INTERNET_NAME,
  MANAGEMENT,
  MANAGEMENT_IP,
  NAS_IP,
  ROUTER_IP,
  UPLINK,
  UPLINK_IP,
} from '../home.ts';
import { Radios, type Station } from '../radios.ts';

const PORTS = [22, 80, 443, 1883, 8080, 9100];
const OWN6 = 'fd77:77::1';

/** Listens on every port and on every address of both kinds, as the most careless appliance would; says so when it does. */
const LISTENERS = `
const net = require('node:net');
for (const port of ${JSON.stringify(PORTS)}) net.createServer((socket) => socket.end('open')).listen({ port, host: '::' });
console.log('listening');
setTimeout(() => {}, 1e9);`;

/** Prints each target that let itself be connected, then "done". */
const CONNECT = `
const net = require('node:net');
const targets = JSON.parse(process.argv[1]);
const tried = targets.map(([host, port]) => new Promise((done) => {
  const socket = net.connect({ host, port, timeout: 4000 });
  const end = (word) => () => { if (word) console.log('open ' + host + ' ' + port); socket.destroy(); done(); };
  socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false));
}));
Promise.all(tried).then(() => console.log('done'));`;

export async function isolation(guest: Guest): Promise<void> {
  new Home(guest).start();
  const radios = new Radios(guest);
  const [station] = radios.load(1);
  if (station === undefined) throw new Error('no station');
  const point = new AccessPoint(guest);
  const isUp = await point.start(settings([`address6: ${OWN6}/64`]));
  if (!guest.check('the access point is up', isUp, point.said())) return;
  const listeners = guest.start('listeners', [process.execPath, '-e', LISTENERS]);
  const isIn = await station.connect({ ssid: SSID, passphrase: PASSPHRASE });
  guest.check('a station is associated', isIn, point.said());
  guest.check('it has an address', station.lease().startsWith('10.77.0.'), point.said());
  await guest.until(() => listeners.output().includes('listening'), 15);
  await guest.until(() => station.sh(`ip -6 addr show dev ${station.link} scope global`).out.includes('fd77:77:'), 10);
  checkReached(guest, station);
  checkPorts(guest, station);
  checkBehind(guest, station);
  checkFalseAddress(guest, station);
  const before = guest.sh('nft list table inet weir | grep -c counter').out;
  guest.must('nft add table inet other');
  const ended = await point.stop();
  guest.check('a stop ends cleanly', ended === 0, String(ended));
  checkTakenBack(guest);
  guest.say(`rules with counters while it ran: ${before}`);
}

function checkReached(guest: Guest, station: Station): void {
  const web = station.sh(`busybox wget -q -O - http://${INTERNET_IP}/`).out;
  guest.check('the Internet is reached', web.includes('hello'), web);
  const name = station.sh(`busybox nslookup ${INTERNET_NAME} ${AP_IP}`).out;
  guest.check('names are answered by the appliance', name.includes(INTERNET_IP), name);
  const name6 = station.sh(`busybox nslookup ${INTERNET_NAME} ${OWN6}`).out;
  guest.check('names are answered over IPv6 too', name6.includes(INTERNET_IP), name6);
  const ping = station.sh(`busybox ping -c 1 -W 3 ${AP_IP}`).out;
  guest.check('the appliance answers an echo', ping.includes(' 0% packet loss'), ping);
}

function checkPorts(guest: Guest, station: Station): void {
  // Before anything counts: the listeners are there, and this way of looking finds them.
  const own = [AP_IP, UPLINK_IP, MANAGEMENT_IP, OWN6, 'fd20::1'];
  const seen = connect((line) => guest.sh(line).out, targets(own));
  guest.check(
    'the listeners are open on every address, seen from the appliance',
    seen.length === own.length * PORTS.length,
    seen.join(' '),
  );
  const local6 = linkLocal(guest, 'br-weir');
  const addresses = [
    ...own,
    `${local6}%${station.link}`,
    `${linkLocal(guest, UPLINK)}%${station.link}`,
    `${linkLocal(guest, MANAGEMENT)}%${station.link}`,
  ];
  for (const line of [
    `ip route replace ${UPLINK_IP}/32 via ${AP_IP}`,
    `ip -6 route replace fd20::/64 via ${local6} dev ${station.link}`,
  ])
    station.sh(line);
  guest.check('the bridge has a link-local address, and it is asked for too', local6.startsWith('fe80:'), local6);
  const open = connect((line) => station.sh(line).out, targets(addresses));
  guest.check(
    `none of ${PORTS.length} ports on ${addresses.length} addresses lets a device in`,
    open.length === 0,
    open.join(' '),
  );
}

function checkBehind(guest: Guest, station: Station): void {
  const behind = [ADMIN_IP, NAS_IP, ROUTER_IP].map((host) => [host, 80] as const);
  const open = connect((line) => station.sh(line).out, [...behind, ['fd20::9', 80]]);
  guest.check(
    'neither the management network nor the house behind the uplink is reached',
    open.length === 0,
    open.join(' '),
  );
  const address = station.address();
  const back = guest.sh(`ip netns exec lan busybox ping -c 1 -W 2 ${address}`).out;
  guest.check('nobody in the management network reaches a device', back.includes('100% packet loss'), back);
  guest.must(`ip -n wan route add 10.77.0.0/24 via ${UPLINK_IP}`);
  const fromUplink = guest.sh(`ip netns exec wan busybox ping -c 1 -W 2 ${address}`).out;
  guest.check('nobody behind the uplink reaches a device', fromUplink.includes('100% packet loss'), fromUplink);
  guest.must(`ip -n wan route add 172.20.0.0/24 via ${UPLINK_IP}`);
  const through = guest.sh(`ip netns exec wan busybox ping -c 1 -W 2 ${ADMIN_IP}`).out;
  guest.check(
    'the appliance became no way from the uplink to its other ports',
    through.includes('100% packet loss'),
    through,
  );
}

function checkFalseAddress(guest: Guest, station: Station): void {
  const echoes = () => guest.must("ip netns exec wan awk '/^Icmp:/ {v = $10} END {print v}' /proc/net/snmp");
  const ping = (from: string) => station.sh(`busybox ping -I ${from} -c 2 -W 1 ${INTERNET_IP}`);
  const before = echoes();
  ping(station.address());
  const between = echoes();
  guest.check(
    'a packet under the own address arrives in the Internet',
    Number(between) > Number(before),
    `${before} ${between}`,
  );
  station.sh(`ip addr add 198.51.100.7/32 dev ${station.link}`);
  ping('198.51.100.7');
  guest.check('a packet under a false address goes nowhere', echoes() === between, `${between} ${echoes()}`);
}

function checkTakenBack(guest: Guest): void {
  const tables = guest.sh('nft list tables').out;
  guest.check(
    "the rules are gone and nobody else's are",
    tables.includes('table inet other') && !tables.includes('weir'),
    tables,
  );
  guest.check('the bridge is gone', guest.sh('ip link show br-weir').code !== 0);
  const forwarding = guest.sh(`cat /proc/sys/net/ipv4/conf/${UPLINK}/forwarding`).out;
  guest.check('the uplink forwards no more, as before', forwarding === '0', forwarding);
  guest.sh('nft delete table inet other');
}

function targets(hosts: readonly string[]): (readonly [string, number])[] {
  return hosts.flatMap((host) => PORTS.map((port) => [host, port] as const));
}

function connect(shell: (line: string) => string, wanted: readonly (readonly [string, number])[]): string[] {
  const program = CONNECT.replaceAll('\n', ' ');
  const out = shell(`${process.execPath} -e "${program}" '${JSON.stringify(wanted)}'`);
  if (!out.includes('done')) throw new Error(`the ports were not tried: ${out}`);
  return out.split('\n').filter((line) => line.startsWith('open '));
}

function linkLocal(guest: Guest, link: string): string {
  return /inet6 (fe80:[0-9a-f:]+)/.exec(guest.sh(`ip -6 addr show dev ${link} scope link`).out)?.[1] ?? '';
}
