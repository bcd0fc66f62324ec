import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CryptoPiece, cryptoHello, decodeQuic } from '../../appliance/decode/protocols/quic/quic.ts';
import { clientHelloBody, handshake } from './client-hello.ts';
import { be16, behavesOnHostileBytes, wire } from './fixture.ts';
import { QUIC_V1, QUIC_V2, type QuicVersion, sealInitial } from './quic-initial.ts';

/** RFC 9001 appendix A.1: the connection id of the sample connection. */
const CID = Buffer.from('8394c8f03e515708', 'hex');

function initial(frames: Uint8Array, version: QuicVersion): Uint8Array {
  return sealInitial({ frames, version, cid: CID, keys: CID });
}

const hello = handshake(1, clientHelloBody('cam.example.com'));
const cut = 60;
/** CRYPTO frames out of order with a PING and an ACK between (RFC 9000 §19). */
const frames = wire(
  [6, cut],
  be16(0x4000 | (hello.length - cut)),
  hello.subarray(cut), // CRYPTO, offset, length
  1, // PING
  [2, 5, 0, 0, 0], // ACK: largest, delay, no further ranges, first range
  [6, 0],
  be16(0x4000 | cut),
  hello.subarray(0, cut),
);
/** The stream of pieces that leave no hole. */
function joined(pieces: readonly CryptoPiece[]): Uint8Array {
  const stream = new Uint8Array(Math.max(0, ...pieces.map(({ offset, bytes }) => offset + bytes.length)));
  for (const { offset, bytes } of pieces) stream.set(bytes, offset);
  return stream;
}

function nameIn(bytes: Uint8Array): string | undefined {
  return cryptoHello(joined(decodeQuic(bytes, 0, bytes.length)?.crypto ?? []))?.client?.serverName;
}

const V1 = initial(frames, QUIC_V1);

test('the name in a version 1 Initial is read through its published keys, frames out of order', () => {
  const facts = decodeQuic(V1, 0, V1.length);
  assert.deepEqual([facts?.type, facts?.connection, nameIn(V1)], ['initial', '8394c8f03e515708', 'cam.example.com']);
});

test('version 2 has other keys and another number for the same packet', () => {
  const bytes = initial(frames, QUIC_V2);
  const facts = decodeQuic(bytes, 0, bytes.length);
  assert.deepEqual([facts?.type, nameIn(bytes)], ['initial', 'cam.example.com']);
});

test('a damaged Initial is still QUIC but reports no name', () => {
  const bytes = V1.slice();
  bytes[400] = bytes[400]! ^ 1;
  const facts = decodeQuic(bytes, 0, bytes.length);
  assert.deepEqual([facts?.type, facts?.crypto], ['initial', []]);
});

test('a version nobody knows is not QUIC', () => {
  const bytes = V1.slice();
  bytes[1] = 0x77;
  assert.equal(decodeQuic(bytes, 0, bytes.length), undefined);
});

// Every cut costs a key derivation: a short packet is enough.
behavesOnHostileBytes('QUIC', (bytes, start, end) => decodeQuic(bytes, start, end), V1.slice(0, 200));
