// Kind B inside WebSocket: messages put together from frames, unmasked, unpacked; MQTT within. All made here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib';
import { connection, type Endpoint } from '../analysis/packets.ts';
import { be16, vector8, vector16, wire } from '../decode/fixture.ts';
import { framesDocument, rulesOf } from './case-document.ts';

const SECRET = 'geheimwort-4711';
const CAM: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 80 };
const TEXT = Buffer.from(`{"op":"login","password":"${SECRET}","n":12345}`);
const KEY = [0x37, 0xfa, 0x21, 0x3d];

interface Frame {
  readonly opcode: number;
  readonly body: Uint8Array;
  readonly final?: boolean;
  readonly compressed?: boolean;
  readonly masked?: boolean;
}

function frame({ opcode, body, final = true, compressed = false, masked = true }: Frame): Uint8Array {
  const first = (final ? 0x80 : 0) | (compressed ? 0x40 : 0) | opcode;
  const length: number[] = body.length < 126 ? [body.length] : [126, ...be16(body.length)];
  length[0]! |= masked ? 0x80 : 0;
  const mask = masked ? KEY : [];
  return wire(first, length, mask, masked ? body.map((byte, i) => byte ^ KEY[i & 3]!) : body);
}

function upgraded(frames: Uint8Array, extensions = '', protocol = '', size = 1400, direction: 0 | 1 = 0) {
  const offer = `GET /ws HTTP/1.1\r\nHost: ws.example\r\nUpgrade: websocket\r\n${extensions}${protocol}\r\n`;
  const accept = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n${extensions}${protocol}\r\n`;
  const messages: (readonly [0 | 1, Uint8Array])[] = [
    [0, wire(offer)],
    [1, wire(accept)],
  ];
  for (let at = 0; at < frames.length; at += size) messages.push([direction, frames.subarray(at, at + size)]);
  return framesDocument(connection(CAM, CLOUD, messages), SECRET);
}

const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';

/** RFC 7692 §7.2.1: without the four bytes of an empty block at the end. */
function packed(body: Uint8Array): Uint8Array {
  return deflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

for (const size of [1400, 5]) {
  test(`one masked frame in segments of ${size}`, () => {
    const document = upgraded(frame({ opcode: 1, body: TEXT }), '', '', size);
    assert.deepEqual(
      ['CRED-05', 'PII-09'].filter((rule) => !rulesOf(document).includes(rule)),
      [],
    );
  });

  test(`three frames with a ping between, in segments of ${size}`, () => {
    const frames = wire(
      frame({ opcode: 1, body: TEXT.subarray(0, 35), final: false }),
      frame({ opcode: 9, body: wire('ping') }),
      frame({ opcode: 0, body: TEXT.subarray(35, 38), final: false }),
      frame({ opcode: 0, body: TEXT.subarray(38) }),
    );
    const document = upgraded(frames, '', '', size);
    assert.deepEqual(
      ['CRED-05', 'PII-09'].filter((rule) => !rulesOf(document).includes(rule)),
      [],
    );
  });

  test(`a compressed message in two frames, in segments of ${size}`, () => {
    const body = packed(TEXT);
    const frames = wire(
      frame({ opcode: 1, body: body.subarray(0, 7), final: false, compressed: true }),
      frame({ opcode: 0, body: body.subarray(7) }),
    );
    const document = upgraded(frames, DEFLATE, '', size);
    assert.ok(rulesOf(document).includes('CRED-05'));
    assert.equal(document.limits.messages_cut, 0);
  });
}

test('a second message is unpacked with the window of the first', async () => {
  const deflate = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH });
  const outputs: Buffer[] = [];
  const pack = async (body: Uint8Array): Promise<Uint8Array> => {
    outputs.length = 0;
    deflate.write(body);
    await new Promise<void>((done) => deflate.flush(constants.Z_SYNC_FLUSH, done));
    return Buffer.concat(outputs).subarray(0, -4);
  };
  deflate.on('data', (data: Buffer) => outputs.push(data));
  const first = await pack(Buffer.from(`{"note":"${SECRET} is what we call it, and password is a word"}`));
  const second = await pack(TEXT);
  const frames = wire(
    frame({ opcode: 1, body: first, compressed: true }),
    frame({ opcode: 1, body: second, compressed: true }),
  );
  const document = upgraded(frames, DEFLATE);
  assert.ok(rulesOf(document).includes('CRED-05'));
  assert.equal(document.limits.messages_cut, 0);
});

test('where no window is kept each message begins again', () => {
  const body = packed(TEXT);
  const twice = wire(frame({ opcode: 1, body, compressed: true }), frame({ opcode: 1, body, compressed: true }));
  const agreed = 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n';
  const document = upgraded(twice, agreed);
  assert.deepEqual(
    [document.findings.find(({ rule }) => rule === 'CRED-05')?.count, document.limits.messages_cut],
    [2, 0],
  );
});

test('messages of the server, unmasked, are read as well', () => {
  const frames = frame({ opcode: 1, body: TEXT, masked: false });
  assert.ok(rulesOf(upgraded(frames, '', '', 1400, 1)).includes('CRED-05'));
});

const CONNECT = wire(
  0x10,
  vector8(vector16('MQTT'), 4, 0xc2, be16(60), vector16('cam'), vector16('jane'), vector16(SECRET)),
);
const PUBLISH = wire(0x30, vector8(vector16('home/cam'), TEXT));

test('MQTT inside: logins, topics and messages, packets across frames', () => {
  const bytes = wire(CONNECT, PUBLISH);
  for (const cut of [3, 20, CONNECT.length, CONNECT.length + 4]) {
    const frames = wire(
      frame({ opcode: 2, body: bytes.subarray(0, cut) }),
      frame({ opcode: 2, body: bytes.subarray(cut) }),
    );
    const document = upgraded(frames, '', 'Sec-WebSocket-Protocol: mqtt\r\n');
    assert.deepEqual({ ...document.mqtt?.topics }, { 'home/cam': 1 }, `cut ${cut}`);
    assert.deepEqual(
      ['CRED-06', 'CRED-05'].filter((rule) => !rulesOf(document).includes(rule)),
      [],
    );
  }
});

test('MQTT inside is known by its first packet where no protocol was named', () => {
  const frames = wire(frame({ opcode: 2, body: CONNECT }), frame({ opcode: 2, body: PUBLISH }));
  assert.deepEqual({ ...upgraded(frames).mqtt?.topics }, { 'home/cam': 1 });
});

test('a compressed bomb ends at its limit, and what follows it is reported as cut', () => {
  const bomb = packed(Buffer.alloc(30_000_000, 32));
  const frames = wire(
    frame({ opcode: 1, body: bomb, compressed: true }),
    frame({ opcode: 1, body: packed(TEXT), compressed: true }),
  );
  assert.equal(upgraded(frames, DEFLATE).limits.messages_cut, 2);
});
