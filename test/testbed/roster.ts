// Who lives in the testbed home: names, vendors, hardware addresses, DHCP manners. One line of home.json per entry.
import { SeededRandom } from './seeded-random.ts';

export const DEVICE_KINDS = [
  'bulb',
  'mijia-camera',
  'dlink-camera',
  'scale',
  'speaker',
  'hub',
  'echo',
  'tuya-plug',
  'kasa-plug',
  'phone',
] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** What a DHCP client reports about itself (RFC 2132 options 12, 60, 55). */
export interface DhcpIdentity {
  readonly hostname?: string;
  readonly vendorClass?: string;
  readonly parameters: readonly number[];
}

export interface Model {
  readonly kind: DeviceKind;
  /** The registered owner of the prefix, or `randomised`. */
  readonly vendor: string;
  /** First three bytes of the hardware address. */
  readonly prefix: string;
  readonly dhcp: DhcpIdentity;
}

/** A device of one home: its model with addresses. */
export interface HomeDevice {
  readonly name: string;
  readonly vendor: string;
  readonly mac: string;
  readonly ip: string;
  readonly kind: DeviceKind;
}

export const BRIDGE = 'br-weir';
export const GATEWAY_IP = '192.168.77.1';
export const GATEWAY_MAC = 'b8:27:eb:57:e1:20';
export const SUBNET = '192.168.77.0/24';
export const BROADCAST = '192.168.77.255';
const FIRST_HOST = 101;

/** lwIP asks for little, Android and udhcpc for the lists below: the order is a fingerprint, so it is kept. */
const LWIP = [1, 3, 28, 6] as const;
const UDHCPC = [1, 3, 6, 12, 15, 28, 40, 41, 42] as const;
const ANDROID = [1, 3, 6, 15, 26, 28, 51, 58, 59, 43] as const;

export const MODELS: readonly Model[] = [
  { kind: 'bulb', vendor: 'LIFI LABS', prefix: 'd0:73:d5', dhcp: { hostname: 'LIFX Bulb', parameters: LWIP } },
  {
    kind: 'mijia-camera',
    vendor: 'XIAOMI',
    prefix: '78:11:dc',
    dhcp: { hostname: 'chuangmi_camera_ipc019', vendorClass: 'udhcp 1.22.1', parameters: UDHCPC },
  },
  {
    kind: 'dlink-camera',
    vendor: 'D-Link',
    prefix: '28:10:7b',
    dhcp: { hostname: 'DCS-5030L', vendorClass: 'udhcp 1.14.2', parameters: UDHCPC },
  },
  { kind: 'scale', vendor: 'Withings', prefix: '00:24:e4', dhcp: { hostname: 'WSD-9C52', parameters: LWIP } },
  {
    kind: 'speaker',
    vendor: 'Sonos',
    prefix: '94:9f:3e',
    dhcp: { hostname: 'SonosZP', vendorClass: 'udhcp 1.21.1', parameters: UDHCPC },
  },
  {
    kind: 'hub',
    vendor: 'Philips Lighting',
    prefix: '00:17:88',
    dhcp: { hostname: 'Philips-hue', vendorClass: 'udhcp 1.23.1', parameters: UDHCPC },
  },
  {
    kind: 'echo',
    vendor: 'Amazon Technologies',
    prefix: '68:37:e9',
    dhcp: { hostname: 'amazon-7c1e04b2d', vendorClass: 'dhcpcd-6.8.2:Linux-4.9.77:armv7l:MT8163', parameters: ANDROID },
  },
  { kind: 'tuya-plug', vendor: 'Tuya Smart', prefix: '68:57:2d', dhcp: { hostname: 'wlan0', parameters: LWIP } },
  { kind: 'kasa-plug', vendor: 'TP-LINK', prefix: '50:c7:bf', dhcp: { hostname: 'HS110', parameters: LWIP } },
  {
    kind: 'phone',
    vendor: 'randomised',
    prefix: 'da:5c:1e',
    dhcp: { hostname: 'Pixel-7', vendorClass: 'android-dhcp-14', parameters: ANDROID },
  },
];

/** The devices of the home with this seed: the last three bytes of each address depend on it. */
export function rosterFor(seed: number): HomeDevice[] {
  return MODELS.map((model, index) => {
    const random = new SeededRandom(seed, 'mac', model.kind);
    const tail = random.hex(6).replace(/(..)/g, ':$1');
    const ip = GATEWAY_IP.replace(/\d+$/, String(FIRST_HOST + index));
    return { name: model.kind, vendor: model.vendor, mac: model.prefix + tail, ip, kind: model.kind };
  });
}

export function modelOf(kind: DeviceKind): Model {
  const model = MODELS.find((candidate) => candidate.kind === kind);
  if (model === undefined) throw new TypeError(`no model of kind ${kind}`);
  return model;
}
