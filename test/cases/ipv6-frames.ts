// IPv6 frames for tests: TCP, router advertisements, neighbour discovery. Check sums are left at zero, which nothing here reads.

import { type Endpoint, ethernet, joinBytes, macBytes } from '../analysis/packets.ts';

const TCP = 6;
const ICMP6 = 58;

/** 16 bytes of an address with at most one `::`. */
export function ipv6Bytes(ip: string): Uint8Array {
  const [front = '', back] = ip.split('::');
  const groups = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(front), groups(back)];
  const zeros = Array.from({ length: back === undefined ? 0 : 8 - first.length - last.length }, () => 0);
  return Uint8Array.from([...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 255]));
}

/** RFC 8200 §3. */
function ipv6(from: string, to: string, next: number, payload: Uint8Array): Uint8Array {
  const header = Uint8Array.of(0x60, 0, 0, 0, payload.length >> 8, payload.length & 255, next, 255);
  return joinBytes(header, ipv6Bytes(from), ipv6Bytes(to), payload);
}

function tcp6(
  from: Endpoint,
  to: Endpoint,
  numbers: readonly [number, number],
  flags: number,
  payload: Uint8Array,
): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, numbers[0]);
  view.setUint32(8, numbers[1]);
  header[12] = 5 << 4;
  header[13] = flags;
  return ethernet(from.mac, to.mac, 0x86dd, ipv6(from.ip, to.ip, TCP, joinBytes(header, payload)));
}

/** As `connection` of packets.ts. */
export function connection6(
  from: Endpoint,
  to: Endpoint,
  messages: readonly (readonly [0 | 1, Uint8Array])[],
): Uint8Array[] {
  const next: [number, number] = [1000, 5000];
  const none = new Uint8Array(0);
  const frames = [
    tcp6(from, to, [next[0]++, 0], 2, none),
    tcp6(to, from, [next[1]++, next[0]], 18, none),
    tcp6(from, to, [next[0], next[1]], 16, none),
  ];
  for (const [side, payload] of messages) {
    const [sender, receiver] = side === 0 ? [from, to] : [to, from];
    frames.push(tcp6(sender, receiver, [next[side], next[1 - side]!], 24, payload));
    next[side] += payload.length;
  }
  return frames;
}

/** A router advertisement of one on-link prefix (RFC 4861 §4.2, §4.6.2). */
export function advertisement(mac: string, prefix: string, bits: number): Uint8Array {
  const head = Uint8Array.of(134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0);
  const option = joinBytes(Uint8Array.of(3, 4, bits, 0xc0), new Uint8Array(12), ipv6Bytes(prefix));
  return ethernet(mac, '33:33:00:00:00:01', 0x86dd, ipv6('fe80::1', 'ff02::1', ICMP6, joinBytes(head, option)));
}

/** `type` 135: asks for `target`; 136: says that it is its own (RFC 4861 §4.3, §4.4). */
export function neighbour(type: 135 | 136, mac: string, target: string): Uint8Array {
  const message = joinBytes(
    Uint8Array.of(type, 0, 0, 0, 0x20, 0, 0, 0),
    ipv6Bytes(target),
    Uint8Array.of(2, 1),
    macBytes(mac),
  );
  return ethernet(mac, '33:33:00:00:00:01', 0x86dd, ipv6('fe80::1', 'ff02::1', ICMP6, message));
}

/** A router advertisement with a lifetime in seconds, 0 for no default router, and options as they are (RFC 4861 §4.2). */
export function routerMessage(
  mac: string,
  lifetime: number,
  source: string,
  options: readonly Uint8Array[],
): Uint8Array {
  const head = Uint8Array.of(134, 0, 0, 0, 64, 0, lifetime >> 8, lifetime & 255, 0, 0, 0, 0, 0, 0, 0, 0);
  return ethernet(mac, '33:33:00:00:00:01', 0x86dd, ipv6(source, 'ff02::1', ICMP6, joinBytes(head, ...options)));
}
