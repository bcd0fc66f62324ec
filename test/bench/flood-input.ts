// Packets of devices that flood, made one by one and overwritten by the next: what `npm run bench:floods` feeds to analyzers.

import type { DeviceKey } from '../../appliance/model/mac.ts';
import { ascii, type Endpoint, tcp, udp } from '../analysis/packets.ts';

const GATEWAY = '02:00:00:00:00:01';
const SYN = 2;
const SYN_ACK = 18;
const RST_ACK = 20;
const NOTHING = new Uint8Array(0);

/** Packets of the `i`-th conversation of a device's flood. */
export type Flood = (device: DeviceKey, i: number) => readonly Uint8Array[];

function near(device: DeviceKey, port: number): Endpoint {
  return { mac: device, ip: `10.0.0.${Number.parseInt(device.slice(-2), 16)}`, port };
}

function far(ip: string, port: number): Endpoint {
  return { mac: GATEWAY, ip, port };
}

/** Bits of a number mixed, so that addresses do not come in order. */
function mixed(i: number): number {
  return Math.imul(i ^ (i >>> 15), 0x2c1b3c6d) >>> 0;
}

function address(i: number): string {
  const word = mixed(i);
  return `${11 + ((word >>> 24) % 200)}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Every port of the device is asked by another; all but 22 are closed. */
const scanned: Flood = (device, i) => {
  const port = i % 65_536;
  const [asks, asked] = [far('10.0.0.200', 40_000 + ((i >> 16) % 20_000)), near(device, port)];
  return [tcp(asks, asked, i, 0, SYN, NOTHING), tcp(asked, asks, 0, i + 1, port === 22 ? SYN_ACK : RST_ACK, NOTHING)];
};

/** The device asks addresses all over the Internet; nobody answers. */
const searching: Flood = (device, i) => [
  tcp(near(device, 20_000 + (i % 40_000)), far(address(i), 23), i, 0, SYN, NOTHING),
];

/** The device asks every UDP port of another; nobody answers. */
const knocking: Flood = (device, i) => [
  udp(near(device, 50_000), far('10.0.0.201', i % 65_536), ascii('\r\n\r\nwho is there?')),
];

/** Questions for ever new names, answered. */
const naming: Flood = (device, i) => {
  const [asks, asked] = [near(device, 1024 + (i % 60_000)), far('10.0.0.1', 53)];
  return [
    udp(asks, asked, question(`${mixed(i).toString(36)}-${i}`)),
    udp(asked, asks, answer(`${mixed(i).toString(36)}-${i}`, i)),
  ];
};

/** Conversations with ever new servers that answer with something. */
const chatting: Flood = (device, i) => {
  const [asks, asked] = [near(device, 1024 + (i % 60_000)), far(address(i >> 3), 1000 + (mixed(i) % 500))];
  return [udp(asks, asked, ascii(`state ${i}`)), udp(asked, asks, ascii(`{"ok":true,"n":${i}}`.padEnd(300)))];
};

function labels(name: string): number[] {
  return [...[name, 'flood', 'example', 'com'].flatMap((label) => [label.length, ...ascii(label)]), 0];
}

/** RFC 1035 §4.1: id, flags, counts; the name; type A, class IN. */
function question(name: string): Uint8Array {
  return Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels(name), 0, 1, 0, 1);
}

/** One record: a pointer to the question's name, type A, class IN, 60 seconds, four bytes. */
function answer(name: string, i: number): Uint8Array {
  const head = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, ...labels(name), 0, 1, 0, 1];
  return Uint8Array.of(...head, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, (i >> 8) & 255, i & 255);
}

export const FLOODS: Readonly<Record<string, Flood>> = { scanned, searching, knocking, naming, chatting };
