// Conversations of many kinds mixed packet by packet, with all that a capture can do to them: repetitions, holes, steps back in
// time, silences, cut frames, tags, broken frames. What the walk over chunks is held against the reference with; the same
// seed gives the same frames.

import { mutate } from '../fuzz/mutate.ts';
import { ascii, type Endpoint, ethernet, generator, joinBytes, type TestFrame, tcp, udp } from './packets.ts';

const GATEWAY = '02:00:00:00:00:01';
const START = 1_795_002_000;
/** One of so many frames is broken. */
const BROKEN = 12;

type Random = () => number;

interface Talk {
  readonly kind: number;
  readonly near: Endpoint;
  readonly far: Endpoint;
  readonly next: [number, number];
  said: number;
  /** Of a record of TLS, what is still to come; of RTP, its number. */
  rest: number;
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random() >>> 9);
}

function record(random: Random, type: number, length: number): Uint8Array {
  return joinBytes(Uint8Array.of(type, 3, 3, length >> 8, length & 255), noise(random, length));
}

/** Payload of one packet of a stream, by the kind of the conversation. */
const STREAMS: readonly ((random: Random, talk: Talk) => Uint8Array)[] = [
  // TLS, a record a packet, now and then several, an alert or a change of keys.
  (random, { said }) => {
    if (said < 2) return record(random, 22, 60);
    if (random() % 60 === 0) return record(random, random() % 2 === 0 ? 21 : 20, random() % 2 === 0 ? 1 : 26);
    const records = Array.from({ length: 1 + (random() % 3) }, () => record(random, 23, 1 + (random() % 450)));
    return joinBytes(...records);
  },
  // TLS, records larger than packets and cut anywhere.
  (random, talk) => {
    const room = 100 + (random() % 1300);
    if (talk.rest === 0) {
      talk.rest = 1400 + (random() % 9000);
      const head = Uint8Array.of(23, 3, 3, talk.rest >> 8, talk.rest & 255);
      const body = noise(random, Math.min(talk.rest, room));
      talk.rest -= body.length;
      return joinBytes(head, body);
    }
    const body = noise(random, Math.min(talk.rest, room));
    talk.rest -= body.length;
    return body;
  },
  // What nobody knows.
  (random) => noise(random, 1 + (random() % 1400)),
  // Text first, then no text, then text again.
  (random, { said }) =>
    said < 2 || random() % 40 === 0
      ? ascii(`{"state":"${'on '.repeat(20)}","n":${said}}`)
      : noise(random, 20 + (random() % 900)),
  // HTTP with a long body.
  (random, { said }) =>
    said % 30 === 0
      ? ascii('HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 20000\r\n\r\n')
      : joinBytes(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 1, 0x67), noise(random, 400 + (random() % 600))),
];

/** The same of datagrams. */
const DATAGRAMS: readonly ((random: Random, talk: Talk) => Uint8Array)[] = [
  (random) => noise(random, 1 + (random() % 1200)),
  // RTP: version 2, number, clock, source.
  (random, talk) => {
    const number = ++talk.rest & 0xffff;
    const head = [0x80, 96 + (random() % 20), number >> 8, number & 255, 0, 0, number >> 8, number & 255, 1, 2, 3, 4];
    return joinBytes(Uint8Array.from(head), noise(random, 20 + (random() % 900)));
  },
  // WireGuard's shape, and now and then STUN.
  (random) =>
    random() % 50 === 0
      ? joinBytes(Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42), noise(random, 12))
      : joinBytes(Uint8Array.of(4, 0, 0, 0), noise(random, 28 + 16 * (random() % 20))),
];

const PORTS = [443, 8443, 9000, 7001, 80, 9001, 5004, 51_820];

function openTalk(random: Random, i: number): Talk {
  const kind = random() % (STREAMS.length + DATAGRAMS.length);
  const device = random() % 4;
  const near = { mac: `02:00:00:00:00:1${device}`, ip: `10.0.0.${11 + device}`, port: 20_000 + ((i * 7) % 30_000) };
  const isNear = random() % 5 === 0;
  const far = isNear
    ? { mac: '02:00:00:00:00:1a', ip: '10.0.0.99', port: PORTS[kind]! }
    : { mac: GATEWAY, ip: `203.0.113.${random() % 20}`, port: PORTS[kind]! };
  return { kind, near, far, next: [random(), random()], said: 0, rest: 0 };
}

