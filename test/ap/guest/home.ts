// What lies around the access point, as namespaces: the house's network behind the uplink (a router at 192.168.1.1 that is
// also the Internet, a NAS at 192.168.1.50) and a management network on a second port (an administrator at 172.20.0.9).

import type { Guest } from './guest.ts';

export const UPLINK = 'eth0';
export const MANAGEMENT = 'eth1';
export const UPLINK_IP = '192.168.1.2';
export const ROUTER_IP = '192.168.1.1';
export const NAS_IP = '192.168.1.50';
export const MANAGEMENT_IP = '172.20.0.1';
export const ADMIN_IP = '172.20.0.9';
/** RFC 5737: represents any server on the Internet. */
export const INTERNET_IP = '203.0.113.10';
export const INTERNET_NAME = 'cloud.example';

export class Home {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Wires, addresses, and servers: HTTP at 80, DNS at 53, MQTT at 1883 on all of the house's and the Internet's addresses. */
  start(): void {
    const guest = this.#guest;
    for (const line of WIRES) guest.must(line);
    guest.atEnd(() => guest.sh('ip netns del wan; ip netns del lan; ip link del eth0; ip link del eth1'));
    guest.must(`mkdir -p /run/www && echo 'hello from the Internet' >/run/www/index.html`);
    guest.start('httpd', this.in('wan', 'busybox httpd -f -p 80 -h /run/www'));
    guest.start('lan-httpd', this.in('lan', 'busybox httpd -f -p 80 -h /run/www'));
    guest.start('wan-dns', this.in('wan', `dnsmasq ${DNS.join(' ')}`));
    guest.write('/run/mosquitto.conf', 'listener 1883 0.0.0.0\nallow_anonymous true\n');
    guest.start('broker', this.in('wan', 'mosquitto -c /run/mosquitto.conf'));
  }

  in(namespace: string, line: string): string[] {
    return ['ip', 'netns', 'exec', namespace, ...line.split(' ')];
  }
}

const DNS = [
  '--conf-file=/dev/null',
  '--keep-in-foreground',
  '--user=root',
  '--no-resolv',
  '--no-hosts',
  '--pid-file=',
  `--address=/${INTERNET_NAME}/${INTERNET_IP}`,
];

const WIRES = [
  'ip netns add wan',
  'ip netns add lan',
  `ip link add ${UPLINK} type veth peer name port netns wan`,
  `ip link add ${MANAGEMENT} type veth peer name port netns lan`,
  `ip addr add ${UPLINK_IP}/24 dev ${UPLINK}`,
  `ip addr add ${MANAGEMENT_IP}/24 dev ${MANAGEMENT}`,
  `ip addr add fd20::1/64 dev ${MANAGEMENT} nodad`,
  `ip link set ${UPLINK} up`,
  `ip link set ${MANAGEMENT} up`,
  `ip route add default via ${ROUTER_IP}`,
  'ip -n wan link set lo up',
  `ip -n wan addr add ${ROUTER_IP}/24 dev port`,
  `ip -n wan addr add ${NAS_IP}/24 dev port`,
  `ip -n wan addr add ${INTERNET_IP}/32 dev lo`,
  'ip -n wan link set port up',
  'ip -n lan link set lo up',
  `ip -n lan addr add ${ADMIN_IP}/24 dev port`,
  'ip -n lan addr add fd20::9/64 dev port nodad',
  'ip -n lan link set port up',
  `ip -n lan route add default via ${MANAGEMENT_IP}`,
];
