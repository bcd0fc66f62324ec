import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openingOf } from '../../appliance/proxy/engine/opening.ts';
import { clientHelloBody, handshake, record } from '../decode/client-hello.ts';

const HELLO = record(22, 0x0301, handshake(1, clientHelloBody('api.example.com')));
const CONNECT = Buffer.from('CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com\r\n\r\n');

test('a hello is known when its last byte is there, and a request to the proxy likewise', () => {
  for (const bytes of [HELLO, CONNECT])
    for (let length = 0; length < bytes.length; length++) assert.equal(openingOf(bytes.subarray(0, length)), undefined);
  const tls = openingOf(HELLO);
  assert.equal(tls?.kind === 'tls' && tls.hello.serverName, 'api.example.com');
  assert.deepEqual(openingOf(CONNECT), {
    kind: 'connect',
    authority: 'api.example.com:443',
    headBytes: CONNECT.length,
  });
});

test('what is neither is let through at its first bytes', () => {
  assert.deepEqual(openingOf(Buffer.from([0x10, 0x0e, 0, 4])), { kind: 'other' }); // MQTT
  assert.deepEqual(openingOf(Buffer.from('EHLO phone\r\n')), { kind: 'other' });
  assert.deepEqual(openingOf(Buffer.from([22, 9, 9, 9, 9, 9])), { kind: 'other' });
});

test('no bytes make it wait for more than 32 KiB, or throw', () => {
  const endless = Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nX: '), Buffer.alloc(40_000, 'a')]);
  assert.deepEqual(openingOf(endless), { kind: 'other' });
  const hello = Buffer.from(HELLO);
  for (let at = 0; at < hello.length; at++) {
    const broken = Buffer.from(hello);
    broken[at] = 0xff;
    assert.doesNotThrow(() => openingOf(Buffer.concat([broken, Buffer.alloc(40_000, 0xff)])));
  }
  assert.notEqual(openingOf(Buffer.concat([hello.subarray(0, 50), Buffer.alloc(40_000, 0xff)])), undefined);
});
