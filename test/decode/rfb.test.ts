// The line with which both sides of VNC begin.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRfbVersion, mayBeRfb, rfbProtection } from '../../appliance/decode/protocols/rfb.ts';

const read = (text: string) => decodeRfbVersion(Buffer.from(text), 0, Buffer.byteLength(text));

test('versions that are spoken, and the one that Apple writes', () => {
  assert.deepEqual(read('RFB 003.003\n'), { minor: 3 });
  assert.deepEqual(read('RFB 003.008\n'), { minor: 8 });
  assert.deepEqual(read('RFB 003.889\n\x01\x01'), { minor: 889 });
});

test('what only looks like it is none', () => {
  for (const text of [
    '',
    'RFB',
    'RFB 003.008',
    'RFB 003.008\r',
    'RFB 003,008\n',
    'RFB 00x.008\n',
    'rfb 003.008\n',
    'SSH-2.0-dropb',
  ])
    assert.equal(read(text), undefined, text);
});

test('the beginning of such a line may become one', () => {
  for (const [text, may] of [
    ['R', true],
    ['RFB ', true],
    ['RFC', false],
    ['x', false],
  ] as const)
    assert.equal(mayBeRfb(Buffer.from(text), 0, text.length), may, text);
});

test('a log-in alone hides nothing of the session; only TLS does', () => {
  assert.deepEqual([1, 2, 16, 30].map(rfbProtection), ['clear', 'clear', 'clear', 'clear']);
  assert.deepEqual([18, 19].map(rfbProtection), ['tls', 'tls']);
  assert.deepEqual([0, 5, 255].map(rfbProtection), ['unknown', 'unknown', 'unknown']);
});
