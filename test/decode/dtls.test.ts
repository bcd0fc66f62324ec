import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDtls, readHandshake } from '../../appliance/decode/protocols/dtls.ts';
import { clientHelloBody } from './client-hello.ts';
import { be16, be24, behavesOnHostileBytes, vector16, wire } from './fixture.ts';

function dtlsRecord(type: number, body: Uint8Array): Uint8Array {
  return wire(type, be16(0xfefd), be16(0), [0, 0, 0, 0, 0, 1], vector16(body)); // version, epoch, number, length
}

const body = clientHelloBody('lock.example.com', { cookie: true, version: 0xfefd });
const hello = dtlsRecord(22, wire(1, be24(body.length), be16(0), be24(0), be24(body.length), body)); // whole message

test('a whole ClientHello reports its name behind the cookie', () => {
  const [message] = decodeDtls(hello, 0, hello.length)?.fragments ?? [];
  assert.equal(message && readHandshake(message.type, message.bytes).clientHello?.serverName, 'lock.example.com');
});

test('a fragment is handed on with its place and is still DTLS', () => {
  const bytes = dtlsRecord(22, wire(1, be24(body.length), be16(0), be24(0), be24(40), body.subarray(0, 40)));
  const facts = decodeDtls(bytes, 0, bytes.length);
  assert.deepEqual(
    facts?.fragments.map(({ type, length, offset, bytes }) => [type, length, offset, bytes.length]),
    [[1, body.length, 0, 40]],
  );
});

test('a fragment that claims more than its record holds is no fragment', () => {
  const bytes = dtlsRecord(22, wire(1, be24(body.length), be16(0), be24(0), be24(80), body.subarray(0, 40)));
  assert.deepEqual(decodeDtls(bytes, 0, bytes.length)?.fragments, []);
});

test('several messages of one record are handed on each', () => {
  const part = (offset: number, size: number): Uint8Array =>
    wire(1, be24(body.length), be16(0), be24(offset), be24(size), body.subarray(offset, offset + size));
  const bytes = dtlsRecord(22, wire(part(0, 50), part(50, 50)));
  assert.deepEqual(
    decodeDtls(bytes, 0, bytes.length)?.fragments.map(({ offset }) => offset),
    [0, 50],
  );
});

test('records behind each other in a datagram are counted, data among them noted', () => {
  const bytes = wire(hello, dtlsRecord(23, wire('ciphertext')));
  const facts = decodeDtls(bytes, 0, bytes.length);
  assert.deepEqual([facts?.records, facts?.applicationData, facts?.truncated], [2, true, false]);
});

behavesOnHostileBytes('DTLS', decodeDtls, hello);
