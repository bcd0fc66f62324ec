// VNC shows a screen in the clear, unless both sides agree on TLS; a security type that nobody here knows says nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { decodeRfbVersion } from '../../appliance/decode/protocols/rfb.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { connection, type Endpoint } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from '../decode/client-hello.ts';
import { be16, be32, behavesOnHostileBytes, wire } from '../decode/fixture.ts';
import { framesDocument } from './case-document.ts';

const random = new RandomBytes('VNC');
const VIEWER: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const SCREEN: Endpoint = { mac: '02:00:00:00:00:30', ip: '192.168.77.30', port: 5900 };

/** From 0, the viewer, or 1, the screen. */
type Sent = readonly [0 | 1, Uint8Array];

const line = (minor: number): Uint8Array => wire(`RFB 003.00${minor}\n`);
/** RFC 6143 §7.3.2: size, format of a pixel, name. */
const INIT: Sent = [
  1,
  wire(be16(1024), be16(768), [32, 24, 0, 1], be16(255), be16(255), be16(255), [16, 8, 0, 0, 0, 0], be32(4), 'home'),
];
/** One rectangle of 64 x 64 in the coding ZRLE: all but its head is compressed (§7.7.6). */
const picture = (): Sent => {
  const pixels = deflateSync(random.bytes(1500).map((byte, i) => (i % 3 === 0 ? byte : byte & 15)));
  return [1, wire([0, 0], be16(1), be16(0), be16(0), be16(64), be16(64), be32(16), be32(pixels.length), pixels)];
};
const pictures = (count: number): Sent[] => Array.from({ length: count }, picture);
const records = (count: number): Sent[] =>
  Array.from({ length: count }, () => [1, record(23, 0x0303, random.bytes(900))]);

/** §7.1: both versions, the offer, the choice. */
function agreed(type: number, minor = 8): Sent[] {
  if (minor < 7)
    return [
      [1, line(minor)],
      [0, line(minor)],
      [1, wire(be32(type))],
    ];
  return [
    [1, line(minor)],
    [0, line(minor)],
    [1, wire(1, type)],
    [0, wire(type)],
  ];
}

const CHALLENGE: readonly Sent[] = [
  [1, random.bytes(16)],
  [0, random.bytes(16)],
];
const BEGUN: readonly Sent[] = [[1, wire(be32(0))], [0, wire(1)], INIT];

function judge(sent: readonly Sent[], port: number) {
  const conversation = framesDocument(connection(VIEWER, { ...SCREEN, port }, sent)).conversations[0];
  return [conversation?.verdict, conversation?.service];
}

for (const port of [5900, 15_900]) {
  test(`without a password, with one, and in version 3.3, a screen on port ${port} is in the clear`, () => {
    const clear = ['cleartext', 'vnc'];
    assert.deepEqual(judge([...agreed(1), ...BEGUN, ...pictures(20)], port), clear);
    assert.deepEqual(judge([...agreed(2), ...CHALLENGE, ...BEGUN, ...pictures(20)], port), clear);
    assert.deepEqual(judge([...agreed(2, 3), ...CHALLENGE, ...BEGUN, ...pictures(20)], port), clear);
  });

  test(`TLS behind the choice of VeNCrypt on port ${port} is an upgrade`, () => {
    const hello = record(22, 0x0301, handshake(1, clientHelloBody('screen.example')));
    const answer = record(22, 0x0303, handshake(2, serverHelloBody(undefined)));
    const choice: Sent[] = [
      [1, wire([0, 2])],
      [0, wire([0, 2])],
      [1, wire(0)],
      [1, wire(1, be32(260))],
      [0, wire(be32(260))],
      [1, wire(1)],
    ];
    const sent: Sent[] = [...agreed(19), ...choice, [0, hello], [1, answer], ...records(10)];
    assert.deepEqual(judge(sent, port), ['upgraded', 'vnc']);
  });

  test(`behind a security type that seals the session (RA2) on port ${port} nothing is known`, () => {
    assert.deepEqual(judge([...agreed(5), ...BEGUN, ...pictures(20)], port), ['opaque', 'vnc']);
  });
}

behavesOnHostileBytes('decodeRfbVersion', decodeRfbVersion, line(8));
