// NetworkManager as on Raspberry Pi OS: it has the radio before the access point comes, with its own wpa_supplicant scanning on
// it, and must leave it then and for good. Not in `make test-ap`: NetworkManager is not put on a machine that may not have it.
// `node dist/test/ap/guest/run.js networkmanager`, on a machine that has it.

import { existsSync } from 'node:fs';
import { AccessPoint, PASSPHRASE, SSID, settings } from '../access-point.ts';
import type { Guest } from '../guest.ts';
import { Home, INTERNET_IP } from '../home.ts';
import { Radios } from '../radios.ts';

const DAEMON = '/usr/sbin/NetworkManager';
/** It has no link that udev has not announced. */
const UDEV = '/lib/systemd/systemd-udevd';
/** It shall not touch what the scenario itself has made. A list of the machine's own, which no `unmanaged-devices+=` adds to. */
const NM_CONFIG = `[main]
plugins=keyfile
[keyfile]
unmanaged-devices=interface-name:eth0;interface-name:eth1
`;

export async function networkmanager(guest: Guest): Promise<void> {
  if (![DAEMON, UDEV, '/usr/bin/dbus-daemon'].every((path) => existsSync(path)))
    return guest.skip(
      'the radio is taken from NetworkManager',
      'network-manager, udev and dbus are not installed here',
    );
  new Home(guest).start();
  const [station] = new Radios(guest).load(1);
  if (station === undefined) throw new Error('no station');
  const isThere = await startManager(guest);
  if (!guest.check('NetworkManager has the radio', isThere, stateOf(guest))) return;
  const point = new AccessPoint(guest);
  const isUp = await point.start(settings());
  guest.check('the access point is up all the same', isUp, point.said());
  guest.check('NetworkManager calls the radio unmanaged', stateOf(guest) === 'unmanaged', stateOf(guest));
  guest.check('and the bridge', stateOf(guest, 'br-weir') === 'unmanaged', stateOf(guest, 'br-weir'));
  const isIn = await station.connect({ ssid: SSID, passphrase: PASSPHRASE });
  guest.check('a station joins', isIn, point.said());
  station.lease();
  const web = station.sh(`busybox wget -q -O - http://${INTERNET_IP}/`).out;
  guest.check('and reaches the Internet', web.includes('hello'), web);
  await restarted(guest, point);
}

/** A package upgrade does that. */
async function restarted(guest: Guest, point: AccessPoint): Promise<void> {
  guest.must('nmcli general reload && pkill -x NetworkManager; sleep 1');
  const isThere = await runManager(guest, 'networkmanager-again');
  await guest.pause(5);
  const state = stateOf(guest);
  guest.check('NetworkManager that starts again leaves the radio alone', isThere && state === 'unmanaged', state);
  const { state: own, counters } = point.status() ?? {};
  guest.check('the access point was never repaired', own === 'up' && counters?.repairs === 0, JSON.stringify(counters));
  await point.stop();
  const isBack = await guest.until(() => stateOf(guest) === 'disconnected', 20);
  guest.check('and gives the radio back when it is stopped', isBack, stateOf(guest));
}

async function startManager(guest: Guest): Promise<boolean> {
  guest.must('mkdir -p /run/dbus /run/NetworkManager /etc/NetworkManager/conf.d && dbus-uuidgen --ensure');
  guest.write('/etc/NetworkManager/NetworkManager.conf', NM_CONFIG);
  guest.must('rm -f /run/dbus/pid && dbus-daemon --system --fork');
  guest.must(`${UDEV} --daemon && udevadm trigger --subsystem-match=net && udevadm settle`);
  guest.atEnd(() => guest.sh('pkill -x dbus-daemon; pkill -f systemd-udevd'));
  guest.start('supplicant', ['wpa_supplicant', '-u', '-s']);
  const runs = await runManager(guest, 'networkmanager');
  return runs && (await guest.until(() => stateOf(guest) === 'disconnected', 30));
}

async function runManager(guest: Guest, name: string): Promise<boolean> {
  guest.start(name, [DAEMON, '--no-daemon']);
  return await guest.until(() => guest.sh('nmcli general status').code === 0, 30);
}

function stateOf(guest: Guest, link = 'wlan0'): string {
  const { out } = guest.sh('nmcli -t -f DEVICE,STATE device');
  const line = out.split('\n').find((one) => one.startsWith(`${link}:`));
  return line?.slice(link.length + 1).split(' ')[0] ?? out;
}
