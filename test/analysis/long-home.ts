// Days of a made-up home: the same few conversations over and over, hours of silence between, begun now by one end and now
// by the other, messages cut by the silence, a clock that steps back. What must add up over any split. Same seed, same frames.

import { clientHelloBody, handshake, record } from '../decode/client-hello.ts';
import { ascii, type Endpoint, ethernet, generator, ipv4, joinBytes, macBytes, tcp, udp } from './packets.ts';

export interface Frame {
  readonly bytes: Uint8Array;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly length: number;
  readonly linkType: number;
}

export const OWNER = '02:00:00:00:00:11';
export const GATEWAY = '02:00:00:00:00:01';
const OTHER = '02:00:00:00:00:12';
const ETHERNET = 1;
const IEEE802_11 = 105;
const START = 1_795_000_000;

/** Seconds between two talks: within a session, at its very end, beyond it, beyond the longest rhythm. */
const SILENCES = [0, 1, 3, 30, 30, 300, 1700, 3599, 3600, 3601, 3602, 7300, 20_000, 90_000];

interface Talk {
  readonly bytes: readonly Uint8Array[];
  readonly linkType?: number;
}

type MakeTalk = (random: () => number) => Talk;

const device = (port: number, owner = true): Endpoint =>
  owner ? { mac: OWNER, ip: '10.0.0.11', port } : { mac: OTHER, ip: '10.0.0.12', port };
const server = (last: number, port: number): Endpoint => ({ mac: GATEWAY, ip: `198.51.100.${last}`, port });
const NOTHING = new Uint8Array(0);

/** One packet of a connection that nobody saw begin: by either end, on either kind of port. */
const middle: MakeTalk = (random) => {
  const near = device(40_000 + (random() % 2), random() % 3 > 0);
  const far = server(random() % 2, random() % 2 === 0 ? 8883 : 52_000);
  const payload = ascii(`reading=${random() % 100};`.repeat(1 + (random() % 40)));
  return {
    bytes: [random() % 2 === 0 ? tcp(near, far, 900, 1, 24, payload) : tcp(far, near, 900, 1, 24, payload)],
  };
};

/** A handshake, the SYN now and then repeated or left without an answer, then half of a request or all of it. */
const request: MakeTalk = (random) => {
  const near = device(41_000 + (random() % 3));
  const far = server(3 + (random() % 2), 80);
  const sequence = random() % 1_000_000;
  const syn = tcp(near, far, sequence, 0, 2, NOTHING);
  const answer = tcp(far, near, 77, sequence + 1, 18, NOTHING);
  const text = ascii(`GET /state?key=k${random() % 5} HTTP/1.1\r\nHost: api${random() % 3}.example.net\r\n\r\n`);
  const half = text.subarray(0, random() % 2 === 0 ? 20 : text.length);
  const opening = [[syn, answer], [syn, syn, answer], [syn], [answer]][random() % 4]!;
  return { bytes: [...opening, tcp(near, far, sequence + 1, 78, 24, half)] };
};

/** A ClientHello, whole or its first half only. */
const hello: MakeTalk = (random) => {
  const bytes = record(22, 0x0301, handshake(1, clientHelloBody(`cloud${random() % 3}.example.com`)));
  const near = device(42_000 + (random() % 2));
  const cut = random() % 2 === 0 ? 30 : bytes.length;
  return { bytes: [tcp(near, server(5, 443), 5000, 1, 24, bytes.subarray(0, cut))] };
};

function labels(name: string): Uint8Array {
  const parts = name.split('.').map((label) => joinBytes(Uint8Array.of(label.length), ascii(label)));
  return joinBytes(...parts, Uint8Array.of(0));
}

