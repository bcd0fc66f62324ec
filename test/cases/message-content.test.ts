// Kind B within messages whose protocol says nothing of their content: packed, under Base64, behind a header of the maker's own.
// And plain requests through a proxy's tunnel. All made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { connection, type Endpoint, udp } from '../analysis/packets.ts';
import { be16, be32, noise, vector16, wire } from '../decode/fixture.ts';
import { framesDocument, rulesOf } from './case-document.ts';

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 7000 };
const JSON_TEXT = Buffer.from('{"user":"jane","password":"geheimwort-4711","list":[1,2,3,4,5,6,7,8,9]}');

const CONTENTS: readonly (readonly [name: string, content: Uint8Array])[] = [
  ['plain', JSON_TEXT],
  ['gzip', gzipSync(JSON_TEXT)],
  ['zlib', deflateSync(JSON_TEXT)],
  ['Base64', Buffer.from(JSON_TEXT.toString('base64'))],
  ['JSON behind a length', wire(be32(JSON_TEXT.length), JSON_TEXT)],
  ['JSON behind a header of sixteen bytes', wire([0xaa, 0x55, 1, 0], noise(8), be32(JSON_TEXT.length), JSON_TEXT)],
];

/** Under 16,384 bytes (MQTT 3.1.1 §2.2.3). */
function mqtt(content: Uint8Array): Uint8Array {
  const rest = wire(vector16('home/lamp'), content);
  return wire(0x30, 0x80 | (rest.length & 127), rest.length >> 7, rest);
}

/** RFC 6455 §5.2, under a mask of zeros. */
function webSocket(content: Uint8Array): Uint8Array {
  return wire(0x82, 0x80 | 126, be16(content.length), be32(0), content);
}

const MQTT_CONNECT = wire(0x10, 16, vector16('MQTT'), 4, 2, be16(60), vector16('lamp'));
const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';

const CARRIERS: readonly (readonly [name: string, frames: (content: Uint8Array) => Uint8Array[]])[] = [
  [
    'MQTT',
    (content) =>
      connection(CAM, { ...CLOUD, port: 1883 }, [
        [0, MQTT_CONNECT],
        [0, mqtt(content)],
      ]),
  ],
  [
    'WebSocket',
    (content) =>
      connection(CAM, { ...CLOUD, port: 80 }, [
        [0, wire('GET /ws HTTP/1.1\r\nHost: ws.example\r\nUpgrade: websocket\r\n\r\n')],
        [1, wire(UPGRADE)],
        [0, webSocket(content)],
      ]),
  ],
  ['CoAP', (content) => [udp(CAM, { ...CLOUD, port: 5683 }, wire(0x40, 2, be16(7), 0xb3, 'cfg', 0xff, content))]],
];

for (const [carrier, frames] of CARRIERS) {
  for (const [name, content] of CONTENTS) {
    test(`a password in ${carrier}, ${name}, is found`, () => {
      const document = framesDocument(frames(content));
      assert.ok(rulesOf(document).includes('CRED-05'), rulesOf(document).join());
      const isPacked = name === 'gzip' || name === 'zlib';
      assert.equal(document.conversations[0]?.verdict, isPacked ? 'compressed-in-clear' : 'cleartext');
    });
  }
}

test('in protocols that nobody knows JSON behind a header is found, by TCP and by UDP', () => {
  const content = CONTENTS.at(-1)![1];
  for (const frames of [connection(CAM, CLOUD, [[0, content]]), [udp(CAM, CLOUD, content)]]) {
    assert.ok(rulesOf(framesDocument(frames)).includes('CRED-05'));
  }
});

test('first bytes of zlib before noise, and letters that are no Base64, change nothing', () => {
  for (const content of [wire(0x78, 0x9c, noise(200)), wire('eyJz and then some words of the maker, in plain')]) {
    const document = framesDocument(CARRIERS[0]![1](content));
    assert.deepEqual([rulesOf(document), document.conversations[0]?.verdict], [['CLR-04'], 'cleartext']);
  }
});

test('bombs in messages cost their limit, and are reported', () => {
  const bomb = gzipSync(Buffer.alloc(10_000_000, 32));
  assert.equal(framesDocument(CARRIERS[0]![1](bomb)).limits.messages_cut, 1);
});

test('a plain request through a tunnel is read', () => {
  const post = `POST /login HTTP/1.1\r\nHost: api.example\r\nContent-Length: ${JSON_TEXT.length}\r\n\r\n`;
  const document = framesDocument(
    connection(CAM, { ...CLOUD, port: 3128 }, [
      [0, wire('CONNECT api.example:80 HTTP/1.1\r\nHost: api.example:80\r\n\r\n')],
      [1, wire('HTTP/1.1 200 Connection established\r\n\r\n')],
      [0, wire(post, JSON_TEXT)],
    ]),
  );
  const secret = document.findings.find(({ rule }) => rule === 'CRED-05');
  assert.match(secret?.excerpt_masked ?? '', /POST api\.example\/login/);
});
