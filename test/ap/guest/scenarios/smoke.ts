// The machine itself: the radios are there, hostapd announces a network, a station gets in.

import type { Guest } from '../guest.ts';
import { Home, INTERNET_IP } from '../home.ts';
import { Radios } from '../radios.ts';

const HOSTAPD = `interface=wlan0
driver=nl80211
ssid=smoke
hw_mode=g
channel=6
country_code=GB
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase=smoke and mirrors
`;

export async function smoke(guest: Guest): Promise<void> {
  new Home(guest).start();
  const [station] = new Radios(guest).load(1);
  guest.check('the simulated radio is there', guest.sh('ip link show wlan0').code === 0);
  guest.write('/run/smoke.conf', HOSTAPD);
  const hostapd = guest.start('hostapd', ['stdbuf', '-oL', 'hostapd', '/run/smoke.conf']);
  const isUp = await guest.until(() => hostapd.output().includes('AP-ENABLED'), 30);
  guest.check('a stock hostapd announces a network', isUp, hostapd.output());
  const isIn = (await station?.connect({ ssid: 'smoke', passphrase: 'smoke and mirrors' })) ?? false;
  guest.check('a station gets in with WPA2', isIn, hostapd.output());
  station?.setGroup(2);
  const isAway = await guest.until(
    () => /inactive time:\s+[2-9]\d{3} ms/.test(guest.sh('iw dev wlan0 station dump').out),
    20,
  );
  guest.check('a station out of range grows silent and stays in the list', isAway);
  const reached = guest.sh(`busybox wget -q -O - http://${INTERNET_IP}/`);
  guest.check('the Internet stub answers the appliance', reached.out.includes('hello'), reached.out);
}