const question: MakeTalk = (random) => {
  const name = labels(`host${random() % 6}.example.com`);
  const asked = joinBytes(name, Uint8Array.of(0, 1, 0, 1));
  const record = Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, 100, random() % 6);
  const near = device(43_000 + (random() % 2), random() % 2 === 0);
  const resolver: Endpoint = { mac: GATEWAY, ip: '10.0.0.1', port: 53 };
  return {
    bytes: [
      udp(near, resolver, joinBytes(Uint8Array.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0), asked)),
      udp(resolver, near, joinBytes(Uint8Array.of(0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0), asked, record)),
    ],
  };
};

/** DHCP: who the device says it is. */
const lease: MakeTalk = (random) => {
  const head = new Uint8Array(240);
  head.set([1, 1, 6, 0]);
  head.set(macBytes(OWNER), 28);
  head.set([99, 130, 83, 99], 236);
  const name = ascii(`lamp-${random() % 2}`);
  const options = joinBytes(Uint8Array.of(53, 1, 3, 12, name.length), name, Uint8Array.of(255));
  const near = { ...device(68), ip: '0.0.0.0' };
  const all: Endpoint = { mac: 'ff:ff:ff:ff:ff:ff', ip: '255.255.255.255', port: 67 };
  return { bytes: [udp(near, all, joinBytes(head, options))] };
};

/** mDNS of either device: to all, so the other's is in the owner's file as well. */
const announcement: MakeTalk = (random) => {
  const near = device(5353, random() % 2 === 0);
  const all: Endpoint = { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 };
  const address = Uint8Array.of(0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 10, 0, 0, 11);
  const head = Uint8Array.of(0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0);
  return { bytes: [udp(near, all, joinBytes(head, labels(`lamp-${random() % 2}.local`), address))] };
};

/** The devices with each other: now this one begins, now that one. */
const local: MakeTalk = (random) => {
  const [x, y] = [device(6668), device(44_000, false)];
  const payload = ascii(`state ${random() % 5}`);
  return { bytes: [random() % 2 === 0 ? udp(x, y, payload) : udp(y, x, payload)] };
};

/** A probe request, and data that is not protected, as a monitor interface stores them. */
const radio: MakeTalk = (random) => {
  const addresses = joinBytes(macBytes(GATEWAY), macBytes(OWNER), macBytes(OTHER));
  if (random() % 2 === 0) {
    return { linkType: IEEE802_11, bytes: [joinBytes(Uint8Array.of(0x40, 0, 0, 0), addresses, Uint8Array.of(0, 0))] };
  }
  const words = joinBytes(Uint8Array.of(0xaf, 0xc8, 0x1a, 0x0c, 0, 13, 0, 0), ascii('hello'));
  const packet = joinBytes(Uint8Array.of(0xaa, 0xaa, 3, 0, 0, 0, 8, 0), ipv4('10.0.0.11', '10.0.0.12', 17, words));
  return {
    linkType: IEEE802_11,
    bytes: [joinBytes(Uint8Array.of(8, 1, 0, 0), addresses, Uint8Array.of(0, 0), packet)],
  };
};

const arp: MakeTalk = () => ({ bytes: [ethernet(OWNER, 'ff:ff:ff:ff:ff:ff', 0x0806, new Uint8Array(28))] });

const TALKS = [
  middle,
  middle,
  middle,
  request,
  request,
  hello,
  hello,
  question,
  lease,
  announcement,
  local,
  radio,
  arp,
];

/** About 400 frames over one or two weeks. */
export function longHome(seed: number): Frame[] {
  const random = generator(seed);
  const frames: Frame[] = [];
  let seconds = START;
  for (let talk = 0; talk < 220; talk++) {
    seconds += SILENCES[random() % SILENCES.length]! - (random() % 25 === 0 ? 2000 : 0);
    const { bytes: packets, linkType = ETHERNET } = TALKS[random() % TALKS.length]!(random);
    for (const bytes of packets) {
      frames.push({ bytes, seconds, nanoseconds: random() % 1_000_000_000, length: bytes.length, linkType });
    }
  }
  return frames;
}
