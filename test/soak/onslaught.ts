// Scans and floods as frame sources: each is a list of frames that are made one by one at an even rate, the same in every run.

import { ascii, joinBytes, tcp, udp } from '../analysis/packets.ts';
import { type FrameSource, writeRecordHeader } from './frame-source.ts';
import { GATEWAY_MAC, type TapeIdentity } from './tape.ts';

const SECOND_US = 1_000_000;
const GATEWAY_IP = '10.77.0.1';
const PORTS = 65_536;
/** An odd factor makes of 0 … 65,535 a list in which every port comes once and no two neighbours follow each other. */
const SHUFFLE = 40_503;

/** `frameAt(i)`: the i-th of `count` frames, `perSecond` of them a second from `startUs` on. */
export class Onslaught implements FrameSource {
  readonly #frameAt: (index: number) => Uint8Array;
  readonly #startUs: number;
  readonly #perSecond: number;
  readonly count: number;
  sent = 0;

  constructor(count: number, perSecond: number, startUs: number, frameAt: (index: number) => Uint8Array) {
    this.#frameAt = frameAt;
    this.#startUs = startUs;
    this.#perSecond = perSecond;
    this.count = count;
  }

  get nextUs(): number {
    return this.sent < this.count ? this.#startUs + Math.floor((this.sent * SECOND_US) / this.#perSecond) : Infinity;
  }

  write(target: Buffer, at: number): number {
    const bytes = this.#frameAt(this.sent);
    const frame = writeRecordHeader(target, at, this.nextUs, bytes.length, bytes.length);
    target.set(bytes, frame);
    this.sent++;
    return frame + bytes.length;
  }
}

type FrameMaker = (index: number) => Uint8Array;

/** Every port of every victim asked once (SYN) and refused (RST, ACK): 2 × 65,536 frames a victim, victims in turn. */
export function portScan(
  scanner: TapeIdentity | undefined,
  victims: readonly TapeIdentity[],
): { count: number; frameAt: FrameMaker } {
  const from = scanner ?? { mac: GATEWAY_MAC, ip: GATEWAY_IP };
  const none = new Uint8Array(0);
  const templates = victims.map((victim) => {
    const near = { ...from, port: 45_000 };
    const far = { ...victim, port: 0 };
    return { ask: tcp(near, far, 1, 0, 2, none), refuse: tcp(far, near, 0, 2, 20, none) };
  });
  const frameAt = (index: number): Uint8Array => {
    const probe = index >> 1;
    const { ask, refuse } = templates[probe % victims.length]!;
    const port = (Math.floor(probe / victims.length) * SHUFFLE) % PORTS;
    const frame = index % 2 === 0 ? ask : refuse;
    const portAt = frame === ask ? 36 : 34; // behind 14 bytes of Ethernet and 20 of IPv4: destination, or source
    frame[portAt] = port >> 8;
    frame[portAt + 1] = port & 255;
    return frame;
  };
  return { count: victims.length * PORTS * 2, frameAt };
}

/** Devices that look for victims all over the Internet (SYN to port 23, nobody answers), `probes` each, in turn. */
export function internetScan(
  scanners: readonly TapeIdentity[],
  probes: number,
): { count: number; frameAt: FrameMaker } {
  const frameAt = (index: number): Uint8Array => {
    const scanner = scanners[index % scanners.length]!;
    const near = { ...scanner, port: 20_000 + (index % 40_000) };
    const far = { mac: GATEWAY_MAC, ip: spreadAddress(index), port: 23 };
    return tcp(near, far, index, 0, 2, new Uint8Array(0));
  };
  return { count: scanners.length * probes, frameAt };
}

/** Question and answer for so many host names a device, every name and address new. */
export function nameFlood(devices: readonly TapeIdentity[], names: number): { count: number; frameAt: FrameMaker } {
  const frameAt = (index: number): Uint8Array => {
    const talk = index >> 1;
    const device = devices[talk % devices.length]!;
    const host = `h${Math.floor(talk / devices.length)}-${talk % devices.length}.flood.example.com`;
    const labels = host.split('.').map((label) => joinBytes(Uint8Array.of(label.length), ascii(label)));
    const question = joinBytes(...labels, Uint8Array.of(0, 0, 1, 0, 1)); // root, type A, class IN
    const near = { ...device, port: 1024 + (talk % 60_000) };
    const resolver = { mac: GATEWAY_MAC, ip: GATEWAY_IP, port: 53 };
    const id = Uint8Array.of(talk >> 8, talk);
    if (index % 2 === 0) {
      return udp(near, resolver, joinBytes(id, Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 0, 0), question));
    }
    const address = Uint8Array.from(spreadAddress(talk).split('.').map(Number));
    const record = joinBytes(Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4), address);
    return udp(resolver, near, joinBytes(id, Uint8Array.of(0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0), question, record));
  };
  return { count: devices.length * names * 2, frameAt };
}

/** Conversations over UDP, each with one message and one answer, no two alike. */
export function flowFlood(devices: readonly TapeIdentity[], flows: number): { count: number; frameAt: FrameMaker } {
  const frameAt = (index: number): Uint8Array => {
    const flow = index >> 1;
    const near = { ...devices[flow % devices.length]!, port: 1024 + (flow % 60_000) };
    const far = { mac: GATEWAY_MAC, ip: spreadAddress(flow), port: 7000 };
    return index % 2 === 0 ? udp(near, far, ascii('state')) : udp(far, near, ascii('ok'));
  };
  return { count: flows * 2, frameAt };
}

/** Addresses of the Internet, each index another one, scattered (multiplicative hashing, Knuth 6.4). */
function spreadAddress(index: number): string {
  const word = Math.imul(index + 1, 0x9e3779b1) >>> 0;
  return `${11 + ((word >>> 24) % 100)}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}
