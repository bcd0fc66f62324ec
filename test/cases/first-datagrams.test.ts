// Kind B over UDP: a hello is what all its datagrams say together. Inputs of the field where they are, and siblings made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Endpoint, udp } from '../analysis/packets.ts';
import { clientHelloBody, handshake } from '../decode/client-hello.ts';
import { be16, noise, wire } from '../decode/fixture.ts';
import { QUIC_V1, QUIC_V2, sealInitial } from '../decode/quic-initial.ts';
import { caseDocument, framesDocument, withoutCases } from './case-document.ts';

for (const [number, name] of [
  ['01', 'pq-dcid.example'],
  ['02', 'pq-retrans.example'],
] as const) {
  test(`case ${number}: the server’s name is read once`, { skip: withoutCases }, () => {
    const { tls, quic, conversations } = caseDocument(number);
    assert.deepEqual([{ ...tls.sni }, { ...quic?.sni }], [{ [name]: 1 }, { [name]: 1 }]);
    assert.deepEqual([conversations.length, conversations[0]?.verdict], [1, 'encrypted']);
  });
}

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 50_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 443 };
const hello = handshake(1, clientHelloBody(`${'a'.repeat(60)}.${'b'.repeat(60)}.cam.example`));
const NAME = `${'a'.repeat(60)}.${'b'.repeat(60)}.cam.example`;
const FIRST = noise(8, 1);
const LATER = noise(12, 2);

/** CRYPTO frame of [from, to) of the hello. */
function part(from: number, to: number): Uint8Array {
  return wire(6, be16(0x4000 | from), be16(0x4000 | (to - from)), hello.subarray(from, to));
}

const third = Math.floor(hello.length / 3);
const PARTS = [part(0, third), part(third, 2 * third), part(2 * third, hello.length)] as const;

function seal(frames: Uint8Array, version = QUIC_V1, cid = FIRST, keys = FIRST): Uint8Array {
  return udp(CAM, CLOUD, sealInitial({ frames, version, cid, keys }));
}

function names(frames: readonly Uint8Array[]): Record<string, number> {
  return { ...framesDocument(frames).quic?.sni };
}

for (const order of [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
  [0, 0, 1, 1, 2, 2],
] as const) {
  for (const [label, version] of [
    ['version 1', QUIC_V1],
    ['version 2', QUIC_V2],
  ] as const) {
    test(`${label}: three Initials in the order ${order.join(', ')} report the name once`, () => {
      assert.deepEqual(names(order.map((i) => seal(PARTS[i]!, version))), { [NAME]: 1 });
    });
  }
}

test('later Initials go to the id that the server chose and keep the first one’s keys', () => {
  const frames = [seal(PARTS[0]), seal(PARTS[1], QUIC_V1, LATER), seal(PARTS[2], QUIC_V1, LATER)];
  assert.deepEqual(names(frames), { [NAME]: 1 });
});

test('after a Retry the hello begins again with other keys', () => {
  const again = PARTS.map((frames) => seal(frames, QUIC_V1, LATER, LATER));
  assert.deepEqual(names([seal(PARTS[0]), seal(PARTS[1]), ...again]), { [NAME]: 1 });
});

test('a second connection on the same ports reports its name as well', () => {
  const again = PARTS.map((frames) => seal(frames, QUIC_V1, LATER, LATER));
  assert.deepEqual(names([...PARTS.map((frames) => seal(frames)), ...again]), { [NAME]: 2 });
});

test('a hello with a hole reports no name', () => {
  assert.deepEqual(names([seal(PARTS[0]), seal(PARTS[2])]), {});
});

test('a server of version 2 that greases the fixed bit is read', () => {
  const datagram = sealInitial({
    frames: wire(...PARTS),
    version: { ...QUIC_V2, firstByte: 0x93 },
    cid: FIRST,
    keys: FIRST,
  });
  assert.deepEqual(names([udp(CAM, CLOUD, datagram)]), { [NAME]: 1 });
});
