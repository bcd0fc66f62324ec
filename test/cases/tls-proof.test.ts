// Kind H over TCP: what only begins like a TLS record proves nothing, and records that say only goodbye hold nothing sealed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentConversation } from '../../appliance/model/analysis-document.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';
import { connection } from '../analysis/packets.ts';
import { be16, wire } from '../decode/fixture.ts';
import { DEVICE, documentOf, SERVER } from './frames.ts';

const random = new RandomBytes('TLS records');

function record(type: number, body: Uint8Array, length = body.length): Uint8Array {
  return wire([type, 3, 3], be16(length), body);
}

/** The device's bytes in segments of that size, then the server's. */
function conversation(sent: Uint8Array, size = 1400, answered?: Uint8Array): DocumentConversation {
  const said: [0 | 1, Uint8Array][] = [];
  for (let at = 0; at < sent.length; at += size) said.push([0, sent.subarray(at, at + size)]);
  if (answered !== undefined) said.push([1, answered]);
  return documentOf(connection(DEVICE, SERVER, said)).conversations[0]!;
}

const GOODBYE = record(21, wire([1, 0]));
const CHANGE = record(20, wire([1]));

for (const [name, bytes] of [
  ['one alert in the clear', GOODBYE],
  ['two alerts in the clear', wire(GOODBYE, GOODBYE)],
  ['a change of cipher and an alert', wire(CHANGE, GOODBYE)],
] as const) {
  test(`${name}: TLS by its records, and too few bytes to judge`, () => {
    for (const answered of [undefined, GOODBYE]) {
      const { verdict, verdict_reason, service } = conversation(bytes, 1400, answered);
      assert.deepEqual([verdict, service], ['insufficient', 'tls'], verdict_reason);
      assert.match(verdict_reason, /nothing sealed was seen/);
    }
  });
}

for (const [name, bytes] of [
  ['a sealed alert', record(21, random.bytes(26))],
  ['one whole record of data', record(23, random.bytes(200))],
  ['a goodbye behind data', wire(record(23, random.bytes(300)), GOODBYE)],
  ['a hello that the capture cut', record(22, wire([1, 0, 1, 0xfc, 3, 3], random.bytes(64)), 512)],
  ['two records', wire(record(23, random.bytes(700)), record(23, random.bytes(900)))],
] as const) {
  test(`${name} is encrypted, in segments of any size`, () => {
    for (const size of [1400, 61]) {
      const { verdict, verdict_reason } = conversation(bytes, size);
      // Of one record that no other follows only its header is met where it spans segments.
      if (size === 1400 || !name.includes('whole')) assert.equal(verdict, 'encrypted', verdict_reason);
    }
  });
}

const structured = Uint8Array.from({ length: 6000 }, (_, i) => (i % 7 === 0 ? (i / 7) & 255 : 0));

for (const [name, type, length] of [
  ['data', 23, 256],
  ['a handshake', 22, 16],
  ['an alert', 21, 40],
  ['data of the greatest length', 23, 16_384],
] as const) {
  test(`bytes that only begin like ${name} are what they look like`, () => {
    for (const size of [1400, 61, 3]) {
      const noise = conversation(record(type, random.bytes(6000), length), size);
      assert.deepEqual([noise.verdict, noise.service], ['opaque', null], noise.verdict_reason);
      const plain = conversation(record(type, structured, length), size);
      assert.deepEqual([plain.verdict, plain.service], ['encoded', null], plain.verdict_reason);
    }
  });
}
