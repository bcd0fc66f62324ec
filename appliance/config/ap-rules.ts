// What a schema cannot say about the access point's settings: how they fit together. load.ts asks after the schema was met;
// what only the machine knows (does the radio have this channel?) is asked by `weir ap check`.

import { isIPv6 } from 'node:net';
import { countries } from './countries.ts';
import { type Ipv4Network, ipv4Number, parseIpv4Network } from './ipv4-network.ts';
import type { Config } from './schema.ts';

export interface SettingError {
  readonly path: readonly string[];
  readonly message: string;
}

type ApConfig = Config['ap'];

/** Channels on which no radar has to be listened for (ETSI EN 301 893, FCC part 15.407). */
const CHANNELS: Readonly<Record<ApConfig['band'], readonly number[]>> = {
  '2.4': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  '5': [36, 40, 44, 48, 149, 153, 157, 161, 165],
};

/** RFC 1918, and RFC 6598 for carriers; nothing else may be given out here. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map((text) =>
  parseIpv4Network(text),
);

/** The first thing wrong, in the order of the file. */
export function apProblem(config: Config): SettingError | undefined {
  const { ap } = config;
  return (
    countryProblem(ap) ??
    interfaceProblem(config) ??
    ssidProblem(ap) ??
    channelProblem(ap) ??
    addressProblem(config) ??
    address6Problem(ap) ??
    reservationProblem(ap)
  );
}

function at(name: string, message: string): SettingError {
  return { path: ['ap', ...name.split('.')], message };
}

function countryProblem({ enabled, country }: ApConfig): SettingError | undefined {
  if (enabled && country === '') return at('country', 'is needed before the radio may send; give two letters, as GB');
  if (country !== '' && !countries.has(country)) return at('country', `${country} is no country of ISO 3166`);
  return undefined;
}

function interfaceProblem({ ap, capture }: Config): SettingError | undefined {
  if (ap.interface === '') return at('interface', 'is needed: the name of the radio, as wlan0');
  if (!ap.enabled) return undefined;
  if (ap.interface === capture.interface)
    return at('interface', 'is capture.interface as well; capture listens on the bridge, the radio is a port of it');
  if (ap.uplink === ap.interface || ap.uplink === capture.interface)
    return at('uplink', 'is the captured side itself; name the interface towards the Internet');
  return undefined;
}

function ssidProblem({ ssid, networks }: ApConfig): SettingError | undefined {
  const names = [ssid, ...networks.map((network) => network.ssid)];
  for (const [index, name] of names.entries()) {
    const path = index === 0 ? 'ssid' : `networks.${index - 1}.ssid`;
    if (Buffer.byteLength(name) > 32)
      return at(path, `has ${Buffer.byteLength(name)} bytes; a network name has up to 32`);
    if (name !== '' && names.indexOf(name) !== index) return at(path, 'is the name of another network here');
  }
  return undefined;
}

function channelProblem({ band, channel }: ApConfig): SettingError | undefined {
  if (channel === 0 || CHANNELS[band].includes(channel)) return undefined;
  const radar = band === '5' && channel >= 52 && channel <= 144 ? ' (it is shared with radar)' : '';
  return at(
    'channel',
    `${channel} is not taken in the ${band} GHz band${radar}; known: 0, ${CHANNELS[band].join(', ')}`,
  );
}

function addressProblem({ ap, http }: Config): SettingError | undefined {
  const network = parseIpv4Network(ap.address);
  if (network === undefined || network.prefix < 16 || network.prefix > 29)
    return at('address', 'must be an address with a prefix from /16 to /29, as 10.77.0.1/24');
  if (network.address === network.first || network.address === network.last)
    return at('address', 'is the address of the network or of everybody in it; take the first one, as 10.77.0.1/24');
  if (!PRIVATE.some((range) => range !== undefined && covers(range, network)))
    return at('address', 'is public; take a private one, as 10.77.0.1/24');
  const page = ipv4Number(http.host);
  if (ap.enabled && page !== undefined && page >= network.first && page <= network.last)
    return {
      path: ['http', 'host'],
      message: 'lies on the captured side (ap.address), where the page must not be reachable',
    };
  return undefined;
}

function covers(outer: Ipv4Network, inner: Ipv4Network): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

function address6Problem({ address6 }: ApConfig): SettingError | undefined {
  if (address6 === '') return undefined;
  const [address = '', prefix, more] = address6.split('/');
  if (
    !isIPv6(address) ||
    prefix !== '64' ||
    more !== undefined ||
    !/^f[cd][0-9a-f]{2}:/i.test(address) ||
    address.includes('.')
  )
    return at('address6', 'must be a unique local address with /64, as fd77:77::1/64, or empty');
  return address.endsWith('::')
    ? at('address6', 'is the address of the network; take the first one, as fd77:77::1/64')
    : undefined;
}

function reservationProblem({ address, reservations }: ApConfig): SettingError | undefined {
  const network = parseIpv4Network(address);
  const taken = new Map<string, string>();
  for (const [index, { mac, ip, name }] of reservations.entries()) {
    const number = ipv4Number(ip);
    if (network === undefined || number === undefined || number <= network.first || number >= network.last)
      return at(`reservations.${index}.ip`, `${ip} is no address of a device in ${address}`);
    if (number === network.address) return at(`reservations.${index}.ip`, `${ip} is the appliance's own`);
    const facts = [
      ['mac', mac.toLowerCase()],
      ['ip', ip],
      ['name', name.toLowerCase()],
    ] as const;
    for (const [field, value] of facts) {
      if (value === '') continue;
      const other = taken.get(`${field} ${value}`);
      if (other !== undefined) return at(`reservations.${index}.${field}`, `${value} is given to ${other} as well`);
      taken.set(`${field} ${value}`, mac);
    }
  }
  return undefined;
}