/** The next packet of a conversation, and what its sender's capture may have done to it. */
function speak(random: Random, talk: Talk): Uint8Array {
  const side = random() % 3 === 0 ? 1 : 0;
  const [from, to] = side === 0 ? [talk.near, talk.far] : [talk.far, talk.near];
  if (talk.kind >= STREAMS.length) {
    talk.said++;
    return udp(from, to, DATAGRAMS[talk.kind - STREAMS.length]!(random, talk));
  }
  const { next } = talk;
  const other = side === 0 ? 1 : 0;
  if (talk.said === 0 || random() % 300 === 0) {
    talk.said++;
    return tcp(from, to, next[side]++ >>> 0, next[other]! >>> 0, side === 0 ? 2 : 18, new Uint8Array(0));
  }
  if (random() % 3 === 0) return tcp(from, to, next[side]! >>> 0, next[other]! >>> 0, 16, new Uint8Array(0));
  if (random() % 400 === 0)
    return tcp(from, to, next[side]! >>> 0, next[other]! >>> 0, random() % 2 === 0 ? 17 : 4, new Uint8Array(0));
  const payload = STREAMS[talk.kind]!(random, talk);
  talk.said++;
  const again = random() % 40 === 0 ? random() % 300 : 0;
  const frame = tcp(from, to, (next[side]! - again) >>> 0, next[other]! >>> 0, 24, payload);
  next[side] = (next[side]! + payload.length + (random() % 80 === 0 ? 100 : 0)) >>> 0;
  return frame;
}

/** The same packet over IPv6 (RFC 8200 §3). */
function overIpv6(frame: Uint8Array): Uint8Array {
  const payload = frame.subarray(34);
  const head = new Uint8Array(40);
  head[0] = 0x60;
  head[4] = payload.length >> 8;
  head[5] = payload.length & 255;
  head[6] = frame[23]!;
  head[7] = 64;
  head.set([0x20, 1, 0x0d, 0xb8], 8);
  head.set(frame.subarray(26, 30), 20);
  head.set([0x20, 1, 0x0d, 0xb8], 24);
  head.set(frame.subarray(30, 34), 36);
  return joinBytes(frame.subarray(0, 12), Uint8Array.of(0x86, 0xdd), head, payload);
}

function tagged(frame: Uint8Array): Uint8Array {
  return joinBytes(frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, 7), frame.subarray(12));
}

const ARP = ethernet('02:00:00:00:00:11', 'ff:ff:ff:ff:ff:ff', 0x0806, new Uint8Array(28));

/** Now and then other layers around the packet, padding, a frame that was not kept whole. */
function dressed(random: Random, frame: Uint8Array): { bytes: Uint8Array; length: number } {
  const dress = random() % 40;
  if (dress === 0) return { bytes: tagged(frame), length: frame.length + 4 };
  if (dress === 1) return { bytes: frame.subarray(0, random() % frame.length), length: frame.length };
  if (dress === 2) return { bytes: joinBytes(frame, new Uint8Array(random() % 20)), length: 0 };
  if (dress === 3) return { bytes: ARP, length: ARP.length };
  return { bytes: frame, length: frame.length };
}

/** Seconds and nanoseconds go on by milliseconds; sometimes a second back, a minute on, more than a session's silence on. */
function step(random: Random, nanoseconds: number): number {
  const kind = random() % 2000;
  if (kind === 0) return nanoseconds + 4000e9;
  if (kind < 4) return nanoseconds + 61e9;
  if (kind < 20) return Math.max(0, nanoseconds - (random() % 2e9));
  if (kind < 60) return nanoseconds + 2.5e9;
  return nanoseconds + (random() % 3e6);
}

export function busyHome(seed: number, count: number): TestFrame[] {
  const random = generator(seed);
  const talks: Talk[] = [];
  let now = 0;
  return Array.from({ length: count }, (_, i) => {
    if (talks.length < 6 || (random() % 150 === 0 && talks.length < 40)) talks.push(openTalk(random, i));
    else if (random() % 400 === 0) talks.splice(random() % talks.length, 1);
    // Packets come in runs.
    const talk = talks[(i >> 3) % 3 === 0 ? random() % talks.length : (i >> 5) % talks.length]!;
    const spoken = speak(random, talk);
    const { bytes, length } = dressed(random, talk.near.port % 3 === 0 ? overIpv6(spoken) : spoken);
    now = step(random, now);
    const isBroken = random() % BROKEN === 0;
    return {
      bytes: isBroken ? mutate(bytes, random) : bytes,
      length,
      seconds: START + Math.floor(now / 1e9),
      nanoseconds: now % 1e9,
    };
  });
}
