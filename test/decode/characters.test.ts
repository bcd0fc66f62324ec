// Where text ends and scrambled bytes begin.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { characterBytes } from '../../appliance/decode/characters.ts';

const lengthOf = (bytes: readonly number[]) => characterBytes(Uint8Array.from(bytes), 0, bytes.length);

test('a character has as many bytes as its encoding', () => {
  for (const text of ['a', '~', '\t', '\n', '\r', 'ü', '€', '語', '🌡'])
    assert.equal(lengthOf([...Buffer.from(text)]), Buffer.byteLength(text), text);
});

test('control bytes, stray and overlong bytes and those beyond Unicode are no text', () => {
  for (const bytes of [
    [0],
    [7],
    [0x1f],
    [0x7f],
    [0x80],
    [0xbf],
    [0xc0, 0x80],
    [0xc1, 0xbf],
    [0xf5, 0x80, 0x80, 0x80],
    [0xff],
  ])
    assert.equal(lengthOf(bytes), 0, bytes.join());
});

test('a character that a packet cuts is one; a wrong byte inside makes it none', () => {
  assert.equal(lengthOf([0xe2, 0x82]), 3);
  assert.equal(lengthOf([0xe2, 0x28, 0xac]), 0);
});
