// Conversations whose messages come in pieces, with bytes changed at random: nothing throws, and what is kept is given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { DEVICE_BOUNDS } from '../../appliance/analysis/summary/bounds.ts';
import { connection, type Endpoint, generator, udp } from '../analysis/packets.ts';
import { be16, noise, vector8, vector16, wire } from '../decode/fixture.ts';
import { QUIC_V1, sealInitial } from '../decode/quic-initial.ts';

const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 80 };
const TEXT = Buffer.from('{"user":"jane","password":"geheimwort-4711","list":[1,2,3,4,5,6,7,8]}'.repeat(20));

function posts(): Uint8Array {
  const bodies: readonly (readonly [string, Uint8Array])[] = [
    ['gzip', gzipSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
  ];
  return wire(
    ...bodies.map(([coding, body]) => {
      const head = `POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Encoding: ${coding}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const half = body.length >> 1;
      const chunk = (part: Uint8Array): Uint8Array => wire(`${part.length.toString(16)}\r\n`, part, '\r\n');
      return wire(head, chunk(body.subarray(0, half)), chunk(body.subarray(half)), '0\r\n\r\n');
    }),
  );
}

function webSocket(): (readonly [0 | 1, Uint8Array])[] {
  const upgrade = 'Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n';
  const body = deflateRawSync(TEXT);
  const mqtt = wire(0x10, vector8(vector16('MQTT'), 5, 0, be16(60), 0, vector16('cam')));
  return [
    [0, wire(`GET /ws HTTP/1.1\r\nHost: b.example\r\n${upgrade}`)],
    [1, wire(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}`)],
    [0, wire(0xc1, 126, be16(body.length), body, 0x82, mqtt.length, mqtt)],
  ];
}

/** A request of HTTP/2 without TLS, its body packed and in two frames (RFC 9113 §4.1). */
function http2(): (readonly [0 | 1, Uint8Array])[] {
  const frame = (type: number, flags: number, content: Uint8Array): Uint8Array =>
    wire(0, be16(content.length), type, flags, [0, 0, 0, 1], content);
  const body = gzipSync(TEXT);
  const head = wire(0x83, 0x84, [0x40, 16], 'content-encoding', 4, 'gzip', 0x41, 9, 'c.example');
  return [
    [0, wire('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', frame(1, 4, head), frame(0, 0, body.subarray(0, 40)))],
    [0, frame(0, 1, body.subarray(40))],
  ];
}

/** One datagram in three pieces. */
function fragments(): Uint8Array[] {
  const whole = udp(CAM, { ...CLOUD, port: 5683 }, wire(0x40, 2, [0, 7], 0xb1, 'y', 0xff, TEXT));
  const content = whole.subarray(34);
  return [0, 512, 1024].map((at, i) => {
    const part = content.subarray(at, i === 2 ? content.length : at + 512);
    const frame = wire(whole.subarray(0, 34), part);
    frame.set(be16(20 + part.length), 16);
    frame.set(be16((i === 2 ? 0 : 0x2000) | (at / 8)), 20);
    return frame;
  });
}

function plainFrames(): Uint8Array[] {
  const bytes = posts();
  const pieces = Array.from({ length: Math.ceil(bytes.length / 200) }, (_, i) => {
    return [0, bytes.subarray(i * 200, (i + 1) * 200)] as const;
  });
  const login = wire('a LOGIN {4}\r\nanna {15}\r\ngeheimwort-4711\r\na2 STARTTLS\r\n');
  const cid = noise(8);
  const crypto = wire(6, be16(0x4000 | 40), be16(0x4000 | 200), noise(200));
  return [
    ...connection(CAM, CLOUD, pieces),
    ...connection({ ...CAM, port: 40_001 }, CLOUD, webSocket()),
    ...connection({ ...CAM, port: 40_002 }, { ...CLOUD, port: 143 }, [[0, login]]),
    ...connection({ ...CAM, port: 40_003 }, { ...CLOUD, port: 5432 }, [[0, wire('PROXY TCP4 a b 1 2\r\n', login)]]),
    ...connection({ ...CAM, port: 40_004 }, { ...CLOUD, port: 8080 }, http2()),
    ...fragments(),
    udp(CAM, { ...CLOUD, port: 443 }, sealInitial({ frames: crypto, version: QUIC_V1, cid, keys: cid })),
    udp(
      CAM,
      { ...CLOUD, port: 5683 },
      wire(0x41, 2, [0, 1], 1, 0xb1, 'x', [0xd1, 3, 0x0b], 0xff, TEXT.subarray(0, 128)),
    ),
  ];
}

test('unchanged they are read', () => {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const [i, bytes] of plainFrames().entries()) analyzer.frame(bytes, 0, bytes.length, 1, i, bytes.length, 1);
  const reported = Object.values(analyzer.summary().own.findings).map(({ excerpt_masked }) => excerpt_masked);
  for (const place of ['POST a.example/x', 'POST c.example/', 'POST /y']) {
    assert.ok(
      reported.some((text) => text.includes(`${place}: password`)),
      `${place} in ${reported.join('; ')}`,
    );
  }
});

test('2,000 rounds of changed bytes neither throw nor outgrow the share of a device', () => {
  const frames = plainFrames();
  const next = generator(4711);
  const analyzer = new Analyzer({ owner: null, infra: [], bounds: { ...DEVICE_BOUNDS, streamBytes: 100_000 } });
  for (let round = 0; round < 2000; round++) {
    for (const [i, frame] of frames.entries()) {
      const bytes = frame.slice();
      for (let change = next() % 4; change > 0; change--) bytes[34 + (next() % (bytes.length - 34))] = next() & 255;
      if (next() % 50 === 0) continue;
      analyzer.frame(bytes, 0, bytes.length, 1_795_000_000 + round, i, bytes.length, 1);
    }
  }
  const carried = JSON.stringify(analyzer.carry()).length;
  assert.ok(carried < 2_000_000, `${carried} characters are carried over`);
  assert.ok(analyzer.packets > 40_000);
});
