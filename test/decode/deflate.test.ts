import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { gunzip, inflateRaw, inflateZlib } from '../../appliance/decode/compression/deflate.ts';
import { behavesOnHostileBytes, noise, wire } from './fixture.ts';

const LIMIT = 1_000_000;
const TEXT = Buffer.from(
  JSON.stringify(Array.from({ length: 400 }, (_, i) => ({ id: i, weight: i * 7, name: `n${i % 13}` }))),
);
const CONTENTS: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', wire(7)],
  ['text', TEXT],
  ['zeros', new Uint8Array(100_000)],
  ['noise', noise(70_000)],
];

for (const [name, content] of CONTENTS) {
  for (const level of [0, 1, 6, 9]) {
    for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY]) {
      test(`${name}, level ${level}, strategy ${strategy}: all three wrappings give back what zlib packed`, () => {
        const options = { level, strategy };
        const raw = deflateRawSync(content, options);
        const zlib = deflateSync(content, options);
        const gzip = gzipSync(content, options);
        const expected = { bytes: Buffer.from(content), whole: true };
        const plain = (unpacked: ReturnType<typeof gunzip>) =>
          unpacked && { bytes: Buffer.from(unpacked.bytes), whole: unpacked.whole };
        assert.deepEqual(plain(inflateRaw(raw, 0, raw.length, LIMIT)), expected);
        assert.deepEqual(plain(inflateZlib(zlib, 0, zlib.length, LIMIT)), expected);
        assert.deepEqual(plain(gunzip(gzip, 0, gzip.length, LIMIT)), expected);
      });
    }
  }
}

test('of a cut stream what was there is given, and that it is not whole', () => {
  const gzip = gzipSync(TEXT);
  const { bytes, whole } = gunzip(gzip, 0, gzip.length - 200, LIMIT) ?? {};
  assert.equal(whole, false);
  assert.ok(bytes !== undefined && bytes.length > 1000);
  assert.deepEqual(Buffer.from(bytes), TEXT.subarray(0, bytes.length));
});

test('a bomb ends at the limit', () => {
  const bomb = deflateRawSync(new Uint8Array(50_000_000));
  const { bytes, whole } = inflateRaw(bomb, 0, bomb.length, 65_536);
  assert.deepEqual([bytes.length, whole], [65_536, false]);
});

test('members behind each other are one content, a name in the header is passed over', () => {
  const named = gzipSync('first ');
  named[3] = 8; // FNAME
  const members = wire(named.subarray(0, 10), 'file.json', 0, named.subarray(10), gzipSync('second'));
  assert.equal(Buffer.from(gunzip(members, 0, members.length, LIMIT)?.bytes ?? []).toString(), 'first second');
});

test('a stream goes on with the history before it', () => {
  const dictionary = Buffer.from('{"password":"geheimwort-4711"}');
  const packed = deflateRawSync(dictionary, { dictionary, finishFlush: constants.Z_SYNC_FLUSH });
  const { bytes, whole } = inflateRaw(packed, 0, packed.length, LIMIT, dictionary);
  assert.deepEqual([Buffer.from(bytes).toString(), whole], [dictionary.toString(), true]);
});

behavesOnHostileBytes('gzip', (bytes, start, end) => gunzip(bytes, start, end, 4096), gzipSync(TEXT.subarray(0, 300)));
behavesOnHostileBytes(
  'raw DEFLATE',
  (bytes, start, end) => inflateRaw(bytes, start, end, 4096),
  deflateRawSync(TEXT.subarray(0, 300)),
);
