// An invented home for the page's tests: devices like those of the papers, one of them hostile. `mock-answers.ts` and
// `mock-document.ts` turn it into what the API would say.

import type { Verdict } from '../../appliance/model/analysis-document.ts';

/** What a device may put into its names to break the page; each is sent in every field that takes text from devices. */
export const HOSTILE_NAMES: readonly string[] = [
  '<img src=x onerror="document.title=\'owned\'">',
  '"><script>document.title="owned"</script>',
  "<svg/onload=document.title='owned'><a href=javascript:alert(1)>x",
  'invoice\u202Efdp.exe',
  'line\nbreak\u0000\u001b[31mred',
  `${'long-'.repeat(60)}name`,
  '__proto__',
  'constructor',
];

export const IP = (last: number) => `192.0.2.${last}`;

interface Peer {
  readonly ip: string;
  readonly name: string | null;
  readonly source: string;
  readonly country: string | null;
  readonly org: string | null;
  readonly asn: number | null;
}

export interface Talk {
  readonly peer: Peer;
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  readonly service: string;
  readonly up: number;
  readonly down: number;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly H: number | null;
  readonly expected: number | null;
}

export interface HomeDevice {
  readonly mac: string;
  readonly name: string;
  readonly source: string;
  readonly vendor: string | null;
  readonly category: string | null;
  readonly randomised: boolean;
  readonly silentSeconds: number;
  readonly talks: readonly Talk[];
}

const peer = (ip: string, name: string | null, country: string | null, org: string | null, source = 'dns'): Peer => ({
  ip,
  name,
  source,
  country,
  org,
  asn: org === null ? null : 64_500 + org.length,
});

const CLOUD_IE = peer('198.51.100.21', 'iot.eu-west-1.cloud.example', 'IE', 'Amazon.com, Inc.', 'sni');
const CLOUD_US = peer('198.51.100.54', 'device-metrics.us.cloud.example', 'US', 'Amazon.com, Inc.', 'sni');
const CLIPS = peer('203.0.113.80', 'clips.oss-cn.example', 'CN', 'Alibaba (US) Technology Co., Ltd.', 'host');
const SCALE = peer('203.0.113.31', 'scalews.health.example', 'FR', 'OVH SAS', 'host');
const UPDATE = peer('203.0.113.120', 'update-firmware.audio.example', 'NL', 'LeaseWeb Netherlands B.V.', 'host');
const TUYA = peer('198.51.100.140', 'a2.plug.example', 'DE', 'Tencent Building, Kejizhongyi Avenue', 'sni');
const NTP = peer('203.0.113.5', '0.pool.ntp.example', 'GB', 'Jisc Services Limited');
const NAMELESS = peer('203.0.113.233', null, null, null);
const PHONE = peer(IP(40), null, 'local', null);
const HUB = peer(IP(16), 'philips-hue.local', 'local', null, 'mdns');
const ANYCAST = peer('198.51.100.8', 'resolver.example', null, 'Anycast Resolver Foundation');

const talk = (
  to: Peer,
  proto: 'tcp' | 'udp',
  port: number,
  service: string,
  [up, down]: readonly [number, number],
  verdict: Talk['verdict'],
  reason: string,
  [H, expected]: readonly [number | null, number | null],
): Talk => ({ peer: to, proto, port, service, up, down, verdict, reason, H, expected });

const tls = (to: Peer, up: number, down: number, version = '1.2') =>
  talk(to, 'tcp', 443, 'https', [up, down], 'encrypted', `TLS ${version} handshake and records seen`, [7.981, 7.994]);
const ntp = talk(NTP, 'udp', 123, 'ntp', [5400, 5400], 'cleartext', 'NTP grammar', [2.11, 6.9]);
const dns = talk(
  peer(IP(1), 'weir.local', 'local', null),
  'udp',
  53,
  'dns',
  [48_100, 122_000],
  'cleartext',
  'DNS grammar',
  [4.92, 7.98],
);

const device = (
  mac: string,
  name: string,
  vendor: string | null,
  category: string | null,
  talks: readonly Talk[],
  more: Partial<HomeDevice> = {},
): HomeDevice => ({ mac, name, source: 'dhcp', vendor, category, randomised: false, silentSeconds: 3, talks, ...more });

