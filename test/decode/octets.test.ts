// Text out of bytes is what the WHATWG decoder makes of them, however long it is and wherever it lies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textAt } from '../../appliance/decode/octets.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Mostly letters, some bytes that are no ASCII, valid UTF-8 or not. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 120, size: 'max' }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30, size: 'max' }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) },
);

test('short and long, at any place of a larger memory, the text is that of the decoder', () => {
  let long = 0;
  let other = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12, size: 'max' }),
      fc.nat(40),
      fc.boolean(),
      (pieces, before, isBuffer) => {
        const text = Buffer.concat(pieces);
        const memory = new Uint8Array(before + text.length + 3).fill(0xc3);
        memory.set(text, before);
        const bytes = isBuffer ? Buffer.from(memory.buffer) : memory.subarray(0);
        const expected = utf8.decode(memory.slice(before, before + text.length));
        assert.equal(textAt(bytes, before, before + text.length, 65_536), expected);
        if (text.length > 256) long++;
        if (text.length > 256 && expected.length !== text.length) other++;
      },
    ),
    { numRuns: 1000, seed: 4711 },
  );
  assert.ok(long > 100 && other > 50, `${long} long texts, ${other} of them not ASCII`);
});

test('no more than the limit is read, and an empty range is no text', () => {
  const bytes = Buffer.from('a'.repeat(1000));
  assert.deepEqual([textAt(bytes, 0, 1000).length, textAt(bytes, 0, 1000, 700).length], [256, 700]);
  assert.deepEqual([textAt(bytes, 5, 5), textAt(bytes, 9, 3), textAt(bytes, 998, 2000)], ['', '', 'aa']);
});
