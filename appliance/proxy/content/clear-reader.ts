// From decrypted.pcap back to what each end said, connection by connection: the reverse of ../record/clear-stream.ts. Frames of another
// form are passed over. Bounded: of connections at a time, the one that was silent longest is ended.

import type { FrameSink } from '../../decode/files/records.ts';

export type Side = 'app' | 'server';

export interface ClearEnds {
  /** `192.0.2.7:40000`, as rows of connections have it. */
  readonly client: string;
  readonly address: string;
  readonly port: number;
}

/** One connection; `ms`: milliseconds since 1970. */
export interface Conversation {
  said(from: Side, bytes: Buffer, ms: number): void;
  /** `isCut`: bytes are missing behind what was said last. */
  end(isCut: boolean): void;
}

interface Open {
  readonly talk: Conversation;
  /** Key of the direction from the app. */
  readonly up: string;
  /** Next sequence numbers: of the app, of the server; the first bytes of each have number 1. */
  readonly next: [number, number];
}

/** The proxy itself takes 256 at a time. */
const MAX_OPEN = 1024;
const ETHERNET = 14;
const [SYN, ACK] = [0x02, 0x10];

export class ClearReader implements FrameSink {
  readonly #begin: (ends: ClearEnds) => Conversation;
  readonly #open = new Map<string, Open>();

  constructor(begin: (ends: ClearEnds) => Conversation) {
    this.#begin = begin;
  }

  frame(bytes: Uint8Array, start: number, end: number, seconds: number, nanoseconds: number): void {
    const segment = readSegment(Buffer.from(bytes.subarray(start, end)));
    if (segment === undefined) return;
    const ms = seconds * 1000 + nanoseconds / 1e6;
    const { from, to, flags } = segment;
    const up = `${from.address}:${from.port} ${to.address}:${to.port}`;
    if ((flags & (SYN | ACK)) === SYN) {
      this.#end(up, false);
      this.#start(up, { client: `${from.address}:${from.port}`, address: to.address, port: to.port });
    } else if (segment.payload.length > 0) this.#take(up, segment, ms);
  }

  /** What was open until the end of the file. */
  finish(): void {
    for (const key of this.#open.keys()) this.#end(key, false);
  }

  #start(up: string, ends: ClearEnds): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#end(oldest, true);
    this.#open.set(up, { talk: this.#begin(ends), up, next: [1, 1] });
  }

  #take(up: string, { from, to, sequence, payload }: Segment, ms: number): void {
    const down = `${to.address}:${to.port} ${from.address}:${from.port}`;
    const open = this.#open.get(up) ?? this.#open.get(down);
    if (open === undefined) return;
    const side = open.up === up ? 0 : 1;
    if (sequence !== open.next[side]) return this.#end(open.up, true);
    open.next[side] = (sequence + payload.length) >>> 0;
    // The longest silent is the first of the map.
    this.#open.delete(open.up);
    this.#open.set(open.up, open);
    open.talk.said(side === 0 ? 'app' : 'server', payload, ms);
  }

  #end(up: string, isCut: boolean): void {
    const open = this.#open.get(up);
    this.#open.delete(up);
    open?.talk.end(isCut);
  }
}

interface Place {
  readonly address: string;
  readonly port: number;
}

interface Segment {
  readonly from: Place;
  readonly to: Place;
  readonly sequence: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** Ethernet, IPv4 (RFC 791 §3.1) or IPv6 without extensions (RFC 8200 §3), TCP (RFC 9293 §3.1). */
function readSegment(frame: Buffer): Segment | undefined {
  if (frame.length < ETHERNET + 20) return undefined;
  const type = frame.readUInt16BE(12);
  const packet = frame.subarray(ETHERNET);
  if (type === 0x0800 && packet[9] === 6)
    return readTcp(packet.subarray((packet[0]! & 15) * 4), quad(packet, 12), quad(packet, 16));
  if (type === 0x86dd && packet.length >= 40 && packet[6] === 6)
    return readTcp(packet.subarray(40), words(packet, 8), words(packet, 24));
  return undefined;
}

function readTcp(segment: Buffer, source: string, target: string): Segment | undefined {
  if (segment.length < 20) return undefined;
  return {
    from: { address: source, port: segment.readUInt16BE(0) },
    to: { address: target, port: segment.readUInt16BE(2) },
    sequence: segment.readUInt32BE(4),
    flags: segment[13]!,
    payload: segment.subarray((segment[12]! >> 4) * 4),
  };
}

function quad(packet: Buffer, at: number): string {
  return [...packet.subarray(at, at + 4)].join('.');
}

/** In the form of URLs, which Node writes shortest; mapped IPv4 as such (RFC 4291 §2.5.5.2). */
function words(packet: Buffer, at: number): string {
  const text = packet.toString('hex', at, at + 16);
  if (text.startsWith('00000000000000000000ffff')) return quad(packet, at + 12);
  const groups = text.match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
