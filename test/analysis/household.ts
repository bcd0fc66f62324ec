// A small made-up home as a capture file: what devices say in half an hour, cut into packets as a network cuts it. For
// tests that need traffic with everything in it; the same seed gives the same bytes.

import { createCipheriv } from 'node:crypto';
import { ascii, connection, type Endpoint, generator, joinBytes, pcapFile, type TestFrame, udp } from './packets.ts';

const GATEWAY = '02:00:00:00:00:01';
const DEVICES = ['02:00:00:00:00:11', '02:00:00:00:00:12', '02:00:00:00:00:13'] as const;

/** Seconds of the first packet: near a full hour, so that sessions and hours meet. */
const START = 1_795_002_000;

type Talk = (random: () => number, device: number) => Uint8Array[];

function device(index: number, port: number): Endpoint {
  return { mac: DEVICES[index]!, ip: `10.0.0.${11 + index}`, port };
}

function server(ip: string, port: number): Endpoint {
  return { mac: GATEWAY, ip, port };
}

function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random() & 255);
}

/** A question and its answer with an address record. */
const dnsTalk: Talk = (random, index) => {
  const name = `host${random() % 20}.example.com`;
  const question = joinBytes(
    ...name.split('.').map((label) => joinBytes(Uint8Array.of(label.length), ascii(label))),
    Uint8Array.of(0, 0, 1, 0, 1), // root, type A, class IN
  );
  const id = Uint8Array.of(random() & 255, random() & 255);
  const query = joinBytes(id, Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 0, 0), question);
  const record = Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, 100, random() & 15);
  const answer = joinBytes(id, Uint8Array.of(0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0), question, record);
  const from = device(index, 40_000 + (random() % 50));
  const resolver = server('10.0.0.1', 53);
  return [udp(from, resolver, query), udp(resolver, from, answer)];
};

/** Two requests on one connection, their heads and bodies cut at odd places. */
const httpTalk: Talk = (random, index) => {
  const body = `{"serial":"SN${random() % 1000}","value":${random() % 100}}`;
  const request = ascii(
    `POST /report?key=k${random() % 9} HTTP/1.1\r\nHost: api${random() % 4}.example.net\r\nUser-Agent: bulb/1\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const answer = ascii('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok');
  const messages: (readonly [0 | 1, Uint8Array])[] = [];
  for (let i = 0; i < 2; i++) {
    for (const piece of pieces(random, request)) messages.push([0, piece]);
    for (const piece of pieces(random, answer)) messages.push([1, piece]);
  }
  return connection(device(index, 41_000 + (random() % 30)), server(`198.51.100.${random() & 15}`, 80), messages);
};

function pieces(random: () => number, bytes: Uint8Array): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + (random() % 120);
    list.push(bytes.slice(at, at + length));
    at += length;
  }
  return list;
}

/** Much ciphertext without any framing, with some text inside: windows, histograms, evidence. */
const bulkTalk: Talk = (random, index) => {
  const key = randomBytes(random, 32);
  const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
  const messages: (readonly [0 | 1, Uint8Array])[] = [];
  for (let i = 0; i < 30; i++) {
    const plain = i === 17 ? ascii('temperature=21;humidity=40;'.repeat(40)) : cipher.update(new Uint8Array(1400));
    messages.push([random() % 4 === 0 ? 1 : 0, new Uint8Array(plain)]);
  }
  return connection(device(index, 42_000 + (random() % 5)), server('203.0.113.9', 8899), messages);
};

/** Two devices with each other, and announcements to all. */
const localTalk: Talk = (random, index) => {
  const other = device((index + 1) % DEVICES.length, 6668);
  const from = device(index, 43_000 + (random() % 3));
  const all: Endpoint = { mac: 'ff:ff:ff:ff:ff:ff', ip: '10.0.0.255', port: 6667 };
  return [
    udp(from, other, randomBytes(random, random() % 300)),
    udp(other, from, ascii(`state ${random() % 5}`)),
    udp({ ...from, port: 6667 }, all, randomBytes(random, 180)),
  ];
};

const TALKS: readonly Talk[] = [dnsTalk, dnsTalk, httpTalk, httpTalk, bulkTalk, localTalk, localTalk];

/** About 600 packets. Talks of a few devices overlap; some packets change places, some are lost, some come twice. */
export function household(seed: number): Uint8Array {
  const random = generator(seed);
  const lanes = Array.from({ length: 24 }, () => TALKS[random() % TALKS.length]!(random, random() % DEVICES.length));
  const frames: TestFrame[] = [];
  let nanoseconds = 0;
  let seconds = START;
  while (lanes.length > 0) {
    const lane = lanes[random() % Math.min(4, lanes.length)]!;
    const bytes = lane.shift();
    if (bytes === undefined) {
      lanes.splice(lanes.indexOf(lane), 1);
      continue;
    }
    seconds += random() % 3;
    if (random() % 200 === 0) seconds += 4000; // a silence that ends sessions
    nanoseconds = random() % 1_000_000_000;
    if (random() % 60 === 0) continue;
    frames.push({ bytes, seconds, nanoseconds });
    if (random() % 50 === 0) frames.push({ bytes, seconds, nanoseconds });
  }
  return pcapFile(swapSome(random, frames));
}

function swapSome(random: () => number, frames: readonly TestFrame[]): TestFrame[] {
  const list = [...frames];
  for (let i = 0; i + 1 < list.length; i++) {
    if (random() % 40 === 0) [list[i], list[i + 1]] = [list[i + 1]!, list[i]!];
  }
  return list;
}
