import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edimax } from '../../appliance/analysis/inspect/protocols/smart-home.ts';
import { decodeEdimax, decodeEdimaxCloud } from '../../appliance/decode/protocols/smart-home/edimax.ts';
import { DEVICE, tellDatagram } from '../analysis/recording.ts';
import { behavesOnHostileBytes, wire } from './fixture.ts';

function padded(text: string, length: number): Uint8Array {
  return wire(text, new Uint8Array(length - text.length));
}

const ANSWER = wire(
  [1, 2, 3, 4, 5, 6],
  padded('EDIMAX', 12),
  [1, 0xa1, 0xfe, 0x5e],
  padded('SP1101W', 14),
  padded('1.09', 8),
  padded('Kitchen', 128),
  [10, 10, 10, 1],
);

/** `<param>…` rotated to the right by so many bits, given by its first byte. */
function rotated(xml: string, bits: number): Uint8Array {
  const body = Uint8Array.from(Buffer.from(xml.slice(1), 'latin1'), (byte) => (byte >> bits) | (byte << (8 - bits)));
  return wire(0x3c + bits, body);
}

const ID = DEVICE.replaceAll(':', '').toUpperCase();
const XML = `<param>\n<model value="SP-2101W" />\n<id value="${ID}" />\n<alias value="Hall" />\n</param>`;

test('a plug reports name and model to a search', () => {
  assert.deepEqual(decodeEdimax(ANSWER, 0, ANSWER.length), { model: 'SP1101W', name: 'Kitchen', id: '' });
});

test('a plug reports its cloud the same, rotated by any number of bits', () => {
  for (let bits = 0; bits < 8; bits++) {
    const message = rotated(XML, bits);
    assert.deepEqual(decodeEdimaxCloud(message, 0, message.length), { model: 'SP-2101W', name: 'Hall', id: ID });
  }
});

test('the cloud speaking of another device says nothing of itself', () => {
  const own = tellDatagram(edimax, rotated(XML, 3), { destinationPort: 8765 });
  const others = tellDatagram(edimax, rotated(XML, 3), { destinationPort: 8765, sourceMac: '00:00:5e:00:53:01' });
  assert.deepEqual(own.traits, [`${DEVICE} edimax_model SP-2101W`, `${DEVICE} edimax_name Hall`]);
  assert.deepEqual(others.traits, []);
});

behavesOnHostileBytes('edimax search', decodeEdimax, ANSWER);
behavesOnHostileBytes('edimax cloud', decodeEdimaxCloud, rotated(XML, 2));
