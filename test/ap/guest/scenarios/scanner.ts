// The scanner's units under systemd as PID 1: what they are ordered inside the captured network is done, and what is outside is
// refused twice: in words by the program, and by the kernel whatever program runs there.

import { existsSync } from 'node:fs';
import type { Guest } from '../guest.ts';
import { INTERNET_IP, ROUTER_IP, UPLINK, UPLINK_IP } from '../home.ts';

const UNITS = '/run/systemd/system';
const SOCKET = '/run/weir-scan.sock';
const DEVICE_MAC = '02:00:00:00:00:07';
const DEVICE_IP = '10.77.0.7';
const AP_IP = '10.77.0.1';
/** Of the unit's own limits; the same run without them reaches the Internet. */
const WITHOUT_FILTER = ['IPAddressDeny=', 'IPAddressAllow=', 'RestrictNetworkInterfaces='];
const DIRECTIVES = ['IPAddressDeny', 'IPAddressAllow', 'RestrictNetworkInterfaces', 'CapabilityBoundingSet', 'User'];
const ATTEMPT_SECONDS = 60;
const ANSWER_SECONDS = 300;

/** Writes one order to the socket and prints the answer. */
const ORDER = `
const socket = require('node:net').connect(${JSON.stringify(SOCKET)});
socket.on('connect', () => socket.write(process.argv[1] + '\\n')).pipe(process.stdout);
socket.on('error', (error) => console.log(error.message));`;

export async function scanner(guest: Guest): Promise<void> {
  if (!existsSync('/lib/systemd/systemd')) return guest.skip('the scanner under systemd', 'systemd is not installed');
  if (!guest.check('systemd is PID 1', guest.sh('cat /proc/1/comm').out === 'systemd')) return;
  makeWires(guest);
  installUnits(guest);
  checkDirectives(guest);
  await checkOrders(guest);
  await checkAttempts(guest);
}

/** A device behind the bridge, and the Internet behind the uplink. */
function makeWires(guest: Guest): void {
  for (const line of [
    'ip link add br-weir type bridge',
    'ip link set br-weir address 02:00:00:00:00:01 up',
    `ip addr add ${AP_IP}/24 dev br-weir`,
    'ip netns add device',
    'ip link add port-device type veth peer name eth0 netns device',
    'ip link set port-device master br-weir up',
    'ip -n device link set lo up',
    `ip -n device link set eth0 address ${DEVICE_MAC}`,
    `ip -n device addr add ${DEVICE_IP}/24 dev eth0`,
    'ip -n device link set eth0 up',
    'ip netns add wan',
    `ip link add ${UPLINK} type veth peer name port netns wan`,
    `ip addr add ${UPLINK_IP}/24 dev ${UPLINK}`,
    `ip link set ${UPLINK} up`,
    'ip -n wan link set lo up',
    `ip -n wan addr add ${ROUTER_IP}/24 dev port`,
    `ip -n wan addr add ${INTERNET_IP}/32 dev lo`,
    'ip -n wan link set port up',
    `ip route add default via ${ROUTER_IP}`,
    'mkdir -p /run/www',
  ])
    guest.must(line);
  guest.atEnd(() => guest.sh(`ip netns del device; ip netns del wan; ip link del br-weir; ip link del ${UPLINK}`));
  guest.start('device', ['ip', 'netns', 'exec', 'device', 'busybox', 'httpd', '-f', '-p', '80', '-h', '/run/www']);
}

/** As the package does it, but for the paths of program and Node. */
function installUnits(guest: Guest): void {
  guest.must('systemd-sysusers "$PWD/systemd/weir.sysusers.conf"');
  guest.must(`mkdir -p ${UNITS} && cp systemd/weir-scan.socket systemd/weir-scan@.service ${UNITS}`);
  guest.configure('{}');
  guest.must('chmod 755 /etc/weir && chgrp weir /etc/weir/weir.yaml && chmod 640 /etc/weir/weir.yaml');
  const program = `${process.execPath} --max-old-space-size=128 ${process.cwd()}/dist/appliance/cli/main.js`;
  dropIn(guest, 'weir-scan@.service', [
    'ExecStart=',
    `ExecStart=${program} scan-worker --config /etc/weir/weir.yaml`,
    // What the tests' folder is below is the host's business, not the unit's.
    'ProtectHome=no',
  ]);
  guest.must('systemctl start weir-scan.socket');
  guest.atEnd(() => guest.sh('systemctl stop weir-scan.socket "weir-scan@*.service"'));
}

/** The rest of the machine's units is not wanted: it takes minutes here. */
function dropIn(guest: Guest, unit: string, service: readonly string[]): void {
  const text = ['[Unit]', 'DefaultDependencies=no', '[Service]', ...service, ''].join('\n');
  guest.write(`${UNITS}/${unit}.d/test.conf`, text);
}

