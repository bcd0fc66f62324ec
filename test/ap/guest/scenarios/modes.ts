// Who gets in: WPA2 and WPA3 side by side in `mixed`, only WPA3 in `wpa3`, nobody with a wrong passphrase. And what `block` does to
// traffic between stations. Odd bytes in the network's name go the whole way. A device that invents others takes all addresses.

import { apWarnings } from '../../../../appliance/ap/status/warnings.ts';
import { AccessPoint, PASSPHRASE, SSID, settings } from '../access-point.ts';
import type { Guest } from '../guest.ts';
import { Home, INTERNET_IP } from '../home.ts';
import { Radios, radioMac, type Station } from '../radios.ts';
import { BRIDGE_FILE, Recording } from '../recording.ts';

/** A line end, a quote, a comment sign and a letter of two bytes: each would be a setting of its own where it is not escaped. */
const ODD = 'a"\nssid=b #ü';

/** Five addresses for devices, one of them kept for the third station. */
const FEW = ['address: 10.77.0.1/29', `reservations: [{mac: "${radioMac(3)}", ip: 10.77.0.6, name: known}]`];

const GUESTS = '{ssid: guests, passphrase_file: /etc/weir/guests.passphrase, internet: false}';

export async function modes(guest: Guest): Promise<void> {
  new Home(guest).start();
  const [one, two, three] = new Radios(guest).load(3);
  if (one === undefined || two === undefined || three === undefined) throw new Error('three stations are needed');
  await withPoint(guest, (point) => mixed(guest, point, one, two, three));
  for (const station of [one, two, three]) await station.leave();
  await withPoint(guest, async (point) => {
    await onlyWpa3(guest, point, one, two);
    await exhausted(guest, point, two, three);
  });
}

/** It is stopped however the part ended: the next one would be refused next to it. */
async function withPoint(guest: Guest, act: (point: AccessPoint) => Promise<void>): Promise<void> {
  const point = new AccessPoint(guest);
  try {
    await act(point);
  } finally {
    const ended = await point.stop();
    guest.check('it stops cleanly', ended === 0, `${ended} ${point.said()}`);
  }
}

async function mixed(guest: Guest, point: AccessPoint, one: Station, two: Station, three: Station): Promise<void> {
  const lines = settings(['security: mixed', 'local_traffic: block']);
  const yaml = lines.replace(/ssid: .*/, `ssid: ${JSON.stringify(ODD)}`);
  guest.configure(yaml);
  const recording = new Recording(guest);
  recording.startCapture();
  if (!guest.check('mixed: the access point is up', await point.start(yaml), point.said())) return;
  guest.check('its odd name is the one that was set', point.status()?.ssid === ODD, point.status()?.ssid);
  three.associate({ ssid: ODD, passphrase: 'not the passphrase' });
  guest.check(
    'mixed: a WPA2 station gets in',
    await one.connect({ ssid: ODD, passphrase: PASSPHRASE }, 40),
    point.said(),
  );
  const isIn = await two.connect({ ssid: ODD, passphrase: PASSPHRASE, security: 'wpa3' }, 40);
  guest.check('mixed: a WPA3 station gets in', isIn, point.said());
  const keys = guest.sh('hostapd_cli -p /run/weir-ap/hostapd all_sta | grep -i AKMSuiteSelector').out;
  guest.check('one by PSK, the other by SAE', keys.includes('00-0f-ac-2') && keys.includes('00-0f-ac-8'), keys);
  const isCounted = await point.until(({ counters }) => counters.wrong_passphrase > 0, 30);
  guest.check('a wrong passphrase is refused and counted', isCounted && !three.isConnected(), point.said());
  await three.leave();
  await blocked(guest, recording, one, two);
}

async function blocked(guest: Guest, recording: Recording, one: Station, two: Station): Promise<void> {
  await recording.startTcpdump();
  const addresses = [one.lease(), two.lease()];
  guest.check(
    'blocked stations have addresses',
    addresses.every((address) => address.startsWith('10.77.')),
    addresses.join(),
  );
  // Known beforehand, so that the echo itself is sent and not only the question for its address.
  one.sh(`ip neigh replace ${addresses[1]} lladdr ${two.mac} dev ${one.link}`);
  const ping = one.sh(`busybox ping -c 3 -W 1 ${addresses[1]}`).out;
  const web = one.sh(`busybox wget -q -O - http://${INTERNET_IP}/`).out;
  await recording.stop();
  guest.say(
    'local_traffic block: the radio hands every frame to the bridge, which delivers none to another station: attempts are captured',
  );
  guest.check('block: no station reaches another one', ping.includes('100% packet loss'), ping);
  guest.check('block: the Internet is reached all the same', web.includes('hello'), web);
  const pings = `icmp[icmptype] == icmp-echo and ether src ${one.mac} and ether dst ${two.mac}`;
  const counts = [recording.countIn(BRIDGE_FILE, pings), recording.count(one.mac.replaceAll(':', '-'), pings)];
  guest.check('block: each attempt is captured exactly once', counts.join() === '3,3', counts.join());
}

async function onlyWpa3(guest: Guest, point: AccessPoint, one: Station, two: Station): Promise<void> {
  guest.write('/etc/weir/guests.passphrase', 'only for guests\n');
  const isUp = await point.start(settings(['security: wpa3', 'band: "5"', `networks: [${GUESTS}]`, ...FEW]));
  if (!guest.check('wpa3 at 5 GHz: the access point is up', isUp, point.said())) return;
  const network = { ssid: 'weir-test', passphrase: PASSPHRASE, frequency: 5180 };
  one.associate(network);
  const isIn = await two.connect({ ...network, security: 'wpa3' }, 40);
  guest.check('wpa3: a WPA3 station gets in', isIn, point.said());
  guest.check('wpa3: a WPA2 station does not', !one.isConnected(), point.said());
  await one.leave();
  const isGuest = await one.connect({ ssid: 'guests', passphrase: 'only for guests', frequency: 5180 }, 40);
  guest.check('a second network of the same radio lets a WPA2 station in', isGuest, point.said());
  const address = one.lease();
  guest.check('it has an address', address.startsWith('10.77.0.'), `${address} ${point.said()}`);
  two.lease();
  const webs = [one, two].map((station) => station.sh(`busybox wget -q -O - http://${INTERNET_IP}/`).out);
  guest.check(
    'the second network has no Internet, the first one has',
    webs[1]?.includes('hello') === true && webs[0]?.includes('hello') === false,
    webs.join(),
  );
}

/** Two addresses are in use, two are free. The invented devices have one station's address and names of their own. */
async function exhausted(guest: Guest, point: AccessPoint, liar: Station, known: Station): Promise<void> {
  for (const name of [1, 2, 3, 4])
    liar.sh(`busybox udhcpc -i ${liar.link} -s /bin/true -q -n -f -t 2 -T 1 -x 0x3d:00aa0${name}`);
  const isReported = await point.until(({ counters }) => counters.dhcp_exhausted > 0, 20);
  guest.check('a request that finds no address left is counted', isReported, JSON.stringify(point.status()?.leases));
  const status = point.status();
  const warned = status === undefined ? '' : apWarnings(status).join(' ');
  guest.check('its status is warned of, with the remedy', warned.includes('ap.reservations'), warned);
  await known.connect({ ssid: SSID, passphrase: PASSPHRASE, security: 'wpa3', frequency: 5180 }, 40);
  const address = known.lease();
  guest.check('a known device gets its reserved address all the same', address === '10.77.0.6', address);
}
