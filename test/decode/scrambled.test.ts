// Kasa and Tuya: scrambling that needs no secret is undone.
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { test } from 'node:test';
import { decodeKasaDatagram, decodeKasaMessage } from '../../appliance/decode/protocols/smart-home/kasa.ts';
import { decodeTuya } from '../../appliance/decode/protocols/smart-home/tuya.ts';
import { be16, be32, behavesOnHostileBytes, noise, wire } from './fixture.ts';

const JSON_TEXT = '{"system":{"get_sysinfo":{"alias":"Lamp"}}}';

/** Each byte XORed with the one sent before it, the first with 171. */
function kasaScramble(text: string): Uint8Array {
  let key = 171;
  return Uint8Array.from(Buffer.from(text), (byte) => {
    key ^= byte;
    return key;
  });
}

const datagram = kasaScramble(JSON_TEXT);
const message = wire(be32(datagram.length), datagram);

test('a Kasa datagram and a Kasa message read as their JSON', () => {
  assert.equal(decodeKasaDatagram(datagram, 0, datagram.length)?.text, JSON_TEXT);
  const facts = decodeKasaMessage(message, 0, message.length);
  assert.deepEqual([facts?.text, facts?.messageBytes], [JSON_TEXT, message.length]);
});

const KEY = createHash('md5').update('yGAdlopoPVldABfn').digest();
const BROADCAST = '{"ip":"10.0.0.5","gwId":"bf1234567890abcdefghij","productKey":"key9","version":"3.3"}';

function tuyaBroadcast(): Uint8Array {
  const cipher = createCipheriv('aes-128-ecb', KEY, null);
  const sealed = Buffer.concat([cipher.update(BROADCAST), cipher.final()]);
  return wire(
    be32(0x000055aa), // prefix
    be32(0), // sequence
    be32(0x13), // command: broadcast of 3.3
    be32(4 + sealed.length + 8), // length of all that follows
    be32(0), // return code
    sealed,
    be32(0x12345678), // CRC-32, not checked
    be32(0x0000aa55), // suffix
  );
}

const broadcast = tuyaBroadcast();

test('a Tuya broadcast opens with the key that all devices share', () => {
  const facts = decodeTuya(broadcast, 0, broadcast.length);
  assert.deepEqual([facts?.command, facts?.text, facts?.frameBytes], [0x13, BROADCAST, broadcast.length]);
});

test('a Tuya broadcast of version 3.5 opens too', () => {
  const nonce = noise(12);
  const sealedBytes = 4 + BROADCAST.length;
  const head = wire(be16(0), be32(1), be32(0x13), be32(12 + sealedBytes + 16)); // unknown, sequence, command, length
  const cipher = createCipheriv('aes-128-gcm', KEY, nonce);
  cipher.setAAD(head);
  const sealed = Buffer.concat([cipher.update(wire(be32(0), BROADCAST)), cipher.final()]);
  const bytes = wire(be32(0x00006699), head, nonce, sealed, cipher.getAuthTag(), be32(0x00009966));
  assert.equal(decodeTuya(bytes, 0, bytes.length)?.text, BROADCAST);
});

test('a Tuya frame under a key of its own is known and stays closed', () => {
  const bytes = wire(be32(0x000055aa), be32(9), be32(7), be32(40), noise(36), be32(0x0000aa55));
  const facts = decodeTuya(bytes, 0, bytes.length);
  assert.deepEqual([facts?.command, facts?.text], [7, '']);
});

behavesOnHostileBytes('Kasa datagram', decodeKasaDatagram, datagram);
behavesOnHostileBytes('Kasa message', decodeKasaMessage, message);
behavesOnHostileBytes('Tuya', (bytes, start, end) => decodeTuya(bytes, start, end), broadcast);
