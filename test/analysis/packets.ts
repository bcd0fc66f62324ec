// Makes packets and capture files for tests: one line per header field that matters, the rest plausible constants.

export interface TestFrame {
  readonly bytes: Uint8Array;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** On the wire; the captured length where not given. */
  readonly length?: number;
}

export interface Endpoint {
  readonly mac: string;
  readonly ip: string;
  readonly port: number;
}

export function ethernet(source: string, destination: string, type: number, payload: Uint8Array): Uint8Array {
  return joinBytes(macBytes(destination), macBytes(source), Uint8Array.of(type >> 8, type & 255), payload);
}

export function ipv4(source: string, destination: string, protocol: number, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  header[0] = 0x45; // version 4, five words of header
  view.setUint16(2, 20 + payload.length);
  header[8] = 64; // time to live
  header[9] = protocol;
  header.set(source.split('.').map(Number), 12);
  header.set(destination.split('.').map(Number), 16);
  return joinBytes(header, payload);
}

export function udp(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, 8 + payload.length);
  return ethernet(from.mac, to.mac, 0x0800, ipv4(from.ip, to.ip, 17, joinBytes(header, payload)));
}

/** `flags`: 2 SYN, 16 ACK, 1 FIN, 4 RST. */
export function tcp(
  from: Endpoint,
  to: Endpoint,
  sequence: number,
  acknowledgement: number,
  flags: number,
  payload: Uint8Array,
): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, sequence >>> 0);
  view.setUint32(8, acknowledgement >>> 0);
  header[12] = 5 << 4; // five words of header
  header[13] = flags;
  return ethernet(from.mac, to.mac, 0x0800, ipv4(from.ip, to.ip, 6, joinBytes(header, payload)));
}

/** A whole connection: handshake, then `messages` in order, each from `from` (0) or `to` (1). */
export function connection(
  from: Endpoint,
  to: Endpoint,
  messages: readonly (readonly [0 | 1, Uint8Array])[],
): Uint8Array[] {
  const next: [number, number] = [1000, 5000];
  const frames = [
    tcp(from, to, next[0]++, 0, 2, new Uint8Array(0)),
    tcp(to, from, next[1]++, next[0], 18, new Uint8Array(0)),
    tcp(from, to, next[0], next[1], 16, new Uint8Array(0)),
  ];
  for (const [side, payload] of messages) {
    const [sender, receiver] = side === 0 ? [from, to] : [to, from];
    frames.push(tcp(sender, receiver, next[side], next[1 - side]!, 24, payload));
    next[side] += payload.length;
  }
  return frames;
}

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function macBytes(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A classic pcap file: nanoseconds, little endian, Ethernet by default. */
export function pcapFile(frames: readonly TestFrame[], linkType = 1): Uint8Array {
  const header = new Uint8Array(24);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0xa1b23c4d, true);
  view.setUint16(4, 2, true); // version 2.4
  view.setUint16(6, 4, true);
  view.setUint32(16, 262_144, true); // snap length
  view.setUint32(20, linkType, true);
  return joinBytes(header, ...frames.flatMap((frame) => [recordHeader(frame), frame.bytes]));
}

function recordHeader(frame: TestFrame): Uint8Array {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setUint32(0, frame.seconds, true);
  view.setUint32(4, frame.nanoseconds, true);
  view.setUint32(8, frame.bytes.length, true);
  view.setUint32(12, frame.length ?? frame.bytes.length, true);
  return header;
}

/** Numbers that look random and are the same in every run (xorshift32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