function checkDirectives(guest: Guest): void {
  const { out } = guest.sh(`systemctl show ${DIRECTIVES.map((name) => `-p ${name}`).join(' ')} weir-scan@1.service`);
  const has = (line: string) => out.split('\n').includes(line);
  const denies = /^IPAddressDeny=(any|::\/0 0\.0\.0\.0\/0|0\.0\.0\.0\/0 ::\/0)$/m.test(out);
  guest.check('systemd denies every address', denies, out);
  guest.check(
    'and allows the private networks',
    has('IPAddressAllow=10.0.0.0/8 172.16.0.0/12 192.168.0.0/16') ||
      /^IPAddressAllow=(?=.*10\.0\.0\.0\/8)(?=.*172\.16\.0\.0\/12)(?=.*192\.168\.0\.0\/16)\S+ \S+ \S+$/m.test(out),
    out,
  );
  guest.check(
    'it runs as weir-scan with raw sockets alone',
    has('User=weir-scan') && has('CapabilityBoundingSet=cap_net_raw'),
    out,
  );
}

async function ask(guest: Guest, name: string, change: object): Promise<string> {
  const order = {
    order: 'ports',
    address: DEVICE_IP,
    mac: DEVICE_MAC,
    proto: 'tcp',
    ports: '79-81',
    rate: 100,
    ...change,
  };
  const asking = guest.start(name, [process.execPath, '-e', ORDER, JSON.stringify(order)]);
  await guest.until(() => asking.child.exitCode !== null, ANSWER_SECONDS);
  return asking.output();
}

async function checkOrders(guest: Guest): Promise<void> {
  const found = await ask(guest, 'device-order', {});
  const isFound = /"open":"80"/.test(found) && /"closed":"79,81"/.test(found);
  guest.check(
    'an order for a device behind it finds the open port through the socket',
    isFound,
    `${found} ${journal(guest)}`,
  );
  const heard = await heardMeanwhile(guest, () => ask(guest, 'outside-order', { address: INTERNET_IP }));
  guest.check(
    'an order for an address outside is refused in words',
    /outside the captured network/.test(heard.said),
    `${heard.said} ${journal(guest)}`,
  );
  guest.check('and nothing arrived there', heard.packets === 0, String(heard.packets));
}

/** nmap itself in place of the program that would refuse: raw packets, and a plain connection. */
async function checkAttempts(guest: Guest): Promise<void> {
  const raw = `nmap -sS -n -Pn --send-ip -p 80 -e ${UPLINK} --max-retries 1`;
  const plain = 'nmap --unprivileged -sT -n -Pn -p 80 --max-retries 1';
  for (const [name, words] of [
    ['raw', raw],
    ['connected', plain],
  ] as const) {
    const free = await heardMeanwhile(guest, () =>
      attempt(guest, `${name}-free`, `${words} ${INTERNET_IP}`, WITHOUT_FILTER),
    );
    guest.check(`without the unit's filters ${name} packets reach the Internet`, free.packets > 0, free.said);
    const held = await heardMeanwhile(guest, () => attempt(guest, `${name}-held`, `${words} ${INTERNET_IP}`, []));
    guest.check(`with them no ${name} packet does`, held.packets === 0 && /Nmap done/.test(held.said), held.said);
  }
}

/** A unit that is the scanner's but for its program. */
async function attempt(guest: Guest, name: string, words: string, change: readonly string[]): Promise<string> {
  const unit = `weir-attempt-${name}.service`;
  const log = `/run/${unit}.log`;
  guest.must(`cp ${UNITS}/weir-scan@.service ${UNITS}/${unit} && : >${log}`);
  dropIn(guest, unit, [
    'Type=oneshot',
    'RuntimeMaxSec=infinity',
    `TimeoutStartSec=${ATTEMPT_SECONDS}`,
    'StandardInput=null',
    `StandardOutput=append:${log}`,
    `StandardError=append:${log}`,
    'Environment=NMAP_PRIVILEGED=1',
    'ExecStart=',
    `ExecStart=/usr/bin/${words}`,
    'ProtectHome=no',
    ...change,
  ]);
  guest.sh(`systemctl start ${unit}`);
  return guest.sh(`cat ${log}; systemctl status --no-pager ${unit}`).out;
}

/** Packets to port 80 that came in at the Internet's end while `act` ran. */
async function heardMeanwhile(guest: Guest, act: () => Promise<string>): Promise<{ said: string; packets: number }> {
  const counters = 'ip netns exec wan nft';
  guest.must(
    `${counters} 'add table ip heard; flush table ip heard; delete table ip heard; add table ip heard; add chain ip heard in { type filter hook input priority -300; }; add rule ip heard in ip daddr ${INTERNET_IP} counter'`,
  );
  const said = await act();
  const packets = Number(/packets (\d+)/.exec(guest.must(`${counters} list table ip heard`))?.[1] ?? Number.NaN);
  return { said, packets };
}

function journal(guest: Guest): string {
  return guest.sh('systemctl status --no-pager "weir-scan@*" weir-scan.socket').out;
}
