import assert from 'node:assert/strict';
import { createCipheriv, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { cryptoHello, decodeQuic, joinCrypto } from '../../appliance/decode/protocols/quic.ts';
import { clientHelloBody, handshake } from './client-hello.ts';
import { be16, be32, behavesOnHostileBytes, vector8, wire } from './fixture.ts';

/** RFC 9001 appendix A.1: the connection id of the sample connection. */
const CID = Buffer.from('8394c8f03e515708', 'hex');

function expand(secret: Buffer, label: string, length: number): Buffer {
  const full = `tls13 ${label}`;
  const info = Buffer.concat([Buffer.from([0, length, full.length]), Buffer.from(full), Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/** Seals a client's Initial as RFC 9001 §5 says. */
function initial(frames: Uint8Array, version: number, salt: string, label: string, firstByte: number): Uint8Array {
  const secret = expand(createHmac('sha256', Buffer.from(salt, 'hex')).update(CID).digest(), 'client in', 32);
  const plain = wire(frames, new Uint8Array(Math.max(0, 1162 - frames.length))); // PADDING
  const head = wire(
    firstByte, // long header, Initial, packet number of 4 bytes
    be32(version),
    vector8(CID), // destination connection id
    vector8(), // source connection id
    0, // no token
    be16(0x4000 | (4 + plain.length + 16)), // length as a two-byte varint
    be32(2), // packet number
  );
  const nonce = expand(secret, `${label} iv`, 12);
  nonce[11] = nonce[11]! ^ 2;
  const cipher = createCipheriv('aes-128-gcm', expand(secret, `${label} key`, 16), nonce);
  cipher.setAAD(head);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const mask = createCipheriv('aes-128-ecb', expand(secret, `${label} hp`, 16), null).update(sealed.subarray(0, 16));
  head[0] = head[0]! ^ (mask[0]! & 0x0f);
  for (let i = 0; i < 4; i++) head[head.length - 4 + i] = head[head.length - 4 + i]! ^ mask[1 + i]!;
  return wire(head, sealed);
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
function nameIn(bytes: Uint8Array): string | undefined {
  return cryptoHello(joinCrypto(decodeQuic(bytes, 0, bytes.length)?.crypto ?? []))?.client?.serverName;
}

const V1 = initial(frames, 1, '38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'quic', 0xc3);

test('the name in a version 1 Initial is read through its published keys, frames out of order', () => {
  const facts = decodeQuic(V1, 0, V1.length);
  assert.deepEqual([facts?.type, facts?.connection, nameIn(V1)], ['initial', '8394c8f03e515708', 'cam.example.com']);
});

test('version 2 has other keys and another number for the same packet', () => {
  const bytes = initial(frames, 0x6b3343cf, '0dede3def700a6db819381be6e269dcbf9bd2ed9', 'quicv2', 0xd3);
  const facts = decodeQuic(bytes, 0, bytes.length);
  assert.deepEqual([facts?.type, nameIn(bytes)], ['initial', 'cam.example.com']);
});

test('a damaged Initial is still QUIC but tells no name', () => {
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
