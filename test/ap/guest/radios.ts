// Simulated radios (mac80211_hwsim): the first stays with the appliance as wlan0, each further one moves into a namespace and
// becomes a station. They hear each other unless their hwsim group says otherwise.

import { readdirSync, readFileSync } from 'node:fs';
import type { Guest, Running } from './guest.ts';

export interface Credentials {
  readonly ssid: string;
  readonly passphrase: string;
  /** `auto` takes what the access point offers best. */
  readonly security?: 'wpa2' | 'wpa3' | 'auto';
  /** MHz; given so that no full scan is needed. */
  readonly frequency?: number;
}

export class Radios {
  readonly #guest: Guest;
  readonly stations: Station[] = [];

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** The access point's wlan0 and so many stations, each with a radio of its own. */
  load(stations: number): readonly Station[] {
    const guest = this.#guest;
    guest.sh('modprobe -r mac80211_hwsim');
    guest.must(`modprobe mac80211_hwsim radios=${stations + 1}`);
    guest.atEnd(() => this.unload());
    for (let number = 1; number <= stations; number++) {
      const station = new Station(guest, number);
      guest.must(`ip netns add ${station.namespace}; iw phy ${phyOf(station.mac)} set netns name ${station.namespace}`);
      guest.must(`ip -n ${station.namespace} link set lo up`);
      this.stations.push(station);
    }
    return this.stations;
  }

  unload(): void {
    for (const { namespace } of this.stations.splice(0))
      this.#guest.sh(`ip netns pids ${namespace} | xargs -r kill -9`);
    // A radio goes back to the first namespace when its own is deleted, some moments later.
    this.#guest.sh(
      'ip -all netns exec true; for n in $(ip netns list | cut -d" " -f1 | grep ^sta); do ip netns del $n; done; sleep 0.3',
    );
    this.#guest.sh('modprobe -r mac80211_hwsim');
  }
}

/** The wireless device with that address in this namespace. */
export function phyOf(mac: string): string {
  const folder = '/sys/class/ieee80211';
  const found = readdirSync(folder).find((phy) => readFileSync(`${folder}/${phy}/macaddress`, 'utf8').trim() === mac);
  if (found === undefined) throw new Error(`no radio has the address ${mac}`);
  return found;
}

/** hwsim gives its radios fixed addresses by number. */
export function radioMac(number: number): string {
  return `02:00:00:00:${number.toString(16).padStart(2, '0')}:00`;
}

const UDHCPC = `#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface" scope global
ip addr add "$ip/$mask" brd + dev "$interface"
[ -n "$router" ] && ip route replace default via "$router" dev "$interface"
echo "$ip $router $dns $lease" >"/run/lease-$interface-$(ip netns identify)"
`;

export class Station {
  readonly #guest: Guest;
  readonly number: number;
  readonly namespace: string;
  readonly mac: string;
  readonly link: string;
  readonly #phy: string;
  #supplicant: Running | undefined;

  constructor(guest: Guest, number: number) {
    this.#guest = guest;
    this.#phy = phyOf(radioMac(number));
    this.number = number;
    this.namespace = `sta${number}`;
    this.mac = radioMac(number);
    this.link = `wlan${number}`;
  }

  /** A shell line in the station's namespace. */
  sh(line: string): { code: number; out: string } {
    return this.#guest.sh(`ip netns exec ${this.namespace} bash -c ${quoted(line)}`);
  }

  start(name: string, line: string): Running {
    return this.#guest.start(`${this.namespace}-${name}`, [
      'ip',
      'netns',
      'exec',
      this.namespace,
      'bash',
      '-c',
      `exec ${line}`,
    ]);
  }

  /** Starts its supplicant; `isConnected` says when it is through. */
  associate({ ssid, passphrase, security = 'wpa2', frequency = 2437 }: Credentials): void {
    const keys = { wpa2: 'WPA-PSK', wpa3: 'SAE', auto: 'WPA-PSK SAE WPA-PSK-SHA256' }[security];
    const config = [
      `ctrl_interface=/run/wpa-${this.namespace}`,
      'sae_pwe=2',
      'network={',
      `ssid=${Buffer.from(ssid).toString('hex')}`,
      `${security === 'wpa3' ? 'sae_password' : 'psk'}="${passphrase}"`,
      `key_mgmt=${keys}`,
      `ieee80211w=${security === 'wpa3' ? 2 : security === 'auto' ? 1 : 0}`,
      `scan_freq=${frequency}`,
      'proto=RSN',
      'pairwise=CCMP',
      '}',
    ];
    const file = `/run/wpa-${this.namespace}.conf`;
    this.#guest.write(file, `${config.join('\n')}\n`);
    this.#supplicant = this.start('wpa', `wpa_supplicant -i ${this.link} -D nl80211 -c ${file}`);
  }

  isConnected(): boolean {
    return this.sh(`wpa_cli -p /run/wpa-${this.namespace} -i ${this.link} status`).out.includes('wpa_state=COMPLETED');
  }

  async connect(credentials: Credentials, seconds = 25): Promise<boolean> {
    this.associate(credentials);
    return this.#guest.until(() => this.isConnected(), seconds);
  }

  async leave(): Promise<void> {
    await this.#supplicant?.stop();
    this.#supplicant = undefined;
  }

  /** Asks for an address and gives it back, or an empty text. */
  lease(tries = 4): string {
    this.#guest.write('/run/udhcpc.sh', UDHCPC);
    this.#guest.sh('chmod 755 /run/udhcpc.sh');
    this.sh(`busybox udhcpc -i ${this.link} -s /run/udhcpc.sh -q -n -f -t ${tries} -T 3`);
    return this.address();
  }

  address(): string {
    return /inet (\d+\.\d+\.\d+\.\d+)/.exec(this.sh(`ip -4 addr show dev ${this.link} scope global`).out)?.[1] ?? '';
  }

  /** 1 is where the access point is; another bit is out of its range. */
  setGroup(group: number): void {
    this.#guest.must(`echo ${group} >/sys/kernel/debug/ieee80211/${this.#phy}/hwsim/group`);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
