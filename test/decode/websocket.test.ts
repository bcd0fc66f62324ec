import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeWebSocketFrame } from '../../appliance/decode/protocols/websocket.ts';
import { be16, behavesOnHostileBytes, wire } from './fixture.ts';

// RFC 6455 §5.7: a single-frame masked text message, "Hello".
const masked = wire([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);

test('the masked example of the RFC reads Hello', () => {
  const frame = decodeWebSocketFrame(masked, 0, masked.length);
  assert.deepEqual([frame?.opcode, frame?.text, frame?.frameBytes, frame?.truncated], ['text', 'Hello', 11, false]);
});

test('a 16-bit length is read, and a cut frame says so', () => {
  const bytes = wire([0x82, 126], be16(1000), new Uint8Array(500));
  const frame = decodeWebSocketFrame(bytes, 0, bytes.length);
  assert.deepEqual([frame?.opcode, frame?.frameBytes, frame?.truncated], ['binary', 1004, true]);
});

test('an unknown opcode is no frame', () => {
  assert.equal(decodeWebSocketFrame(wire([0x83, 0]), 0, 2), undefined);
});

behavesOnHostileBytes('WebSocket', decodeWebSocketFrame, masked);
