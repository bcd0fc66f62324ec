// An evening with three stations: what they do is captured to the frame, whatever happens to the radio is noticed, repaired, counted
// and in the ledger, and who falls silent is absent.

import { readdirSync, readFileSync } from 'node:fs';
import { AccessPoint, AP_IP, PASSPHRASE, SSID, settings } from '../access-point.ts';
import { checkConfined, confineTcpdump } from '../confinement.ts';
import type { Guest } from '../guest.ts';
import { Home, INTERNET_IP, INTERNET_NAME } from '../home.ts';
import { phyOf, Radios, radioMac, type Station } from '../radios.ts';
import { BRIDGE_FILE, Recording } from '../recording.ts';

const NETWORK = { ssid: SSID, passphrase: PASSPHRASE };
const RESERVED = '10.77.0.5';

interface Scene {
  readonly guest: Guest;
  readonly point: AccessPoint;
  readonly recording: Recording;
  readonly stations: readonly [Station, Station, Station];
}

export async function traffic(guest: Guest): Promise<void> {
  new Home(guest).start();
  const [one, two, three] = new Radios(guest).load(3);
  if (one === undefined || two === undefined || three === undefined) throw new Error('three stations are needed');
  const scene: Scene = {
    guest,
    point: new AccessPoint(guest),
    recording: new Recording(guest),
    stations: [one, two, three],
  };
  if (!(await begin(scene))) return;
  await join(scene);
  // Nothing of it is heard any more from here on; looked at again at the end.
  three.setGroup(2);
  const silentSince = performance.now();
  await talk(scene);
  await compare(scene);
  await outages(scene);
  await absent(scene, silentSince);
}

async function begin({ guest, point, recording }: Scene): Promise<boolean> {
  const yaml = settings(['reservations:', `  - {mac: "${radioMac(1)}", ip: ${RESERVED}, name: lamp}`]);
  guest.configure(yaml);
  const isConfined = confineTcpdump(guest);
  recording.startCapture();
  const isUp = await point.start(yaml);
  if (!guest.check('the access point is up, with capture running before it', isUp, point.said())) return false;
  const listens = await recording.startTcpdump();
  if (isConfined) checkConfined(guest);
  return guest.check('capture and a tcpdump next to it listen on the bridge', listens, recording.said());
}

async function join({ guest, point, stations }: Scene): Promise<void> {
  for (const station of stations) station.associate(NETWORK);
  for (const station of stations) {
    const isIn = await guest.until(() => station.isConnected(), 40);
    guest.check(`station ${station.number} is associated with WPA2`, isIn, point.said());
    const address = station.lease();
    guest.check(
      `station ${station.number} has an address`,
      address.startsWith('10.77.0.'),
      `${address} ${point.said()}`,
    );
  }
  guest.check(
    'a known device has the address reserved for it',
    stations[0].address() === RESERVED,
    stations[0].address(),
  );
  const listed = await point.until(
    (status) => status.stations.filter(({ ip, present }) => ip !== null && present).length === 3,
    15,
  );
  guest.check(
    'the status lists all three, present and with their addresses',
    listed,
    JSON.stringify(point.status()?.stations),
  );
}

async function talk({ guest, point, stations: [one, two] }: Scene): Promise<void> {
  const web = one.sh(`busybox wget -q -O - http://${INTERNET_IP}/`).out;
  guest.check('HTTP through NAT', web.includes('hello'), web);
  const name = two.sh(`busybox nslookup ${INTERNET_NAME} ${AP_IP}`).out;
  guest.check('DNS by the appliance', name.includes(INTERNET_IP), name);
  const subscriber = two.start('sub', `mosquitto_sub -h ${INTERNET_IP} -t plug/state -C 1 -W 20`);
  await guest.pause(2);
  one.sh(`mosquitto_pub -h ${INTERNET_IP} -t plug/state -m on -r`);
  await subscriber.ended;
  guest.check(
    'MQTT through NAT, from one station to the other',
    subscriber.output().includes('on'),
    subscriber.output(),
  );
  const ping = one.sh(`busybox ping -c 3 ${two.address()}`).out;
  guest.check('a station reaches another one', ping.includes(' 0% packet loss'), ping);
  one.sh('echo hello >/dev/udp/239.255.255.250/1900');
  const isSeen = await point.until((status) => status.local_traffic_reason.includes('passed the bridge'), 40);
  guest.check(
    'the status says that local traffic is visible, from frames that passed',
    isSeen && point.status()?.local_traffic === 'visible',
    point.status()?.local_traffic_reason,
  );
}

/** Both are stopped so that all files are closed; capture is started again for what follows. */
async function compare({ guest, recording, stations }: Scene): Promise<void> {
  const { tcpdump, said } = await recording.stop();
  const total = recording.countIn(BRIDGE_FILE, '', Number.POSITIVE_INFINITY);
  guest.check('tcpdump lost nothing', tcpdump === total && said.includes('0 packets dropped'), said);
  for (const station of stations) {
    const wanted = recording.countIn(BRIDGE_FILE, `ether host ${station.mac}`);
    const stored = recording.count(station.mac.replaceAll(':', '-'));
    guest.check(
      `the files of station ${station.number} hold the ${wanted} frames that tcpdump saw of it`,
      stored === wanted && wanted > 0,
      `${stored}, not ${wanted}`,
    );
  }
  const [one, two] = stations;
  const pings = `icmp[icmptype] == icmp-echo and ether src ${one.mac} and ether dst ${two.mac}`;
  const counts = [
    recording.countIn(BRIDGE_FILE, pings),
    ...[one, two].map(({ mac }) => recording.count(mac.replaceAll(':', '-'), pings)),
  ];
  guest.say(
    'local_traffic allow: the radio hands every frame to the bridge, which sends it back out (hairpin); capture sits between',
  );
  guest.check(
    'each frame from station to station is on the bridge and in both files exactly once',
    counts.join() === '3,3,3',
    counts.join(),
  );
  const multicast = recording.countIn(BRIDGE_FILE, `ether src ${one.mac} and udp dst port 1900`);
  guest.check('a multicast of a station is captured exactly once', multicast === 1, String(multicast));
  guest.sh('rm -rf /var/lib/weir/captures');
}

