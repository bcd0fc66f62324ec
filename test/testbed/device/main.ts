// One device of the testbed home, one process in its own network namespace: power on, lease, behave.
// Started by supervisor.ts; the messages between the two are in messages.ts.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { DeviceMessage, DeviceOrder } from '../messages.ts';
import { type DeviceKind, modelOf, rosterFor } from '../roster.ts';
import { SeededRandom } from '../seeded-random.ts';
import { BEHAVIOURS } from './behaviours.ts';
import { acquireLease, renewLease } from './dhcp-client.ts';
import { Life } from './life.ts';
import type { World } from './world.ts';

const seed = Number(process.env['TESTBED_SEED']);
const roster = rosterFor(seed);
const self = roster.find((device) => device.name === process.env['TESTBED_DEVICE']);
const authorityFile = process.env['TESTBED_AUTHORITY'];
if (self === undefined || authorityFile === undefined) throw new TypeError('started without name or root certificate');

/** Kernel settings of a device: say hello with ARP when the link comes up, stop asking for an IPv6 router soon. */
const SETTINGS = {
  'ipv4/conf/eth0/arp_notify': 1,
  'ipv4/neigh/eth0/delay_first_probe_time': 1,
  'ipv6/neigh/eth0/delay_first_probe_time': 1,
  'ipv6/conf/eth0/router_solicitations': 2,
  'ipv6/conf/eth0/router_solicitation_interval': 1,
};

/** Far more often than the lease needs, so that a capture that starts late still learns the names. */
const RENEWAL = { first: 6 + roster.indexOf(self), idle: 120, intensive: 60 };

function send(message: DeviceMessage): void {
  process.send?.(message);
}

function configure(...commands: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: commands.join('\n') });
}

function powerOn(): void {
  for (const [name, value] of Object.entries(SETTINGS)) writeFileSync(`/proc/sys/net/${name}`, String(value));
  configure('link set lo up', 'link set eth0 up', 'route add 255.255.255.255/32 dev eth0');
}

function peer(kind: DeviceKind): (typeof roster)[number] {
  const found = roster.find((device) => device.kind === kind);
  if (found === undefined) throw new TypeError(`no ${kind} in this home`);
  return found;
}

const life = new Life(seed, self.name, (job, reason) => send({ type: 'failure', job, reason: String(reason) }));

function obey(order: DeviceOrder): void {
  if (order.type === 'phase') life.setPhase(order.phase);
  else if (order.type === 'resume') life.resume();
  else void life.pause().then(() => send({ type: 'paused' }));
}

process.on('message', (order) => obey(order as DeviceOrder));
process.on('disconnect', () => process.exit(0));

powerOn();
const { dhcp } = modelOf(self.kind);
const lease = await acquireLease(self.mac, dhcp, new SeededRandom(seed, self.name, 'dhcp').word());
configure(`address add ${lease.address}/24 broadcast + dev eth0`, `route add default via ${lease.router}`);
life.job('lease', RENEWAL, async (random) => {
  await renewLease(self.mac, dhcp, random.word(), lease.address);
});
const world: World = { self, seed, life, authority: readFileSync(authorityFile, 'utf8'), peer };
await BEHAVIOURS[self.kind](world);
send({ type: 'lease', address: lease.address });
