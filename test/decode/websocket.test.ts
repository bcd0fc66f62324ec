import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeWebSocketHeader, unmask } from '../../appliance/decode/protocols/websocket.ts';
import { be16, behavesOnHostileBytes, wire } from './fixture.ts';

// RFC 6455 §5.7: a single-frame masked text message, "Hello".
const masked = wire([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);

test('the masked example of the RFC reads Hello, in pieces as well', () => {
  const frame = decodeWebSocketHeader(masked, 0, masked.length);
  assert.deepEqual([frame?.opcode, frame?.final, frame?.headBytes, frame?.payloadBytes], ['text', true, 6, 5]);
  const pieces = [unmask(masked, 6, 9, frame?.key ?? 0, 0), unmask(masked, 9, 11, frame?.key ?? 0, 3)];
  assert.equal(Buffer.concat(pieces).toString(), 'Hello');
});

test('a 16-bit length is read, and RSV1 says that the message is compressed', () => {
  const bytes = wire([0xc2, 126], be16(1000));
  const frame = decodeWebSocketHeader(bytes, 0, bytes.length);
  assert.deepEqual(
    [frame?.opcode, frame?.compressed, frame?.payloadBytes, frame?.key],
    ['binary', true, 1000, undefined],
  );
});

test('an unknown opcode is no frame', () => {
  assert.equal(decodeWebSocketHeader(wire([0x83, 0]), 0, 2), undefined);
});

behavesOnHostileBytes('WebSocket', decodeWebSocketHeader, masked);