async function outages(scene: Scene): Promise<void> {
  const { guest, point, recording } = scene;
  recording.startCapture();
  guest.check('capture and a tcpdump listen again', await recording.startTcpdump(), recording.said());
  const phy = phyOf(radioMac(0));
  const soft = `/sys/class/ieee80211/${phy}/${readdirSync(`/sys/class/ieee80211/${phy}`).find((name) => name.startsWith('rfkill'))}/soft`;
  await outage(scene, 'hostapd is killed', 'hostapd_ended', () => guest.must('pkill -KILL -x hostapd'));
  await outage(scene, 'the radio is blocked by software', 'rfkill', () => guest.must(`echo 1 >${soft}`));
  guest.check('the block is lifted', readFileSync(soft, 'utf8').trim() === '0');
  await outage(scene, 'the firmware says that it halted', 'firmware_halted', () =>
    guest.must('echo "brcmfmac: brcmf_sdio_hostmail: mailbox indicates firmware halted" >/dev/kmsg'),
  );
  await outage(scene, 'the radio is taken away for five seconds', 'radio_lost', async () => {
    guest.must(`ip netns add limbo && iw phy ${phy} set netns name limbo`);
    await guest.pause(5);
    guest.must(`nsenter --net=/run/netns/limbo iw phy ${phy} set netns 1; ip netns del limbo`);
  });
  guest.must('pkill -KILL -f "dnsmasq.*weir-ap"');
  const isBack = await point.until(({ counters }) => counters.troubles.dnsmasq_ended === 1, 20);
  guest.check('dnsmasq is killed: it is started again and counted', isBack);
  const [one] = scene.stations;
  guest.check(
    'after all of it a station still gets its address',
    await guest.until(() => one.lease() === RESERVED, 40),
    point.said(),
  );
  await recording.stop();
  const gaps = recording.gaps().filter(({ reason }) => reason.startsWith('no radio'));
  guest.say(`gaps without a radio: ${gaps.map(({ seconds }) => `${seconds.toFixed(1)} s`).join(', ')}`);
  // A killed hostapd may leave its radio carrying the bridge until the next one takes it over: no outage of the capture. One that
  // begins before the access point is up has a gap of its own.
  guest.check(
    'the ledger has a gap at least for the stopped firmware and for the removed radio, and none too many',
    gaps.length >= 2 && gaps.length <= 5,
    JSON.stringify(recording.gaps()),
  );
  guest.check(
    'the longest is the one of five seconds',
    Math.max(...gaps.map(({ seconds }) => seconds)) >= 5,
    JSON.stringify(gaps),
  );
  const engineGaps = recording.gaps().filter(({ reason }) => reason.includes('disappeared'));
  guest.check('capture itself never lost the bridge', engineGaps.length === 0, JSON.stringify(engineGaps));
}

/** It is noticed by its name, everything comes back by itself, and what hostapd forgets is set again. */
async function outage(
  { guest, point, stations: [one] }: Scene,
  what: string,
  kind: keyof AccessPointProblems,
  happen: () => unknown,
): Promise<void> {
  const before = point.status()?.counters.troubles[kind] ?? 0;
  await happen();
  const isSeen = await point.until(({ counters }) => counters.troubles[kind] === before + 1, 30);
  const isBack = isSeen && (await point.until(({ state }) => state === 'up', 90));
  guest.check(
    `${what}: it is named, counted and repaired`,
    isBack,
    `${point.said()} ${JSON.stringify(point.status()?.counters)}`,
  );
  const isIn = await guest.until(() => point.status()?.stations.some(({ mac }) => mac === one.mac) === true, 60);
  const hairpin = guest.sh('cat /sys/class/net/wlan0/brport/hairpin_mode').out;
  guest.check(
    `${what}: the station comes back by itself, and the hairpin is set again`,
    isIn && hairpin === '1',
    `${hairpin} ${point.said()}`,
  );
}

type AccessPointProblems = NonNullable<ReturnType<AccessPoint['status']>>['counters']['troubles'];

async function absent({ guest, point, stations: [one, , three] }: Scene, silentSince: number): Promise<void> {
  const find = (mac: string) => point.status()?.stations.find((station) => station.mac === mac);
  const isAbsent = await guest.until(
    () => find(three.mac)?.present !== true,
    Math.max(1, 75 - (performance.now() - silentSince) / 1000),
  );
  guest.check(
    'a station that nothing was heard of is absent, and another one is present',
    isAbsent && find(one.mac)?.present === true,
    JSON.stringify(point.status()?.stations),
  );
  const { counters } = point.status() ?? {};
  guest.check(
    'joins and quick returns are counted',
    (counters?.joins ?? 0) > 3 && (counters?.churn ?? 0) > 0,
    JSON.stringify(counters),
  );
}
