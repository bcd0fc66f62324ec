// 802.11 frames: who speaks with whom is read of all of them, what they carry where it is not protected.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Walk } from '../../appliance/decode/frames/walk.ts';
import { ascii, ipv4, joinBytes, macBytes } from '../analysis/packets.ts';

const STATION = '02:00:00:00:00:11';
const POINT = '02:00:00:00:00:01';
const PEER = '02:00:00:00:00:12';
const RELAY = '02:00:00:00:00:02';

const TO_DS = 1;
const FROM_DS = 2;
const PROTECTED = 0x40;
const DATA = 0x08;
const QOS_DATA = 0x88;

/** UDP 40000 → 5353 in IPv4 behind LLC and SNAP (RFC 1042). */
function packet(): Uint8Array {
  const udp = joinBytes(Uint8Array.of(0x9c, 0x40, 0x14, 0xe9, 0, 13, 0, 0), ascii('hello'));
  return joinBytes(Uint8Array.of(0xaa, 0xaa, 3, 0, 0, 0, 8, 0), ipv4('10.0.0.11', '10.0.0.12', 17, udp));
}

/** Frame control, duration, three addresses, sequence; then what is given. */
function frame(
  control: number,
  flags: number,
  addresses: readonly string[],
  ...rest: readonly Uint8Array[]
): Uint8Array {
  const [first = '', second = '', third = '', fourth] = addresses;
  return joinBytes(
    Uint8Array.of(control, flags, 0, 0),
    ...[first, second, third].map(macBytes),
    Uint8Array.of(0, 0),
    fourth === undefined ? new Uint8Array(0) : macBytes(fourth),
    ...rest,
  );
}

function walked(bytes: Uint8Array, linkType = 105) {
  const walk = new Walk();
  walk.walk(bytes, 0, bytes.length, linkType);
  const mac = (at: number): string =>
    at < 0 ? '' : [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  const payload = Buffer.from(bytes.subarray(walk.payloadStart, walk.payloadEnd)).toString();
  return {
    from: mac(walk.sourceMac),
    to: mac(walk.destinationMac),
    port: walk.hasPorts ? walk.destinationPort : 0,
    payload: walk.hasPorts ? payload : '',
  };
}

const READ = { from: STATION, to: PEER, port: 5353, payload: 'hello' };
const QOS = Uint8Array.of(0, 0);

test('data is read on every way: station to access point, back, between stations, over a relay', () => {
  assert.deepEqual(walked(frame(DATA, TO_DS, [POINT, STATION, PEER], packet())), READ);
  assert.deepEqual(walked(frame(DATA, FROM_DS, [PEER, POINT, STATION], packet())), READ);
  assert.deepEqual(walked(frame(DATA, 0, [PEER, STATION, POINT], packet())), READ);
  assert.deepEqual(walked(frame(DATA, TO_DS | FROM_DS, [RELAY, POINT, PEER, STATION], packet())), READ);
});

test('QoS and HT fields are passed over', () => {
  assert.deepEqual(walked(frame(QOS_DATA, TO_DS, [POINT, STATION, PEER], QOS, packet())), READ);
  assert.deepEqual(
    walked(frame(QOS_DATA, TO_DS | 0x80, [POINT, STATION, PEER], QOS, new Uint8Array(4), packet())),
    READ,
  );
});

test('of protected data, null frames, later fragments and aggregates only the ends are known', () => {
  const ends = { from: STATION, to: PEER, port: 0, payload: '' };
  const later = frame(DATA, TO_DS, [POINT, STATION, PEER], packet());
  later[22] = 1;
  for (const bytes of [
    frame(DATA, TO_DS | PROTECTED, [POINT, STATION, PEER], packet()),
    frame(0x48, TO_DS, [POINT, STATION, PEER], packet()),
    frame(QOS_DATA, TO_DS, [POINT, STATION, PEER], Uint8Array.of(0x80, 0), packet()),
    later,
  ])
    assert.deepEqual(walked(bytes), ends);
});

test('a beacon has a sender, a control frame and a cut header have nobody', () => {
  const beacon = frame(0x80, 0, ['ff:ff:ff:ff:ff:ff', POINT, POINT], new Uint8Array(20));
  assert.deepEqual([walked(beacon).from, walked(beacon).to], [POINT, 'ff:ff:ff:ff:ff:ff']);
  assert.equal(walked(frame(0xd4, 0, [POINT, STATION, PEER])).from, '');
  assert.equal(walked(beacon.subarray(0, 23)).from, '');
});

test('radiotap is passed over: its time stamp, further words of fields, padding and check sum', () => {
  // Present: time and flags, one more word; the time is at a multiple of eight, then flags: padded, ends with a check sum.
  const head = Uint8Array.of(0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x30);
  const inner = frame(QOS_DATA, TO_DS, [POINT, STATION, PEER], QOS, Uint8Array.of(0, 0), packet());
  assert.deepEqual(walked(joinBytes(head, inner, Uint8Array.of(1, 2, 3, 4)), 127), READ);
  const short = Uint8Array.of(0, 0, 8, 0, 0, 0, 0, 0);
  assert.deepEqual(walked(joinBytes(short, frame(DATA, TO_DS, [POINT, STATION, PEER], packet())), 127), READ);
});

test('a radiotap header longer than the frame, or of another version, is nothing', () => {
  assert.equal(walked(Uint8Array.of(0, 0, 255, 0, 0, 0, 0, 0, 1, 2), 127).from, '');
  assert.equal(walked(Uint8Array.of(1, 0, 8, 0, 0, 0, 0, 0, 1, 2), 127).from, '');
});
