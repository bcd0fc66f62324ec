// From frames of every link to ports and payload; whatever is cut or wrong leaves the layers understood so far.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Walk } from '../../appliance/decode/frames/walk.ts';
import { ascii, ethernet, ipv4, joinBytes, tcp, udp } from '../analysis/packets.ts';

const A = { mac: '02:00:00:00:00:11', ip: '10.0.0.11', port: 40_000 };
const B = { mac: '02:00:00:00:00:01', ip: '198.51.100.7', port: 443 };

function walkOf(bytes: Uint8Array, linkType = 1): Walk {
  const walk = new Walk();
  walk.walk(bytes, 0, bytes.length, linkType);
  return walk;
}

function payloadOf(bytes: Uint8Array, linkType = 1): string {
  const walk = walkOf(bytes, linkType);
  return Buffer.from(bytes.subarray(walk.payloadStart, walk.payloadEnd)).toString('latin1');
}

const packet = udp(A, B, ascii('hello')).subarray(14);

/** The same IP packet behind each link header. */
const LINKS: readonly (readonly [string, number, Uint8Array])[] = [
  ['Ethernet', 1, udp(A, B, ascii('hello'))],
  ['one VLAN tag', 1, ethernet(A.mac, B.mac, 0x8100, joinBytes(Uint8Array.of(0, 5, 8, 0), packet))],
  [
    '802.1ad and 802.1Q',
    1,
    ethernet(A.mac, B.mac, 0x88a8, joinBytes(Uint8Array.of(0, 5, 0x81, 0, 0, 6, 8, 0), packet)),
  ],
  ['PPPoE', 1, ethernet(A.mac, B.mac, 0x8864, joinBytes(Uint8Array.of(0x11, 0, 0, 1, 0, 60, 0, 0x21), packet))],
  [
    'MPLS with two labels',
    1,
    ethernet(A.mac, B.mac, 0x8847, joinBytes(Uint8Array.of(0, 1, 0, 64, 0, 2, 1, 64), packet)),
  ],
  [
    '802.3 with LLC and SNAP',
    1,
    ethernet(A.mac, B.mac, packet.length + 8, joinBytes(Uint8Array.of(0xaa, 0xaa, 3, 0, 0, 0, 8, 0), packet)),
  ],
  ['Linux cooked', 113, joinBytes(Uint8Array.of(0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x11, 0, 0, 8, 0), packet)],
  [
    'Linux cooked 2',
    276,
    joinBytes(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x11, 0, 0), packet),
  ],
  ['BSD loopback, little endian', 0, joinBytes(Uint8Array.of(2, 0, 0, 0), packet)],
  ['BSD loopback, network order', 108, joinBytes(Uint8Array.of(0, 0, 0, 2), packet)],
  ['raw IP', 101, packet],
  ['raw IPv4', 228, packet],
];

for (const [name, linkType, bytes] of LINKS) {
  test(`a datagram behind ${name} is found`, () => {
    const walk = walkOf(bytes, linkType);
    assert.deepEqual([walk.ipVersion, walk.protocol, walk.sourcePort, walk.destinationPort], [4, 17, 40_000, 443]);
    assert.equal(payloadOf(bytes, linkType), 'hello');
  });
}

test('padding of a short frame is no payload', () => {
  assert.equal(payloadOf(joinBytes(udp(A, B, ascii('hi')), new Uint8Array(20).fill(0xaa))), 'hi');
});

test('options of IPv4 and TCP are stepped over', () => {
  const segment = tcp(A, B, 1, 2, 24, ascii('body')).subarray(34);
  segment[12] = 6 << 4; // six words: the first four bytes of the body become an option
  const header = Uint8Array.of(
    0x46,
    0,
    0,
    24 + segment.length,
    0,
    0,
    0,
    0,
    64,
    6,
    0,
    0,
    10,
    0,
    0,
    11,
    198,
    51,
    100,
    7,
    1,
    1,
    1,
    1,
  );
  const walk = walkOf(ethernet(A.mac, B.mac, 0x0800, joinBytes(header, segment)));
  assert.deepEqual([walk.destinationPort, walk.tcpSequence, walk.payloadEnd - walk.payloadStart], [443, 1, 0]);
});

test('of a fragmented datagram the first part has ports and the later ones have none', () => {
  const first = udp(A, B, ascii('first part'));
  first[20] = 0x20; // more fragments
  const later = first.slice();
  later[21] = 4; // offset 32
  assert.deepEqual([walkOf(first).hasPorts, walkOf(first).fragment], [true, true]);
  assert.deepEqual([walkOf(later).hasPorts, walkOf(later).laterFragment], [false, true]);
});

/** IPv6 with the given chain in front of a UDP header (RFC 8200 §4). */
function ipv6(first: number, chain: Uint8Array, rest: Uint8Array): Uint8Array {
  const header = new Uint8Array(40);
  header[0] = 0x60;
  header[4] = (chain.length + rest.length) >> 8;
  header[5] = (chain.length + rest.length) & 255;
  header[6] = first;
  return ethernet(A.mac, B.mac, 0x86dd, joinBytes(header, chain, rest));
}

const datagram = packet.subarray(20);

test('IPv6 extension headers lead to the transport header', () => {
  const hopByHop = Uint8Array.of(60, 0, 1, 4, 0, 0, 0, 0); // then destination options
  const options = Uint8Array.of(44, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0); // 16 bytes, then a fragment header
  const atomic = Uint8Array.of(17, 0, 0, 0, 0, 0, 0, 9); // the only fragment, then UDP
  const walk = walkOf(ipv6(0, joinBytes(hopByHop, options, atomic), datagram));
  assert.deepEqual([walk.ipVersion, walk.protocol, walk.destinationPort, walk.fragment], [6, 17, 443, false]);
});

test('ESP and "no next header" end the chain', () => {
  for (const last of [50, 59]) {
    const walk = walkOf(ipv6(0, Uint8Array.of(last, 0, 1, 4, 0, 0, 0, 0), datagram));
    assert.deepEqual([walk.protocol, walk.hasPorts], [last, false]);
  }
});

test('a chain of a thousand extension headers ends', () => {
  const endless = new Uint8Array(8000);
  for (let at = 0; at < endless.length; at += 8) endless[at] = 60;
  assert.equal(walkOf(ipv6(60, endless, datagram)).hasPorts, false);
});

test('of a tunnel the outer header counts', () => {
  const tunnel = ethernet(A.mac, B.mac, 0x0800, ipv4(A.ip, B.ip, 4, packet));
  assert.deepEqual([walkOf(tunnel).protocol, walkOf(tunnel).hasPorts], [4, false]);
});

test('what the capture cut off is counted as missing', () => {
  const frame = udp(A, B, ascii('0123456789')).subarray(0, 46); // 42 bytes of headers and 4 of 10
  const walk = walkOf(frame);
  assert.deepEqual([walk.payloadEnd - walk.payloadStart, walk.payloadMissing], [4, 6]);
});

test('frames cut at every length and of unknown links never reach outside', () => {
  for (const [, linkType, bytes] of [...LINKS, ['unknown', 147, packet] as const]) {
    for (let length = 0; length <= bytes.length; length++) {
      const walk = walkOf(bytes.subarray(0, length), linkType);
      assert.ok(walk.payloadStart <= walk.payloadEnd && walk.payloadEnd <= length);
    }
  }
});