export const HOME: readonly HomeDevice[] = [
  device('78:11:dc:20:00:01', 'MiCam-2041', 'Xiaomi Communications Co Ltd', 'camera', [
    talk(
      CLIPS,
      'tcp',
      80,
      'http',
      [412_880_112, 3_220_400],
      'compressed-in-clear',
      'HTTP PUT with video/mp4 (ftyp box at offset 4)',
      [7.912, 8],
    ),
    tls(CLOUD_US, 220_140, 180_200),
    ntp,
    dns,
  ]),
  device('b0:c5:54:20:00:02', 'DCS-932L', 'D-Link International', 'camera', [
    talk(
      PHONE,
      'tcp',
      8080,
      'http',
      [188_440_000, 2_100_000],
      'compressed-in-clear',
      'multipart JPEG over HTTP',
      [7.822, 8],
    ),
    tls(CLOUD_IE, 80_400, 61_000, '1.3'),
  ]),
  device(
    '00:24:e4:20:00:03',
    'WBS-scale',
    'Withings',
    'scale',
    [
      talk(
        SCALE,
        'tcp',
        80,
        'http',
        [18_240, 9_400],
        'cleartext',
        'HTTP POST, JSON with weight, height, age',
        [4.684, 7.96],
      ),
    ],
    { silentSeconds: 4200 },
  ),
  device('54:2a:1b:20:00:04', 'SonosZP', 'Sonos, Inc.', 'speaker', [
    talk(UPDATE, 'tcp', 80, 'http', [4_210, 31_220_900], 'compressed-in-clear', 'HTTP GET, gzip body', [7.998, 8]),
    tls(CLOUD_IE, 1_220_000, 44_100_000, '1.3'),
    dns,
  ]),
  device(
    '00:17:88:20:00:05',
    'Philips-hue',
    'Philips Lighting BV',
    'hub',
    [
      talk(
        peer(IP(21), 'Amazon-echo', 'local', null, 'dhcp'),
        'tcp',
        80,
        'http',
        [2_410_000, 1_200_000],
        'cleartext',
        'HTTP GET with an API key in the path',
        [5.12, 8],
      ),
      talk(
        peer('239.255.255.250', null, 'local', null),
        'udp',
        1900,
        'ssdp',
        [412_000, 0],
        'cleartext',
        'SSDP NOTIFY',
        [5.38, 8],
      ),
      tls(peer('203.0.113.61', 'ws.hub.example', 'BE', 'Google LLC', 'sni'), 610_000, 540_000),
    ],
    { source: 'mdns' },
  ),
  device('d8:f1:5b:20:00:06', 'ESP_200006', 'Espressif Inc.', 'plug', [
    talk(
      peer('255.255.255.255', null, 'local', null),
      'udp',
      6667,
      'tuya',
      [96_400, 0],
      'encoded',
      'Tuya 55aa frame, fixed key',
      [7.21, 7.4],
    ),
    talk(
      TUYA,
      'tcp',
      6668,
      'tuya',
      [210_000, 84_000],
      'opaque',
      'uniform bytes without a protocol that proves encryption',
      [7.902, 7.91],
    ),
  ]),
  device('d0:73:d5:20:00:07', 'LIFX Bulb', 'LIFX', 'bulb', [
    talk(
      peer('198.51.100.90', 'v2.broker.light.example', 'US', 'Google LLC'),
      'tcp',
      56700,
      'lifx',
      [61_200, 60_100],
      'insufficient',
      'no packet above 190 bytes',
      [6.121, 6.31],
    ),
    talk(PHONE, 'udp', 56700, 'lifx', [22_000, 21_400], 'encoded', 'LIFX header, payload not readable', [3.9, 7.9]),
  ]),
  device('50:c7:bf:20:00:08', 'HS110', 'TP-Link Corporation Limited', 'plug', [
    tls(peer('198.51.100.77', 'use1-api.kasa.example', 'IE', 'Amazon.com, Inc.', 'sni'), 302_000, 280_000, '1.2'),
    talk(PHONE, 'tcp', 9999, 'kasa', [12_000, 40_000], 'encoded', 'TP-Link XOR autokey, decoded', [5.71, 7.8]),
  ]),
  device('74:c2:46:20:00:09', 'Amazon-echo', 'Amazon Technologies Inc.', 'voice assistant', [
    tls(CLOUD_US, 8_410_000, 61_200_000, '1.3'),
    talk(
      HUB,
      'tcp',
      80,
      'http',
      [1_200_000, 2_410_000],
      'cleartext',
      'HTTP GET with an API key in the path',
      [5.12, 8],
    ),
    talk(
      ANYCAST,
      'udp',
      443,
      'quic',
      [610_000, 4_300_000],
      'encrypted',
      'QUIC v1 Initial and 1-RTT packets',
      [7.99, 8],
    ),
  ]),
  device(
    'da:a1:19:20:00:0a',
    'Pixel-7',
    null,
    'phone',
    [
      tls(CLOUD_IE, 4_210_000, 88_100_000, '1.3'),
      talk(NAMELESS, 'udp', 3478, 'stun', [8_400, 8_100], 'undetermined', 'short and mixed', [6.6, 7.2]),
    ],
    { randomised: true, silentSeconds: 40 },
  ),
  device(
    '02:66:6f:20:00:0b',
    HOSTILE_NAMES[0] ?? '',
    HOSTILE_NAMES[1] ?? '',
    HOSTILE_NAMES[2] ?? '',
    HOSTILE_NAMES.map((name, index) =>
      talk(
        peer(`203.0.113.${140 + index}`, name, index % 2 === 0 ? 'XX' : 'RU', name, name),
        'tcp',
        4000 + index,
        name.slice(0, 40),
        [900 + index, 300],
        'cleartext',
        name,
        [4.4, 7.4],
      ),
    ),
    { randomised: true, source: 'dhcp' },
  ),
];
