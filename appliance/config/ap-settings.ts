// The settings of the access point: `ap` of schema.ts.

import { Type } from 'typebox';
import { closed, flag, oneOf, optionalInterface, text, whole } from './setting-kinds.ts';

const SECURITY = ['wpa2', 'mixed', 'wpa3'] as const;

export const apSettings = closed(
  {
    enabled: flag(false, 'Run the access point. Off, Weir only captures on `capture.interface`.'),
    country: Type.String({
      default: '',
      maxLength: 2,
      pattern: '^$|^[A-Z]{2}$',
      description: 'Country whose radio rules hold (ISO 3166, as GB). Needed before the radio may send.',
    }),
    ssid: Type.String({
      default: '',
      maxLength: 32,
      description:
        'Network name, 1 to 32 bytes of UTF-8; empty means `weir-` and the last four digits of the appliance id.',
    }),
    passphrase_file: text(
      '/etc/weir/ap.passphrase',
      'File that holds the passphrase (8 to 63 printable ASCII characters); made at the first start where it is missing.',
    ),
    interface: optionalInterface('wlan0', 'The radio.'),
    band: oneOf('2.4', ['2.4', '5'], 'Band in GHz. Most IoT devices know only 2.4.'),
    channel: whole(
      0,
      0,
      165,
      '0 takes 6 or 36. 2.4 GHz: 1 to 13; 5 GHz: 36 to 48 and 149 to 165. Channels shared with radar are refused.',
    ),
    security: oneOf(
      'wpa2',
      SECURITY,
      '`wpa2` suits IoT devices; `mixed` and `wpa3` (SAE) need a radio that can do it, not the one built into a Pi.',
    ),
    uplink: optionalInterface('', 'Interface towards the Internet; empty takes that of the default route.'),
    internet: flag(true, 'Let devices reach the Internet; off, they reach only DHCP, DNS and NTP of the appliance.'),
    address: text(
      '10.77.0.1/24',
      'Address of the appliance on the captured side with its prefix (/16 to /29), private.',
    ),
    address6: text('', 'The same for IPv6: an address in a unique local /64, as fd77:77::1/64; empty means no IPv6.'),
    local_traffic: oneOf(
      'allow',
      ['allow', 'block'],
      'Whether devices may speak with each other. `allow` sends it through the bridge, where it is captured.',
    ),
    lease_seconds: whole(
      600,
      120,
      86_400,
      'How long a DHCP lease lasts. Short leases survive floods of invented devices.',
    ),
    reservations: Type.Array(
      closed(
        {
          mac: Type.String({
            pattern: '^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$',
            description: 'Address of the device.',
          }),
          ip: Type.String({ maxLength: 15, description: 'The address that it always gets.' }),
          name: Type.String({
            default: '',
            maxLength: 63,
            pattern: '^$|^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$',
            description: 'Host name; may stay empty.',
          }),
        },
        'A known device.',
      ),
      {
        default: [],
        maxItems: 256,
        description:
          'Known devices as a list of `{mac, ip, name}`; they get their address even when the pool is empty.',
      },
    ),
    networks: Type.Array(
      closed(
        {
          ssid: Type.String({ minLength: 1, maxLength: 32, description: 'Network name.' }),
          passphrase_file: Type.String({ minLength: 1, maxLength: 4096, description: 'File of its passphrase.' }),
          security: oneOf('wpa2', SECURITY, 'As above.'),
          internet: flag(true, 'As above.'),
          uplink: optionalInterface('', 'As above; empty takes `ap.uplink`.'),
        },
        'A further network.',
      ),
      {
        default: [],
        maxItems: 7,
        description:
          'Further networks of the same radio as a list of `{ssid, passphrase_file, security, internet, uplink}`, where the radio can do several.',
      },
    ),
  },
  'The access point, run by `weir ap`; its bridge is `capture.interface`.',
);
