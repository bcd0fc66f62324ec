// Content that came out of TLS, as frames of a classic pcap: the connection as it would have been without TLS, with the real addresses
// and ports, so that every tool that reads captures reads what the apps said. Pure: bytes in, frames out.

import { isIPv4, SocketAddress } from 'node:net';

/** Both ends; addresses of one family. */
export interface StreamEnds {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
}

/** Microseconds, Ethernet (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html). */
export const PCAP_HEADER: Buffer = (() => {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(262_144, 16);
  bytes.writeUInt32LE(1, 20);
  return bytes;
})();

const ETHERNET = 14;
const TCP = 20;
/** Fits an IPv4 packet; no wire has to carry it. */
const MAX_SEGMENT = 32_768;
const [FIN, SYN, PSH, ACK] = [0x01, 0x02, 0x08, 0x10];
/** Locally administered: no maker's addresses are made up. */
const APP_MAC = Buffer.from('020000000001', 'hex');
const SERVER_MAC = Buffer.from('020000000002', 'hex');

/** One connection. Each method gives whole pcap records. `micros`: microseconds since 1970. */
export class ClearStream {
  readonly #ends: StreamEnds;
  readonly #macs: readonly [Buffer, Buffer];
  /** Next sequence number of each end. */
  readonly #next: [number, number] = [1, 1];

  /** `mac`: of the device, where it is known, as `aa:bb:cc:dd:ee:ff`. */
  constructor(ends: StreamEnds, mac: string | null) {
    this.#ends = ends;
    this.#macs = [mac === null ? APP_MAC : Buffer.from(mac.replaceAll(':', ''), 'hex'), SERVER_MAC];
  }

  open(micros: bigint): Buffer {
    return Buffer.concat([
      this.#record(micros, 0, SYN, Buffer.alloc(0), 0),
      this.#record(micros, 1, SYN | ACK, Buffer.alloc(0), 0),
      this.#record(micros, 0, ACK, Buffer.alloc(0)),
    ]);
  }

  data(micros: bigint, from: 'app' | 'server', bytes: Buffer): Buffer {
    const end = from === 'app' ? 0 : 1;
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += MAX_SEGMENT) {
      const piece = bytes.subarray(at, at + MAX_SEGMENT);
      pieces.push(this.#record(micros, end, PSH | ACK, piece));
      this.#next[end] = (this.#next[end] + piece.length) >>> 0;
    }
    return Buffer.concat(pieces);
  }

  close(micros: bigint): Buffer {
    return Buffer.concat([
      this.#record(micros, 0, FIN | ACK, Buffer.alloc(0)),
      this.#record(micros, 1, FIN | ACK, Buffer.alloc(0)),
    ]);
  }

  #record(micros: bigint, end: 0 | 1, flags: number, payload: Buffer, sequence = this.#next[end]): Buffer {
    const { client, clientPort, server, serverPort } = this.#ends;
    const [source, target] = end === 0 ? [client, server] : [server, client];
    const [from, to] = end === 0 ? [clientPort, serverPort] : [serverPort, clientPort];
    const segment = Buffer.alloc(TCP + payload.length);
    segment.writeUInt16BE(from, 0);
    segment.writeUInt16BE(to, 2);
    segment.writeUInt32BE(sequence, 4);
    segment.writeUInt32BE((flags & ACK) === 0 ? 0 : this.#next[end === 0 ? 1 : 0], 8);
    segment.writeUInt8((TCP / 4) << 4, 12);
    segment.writeUInt8(flags, 13);
    segment.writeUInt16BE(65_535, 14);
    payload.copy(segment, TCP);
    const packet = isIPv4(client) && isIPv4(server) ? ipv4(source, target, segment) : ipv6(source, target, segment);
    const head = Buffer.alloc(16);
    head.writeUInt32LE(Number(micros / 1_000_000n), 0);
    head.writeUInt32LE(Number(micros % 1_000_000n), 4);
    head.writeUInt32LE(ETHERNET + packet.length, 8);
    head.writeUInt32LE(ETHERNET + packet.length, 12);
    const type = Buffer.from(isIPv4(client) && isIPv4(server) ? [0x08, 0x00] : [0x86, 0xdd]);
    return Buffer.concat([head, this.#macs[end === 0 ? 1 : 0], this.#macs[end], type, packet]);
  }
}

/** RFC 791 §3.1, with its checksums, so that no tool shows errors that are none. */
function ipv4(source: string, target: string, segment: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + segment.length, 2);
  header.writeUInt16BE(0x4000, 6);
  header.writeUInt8(64, 8);
  header.writeUInt8(6, 9);
  const addresses = Buffer.from([...source.split('.'), ...target.split('.')].map(Number));
  addresses.copy(header, 12);
  header.writeUInt16BE(checksum(header), 10);
  const pseudo = Buffer.concat([addresses, Buffer.from([0, 6, segment.length >> 8, segment.length & 0xff])]);
  segment.writeUInt16BE(checksum(Buffer.concat([pseudo, segment])), 16);
  return Buffer.concat([header, segment]);
}

/** RFC 8200 §3; IPv4 in it is mapped. */
function ipv6(source: string, target: string, segment: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(segment.length, 4);
  header.writeUInt8(6, 6);
  header.writeUInt8(64, 7);
  ipv6Bytes(source).copy(header, 8);
  ipv6Bytes(target).copy(header, 24);
  const tail = Buffer.from([0, 0, segment.length >> 8, segment.length & 0xff, 0, 0, 0, 6]);
  segment.writeUInt16BE(checksum(Buffer.concat([header.subarray(8), tail, segment])), 16);
  return Buffer.concat([header, segment]);
}

function ipv6Bytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from([...Array<number>(10).fill(0), 255, 255, ...address.split('.').map(Number)]);
  // Node writes the shortest form; both halves of it fill up to eight words.
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::', 2);
  const words = (text: string) => text.split(':').filter((word) => word !== '');
  const [left, right] = [words(head), words(tail ?? '')];
  const all = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  if (bytes.length % 2 === 1) sum += (bytes.at(-1) ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
