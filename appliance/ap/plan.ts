// What the access point shall be, worked out from the settings and from what the radio can do. Everything that is rendered
// (render-*.ts) reads this and nothing else; nobody here touches the machine.

import { type Ipv4Network, ipv4Quad, parseIpv4Network } from '../config/ipv4-network.ts';
import type { Config } from '../config/schema.ts';
import { WeirError } from '../model/errors.ts';
import type { RadioFacts } from './watch/radio.ts';

export type Security = Config['ap']['security'];

/** One network name of the radio; the first one of a plan is the main one. */
export interface ApNetwork {
  /** Network interface that hostapd makes for it. */
  readonly link: string;
  readonly ssid: string;
  readonly passphrase: string;
  readonly security: Security;
  readonly internet: boolean;
  /** Empty: no way to the Internet is known. */
  readonly uplink: string;
  /** Distinguished behind the bridge by this packet mark. */
  readonly mark: number;
}

export interface ApPlan {
  readonly country: string;
  readonly band: '2.4' | '5';
  readonly channel: number;
  readonly interface: string;
  readonly bridge: string;
  readonly network: Ipv4Network;
  /** 10.77.0.1 and 10.77.0.0/24. */
  readonly address: string;
  readonly subnet: string;
  readonly poolFirst: string;
  readonly poolLast: string;
  readonly poolSize: number;
  /** fd77:77::1/64, or empty. */
  readonly address6: string;
  readonly leaseSeconds: number;
  readonly reservations: Config['ap']['reservations'];
  readonly localTraffic: 'allow' | 'block';
  /** The radio hands frames between stations to the host instead of forwarding them itself. */
  readonly isolate: boolean;
  readonly networks: readonly ApNetwork[];
  /** Uplinks that did not forward before: they must not begin to do so for anybody else. */
  readonly newlyForwarding: readonly string[];
  /** A time service that answers devices runs on this machine. */
  readonly servesTime: boolean;
  /** What was asked for and could not be had, in plain words. */
  readonly remarks: readonly string[];
}

export interface PlanInputs {
  readonly config: Config;
  readonly applianceId: string;
  readonly radio: RadioFacts;
  /** Of the main network, then of each of `ap.networks`. */
  readonly passphrases: readonly string[];
  readonly defaultUplink: string;
  readonly newlyForwarding: readonly string[];
  readonly servesTime: boolean;
  /** The driver refused isolation before. */
  readonly withoutIsolation: boolean;
}

/** `we` in ASCII; other programs that mark packets seldom use the upper half. */
const MARK = 0x7765_0000;
const DEFAULT_CHANNELS = { '2.4': 6, '5': 36 } as const;
/** Addresses at the start of the subnet kept out of the pool: the appliance and what people give out by hand. */
const KEPT_FREE = 9;

/** @throws WeirError AP_REFUSED where the radio cannot do what the settings ask for. */
export function makePlan(inputs: PlanInputs): ApPlan {
  const { config, radio, servesTime, newlyForwarding } = inputs;
  const { ap, capture } = config;
  const network = parseIpv4Network(ap.address);
  if (network === undefined) throw new TypeError(`ap.address ${ap.address} was not checked`);
  const channel = ap.channel === 0 ? DEFAULT_CHANNELS[ap.band] : ap.channel;
  checkRadio(radio, ap, channel);
  const pool = poolOf(network);
  const isolate = radio.canIsolate && !inputs.withoutIsolation;
  return {
    country: ap.country,
    band: ap.band,
    channel,
    interface: ap.interface,
    bridge: capture.interface,
    network,
    address: ipv4Quad(network.address),
    subnet: `${ipv4Quad(network.first)}/${network.prefix}`,
    poolFirst: ipv4Quad(pool.first),
    poolLast: ipv4Quad(pool.last),
    poolSize: pool.last - pool.first + 1,
    address6: ap.address6,
    leaseSeconds: ap.lease_seconds,
    reservations: ap.reservations,
    localTraffic: ap.local_traffic,
    isolate,
    networks: networksOf(inputs),
    newlyForwarding,
    servesTime,
    remarks: isolate ? [] : ['the radio forwards frames between devices itself'],
  };
}

function poolOf({ address, first, last, prefix }: Ipv4Network): { first: number; last: number } {
  const kept = prefix > 27 ? 0 : KEPT_FREE;
  const from = first + 1 + kept;
  // The appliance's own address at either end is left out; in the middle dnsmasq knows it.
  return { first: from === address ? from + 1 : from, last: last - 1 === address ? last - 2 : last - 1 };
}

/** The radio's own link and those that hostapd makes for further networks, in the order of the networks. */
export function radioLinks(ap: Config['ap']): readonly string[] {
  return [ap.interface, ...ap.networks.map((_network, index) => `weir-ap${index + 1}`)];
}

/** Every link of the captured side. */
export function linksOf({ networks, bridge }: ApPlan): readonly string[] {
  return [...networks.map(({ link }) => link), bridge];
}

function networksOf({ config: { ap }, applianceId, passphrases, defaultUplink, radio }: PlanInputs): ApNetwork[] {
  const ssid = ap.ssid === '' ? `weir-${applianceId.slice(-4)}` : ap.ssid;
  const main = { ssid, security: ap.security, internet: ap.internet, uplink: ap.uplink };
  if (ap.networks.length + 1 > radio.mostNetworks)
    throw refused(
      `ap.networks: ${ap.interface} can carry ${radio.mostNetworks} network(s), ${ap.networks.length + 1} are asked for`,
      'Take some out, or use a radio that can do more',
    );
  const links = radioLinks(ap);
  return [main, ...ap.networks].map((network, index) => ({
    link: links[index] ?? ap.interface,
    ssid: network.ssid,
    passphrase: passphrases[index] ?? '',
    security: network.security,
    internet: network.internet,
    uplink: network.uplink || ap.uplink || defaultUplink,
    mark: MARK + index,
  }));
}

function checkRadio(radio: RadioFacts, ap: Config['ap'], channel: number): void {
  const name = ap.interface;
  if (!radio.canServe)
    throw refused(`${name} has no access point mode (driver ${radio.driver})`, 'Use a radio whose `iw phy` lists AP');
  const known = radio.channels.get(channel);
  if (known === undefined) throw refused(`${name} knows no channel ${channel}`, 'Choose another ap.channel or ap.band');
  if (known !== 'usable')
    throw refused(
      `channel ${channel} is ${known} for ${name} in ${ap.country}`,
      'Choose another ap.channel, or correct ap.country',
    );
  const asked = [ap.security, ...ap.networks.map(({ security }) => security)].find((word) => word !== 'wpa2');
  if (asked !== undefined && !radio.canSae)
    throw refused(`${name} (driver ${radio.driver}) cannot do WPA3 as an access point`, 'Set ap.security to wpa2');
}

function refused(what: string, remedy: string): WeirError {
  return new WeirError('AP_REFUSED', `${what}; the access point was not started. ${remedy}.`);
}
