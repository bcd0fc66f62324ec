// Zstandard next to what the zstd program packs, and frames that lie.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { unzstd } from '../../appliance/decode/compression/zstd.ts';
import { behavesOnHostileBytes, noise, wire } from './fixture.ts';

const LIMIT = 1_000_000;
const rows = (count: number): Buffer =>
  Buffer.from(JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: i, weight: i * 7, name: `n${i % 13}` }))));

function unpacked(frame: Uint8Array, limit = LIMIT): { text: string; whole: boolean } | undefined {
  const plain = unzstd(frame, 0, frame.length, limit);
  return plain && { text: Buffer.from(plain.bytes).toString('latin1'), whole: plain.whole };
}

/** `zstd -19` of 100 rows (zstd 1.5.4): literals by Huffman, three described tables, a check sum. */
const ROWS = Buffer.from(
  'KLUv/QRoxQwAFiBDGaAnGQ4kcIlimhX52lUXblLKlFKSgN79KxhGADgANgCsekLTbaILObnyZdTahrJ9jnlU3Yqykmwz22JixRfdNNW59DZdknJC6WSzQoIhEoaC4aBAgAQDBAYgHBwYClEwCEAYEBgEPUkt4VSEr0eXgu2CbEukQ7IGSZQjxV+IZRmK5XTFJEo5ClkR4UzGmAQZUvIaSdFGhHbxzEJfZV80dzZzGpaZ6iaqMaTWP6XXO5f3t+tT26/ly8pHuoc0zrX8KLmKYyneJto0rDeke4rHnMMMs6wAWK86narmUzJ/+XeR35rPai81/Cr4KMqLvhNVfEjiJ5dNRC6NTOpYaO5R3EG0a17TFD0j9MdiT4DcqBGwdL3PHOCVYQ0RJAhBBBpJrD5jNxXWNFirjGg8/NawpsKaFnLhaLmPVRrWVNiygvJ0PdOwSsNaxYjjwb+GZRpWaZELh9Z9WNOwFNlsCzNbL9tYZRskt1csPzOaV4a+wcjTnWQpEmxRokgj6VRrybxiInTCTuiEmtAJnWTCDiIEQ64qA7sKElhvcA==',
  'base64',
);

test('what zstd packed comes back', () => {
  assert.deepEqual(unpacked(ROWS), { text: rows(100).toString(), whole: true });
});

const MAGIC = wire(0x28, 0xb5, 0x2f, 0xfd);
/** No content size, no check sum, a window of 2 MiB. */
const HEAD = wire(MAGIC, 0, 0x58);
function block(kind: number, size: number, last: boolean, ...body: (number | string | Uint8Array)[]): Uint8Array {
  const head = (size << 3) | (kind << 1) | (last ? 1 : 0);
  return wire([head & 255, (head >> 8) & 255, head >> 16], ...body);
}
const raw = (text: string, last = true): Uint8Array => block(0, text.length, last, text);

test('frames behind each other, one to be stepped over between them', () => {
  const skipped = wire(0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'xyz');
  const frames = wire(HEAD, raw('first '), skipped, MAGIC, 0x20, 6, raw('second'));
  assert.deepEqual(unpacked(frames), { text: 'first second', whole: true });
});

test('a repeated byte, literals alone, and a match that overlaps itself', () => {
  assert.deepEqual(unpacked(wire(HEAD, block(1, 5, true, 'z'))), { text: 'zzzzz', whole: true });
  // Literals as they are (RFC 8878 §3.1.1.3.1.1), no sequence.
  assert.deepEqual(unpacked(wire(HEAD, block(2, 5, true, 3 << 3, 'abc', 0))), { text: 'abc', whole: true });
  // One sequence, each table one symbol: literals 2, offset code 2 with bits 01 (5 - 3 = 2 back), match code 3 (6 bytes).
  const sequence = block(2, 10, true, 3 << 3, 'abc', 1, 0b01010100, 2, 2, 3, 0b101);
  assert.deepEqual(unpacked(wire(HEAD, sequence)), { text: 'ababababc', whole: true });
});

test('of a frame that is cut or goes wrong what was there is given, and that it is not whole', () => {
  const frame = wire(HEAD, raw('the beginning', false), raw('and the rest'));
  assert.deepEqual(unpacked(frame.subarray(0, -4)), { text: 'the beginningand the ', whole: false });
  assert.deepEqual(unpacked(wire(frame.subarray(0, 22), 7)), { text: 'the beginning', whole: false });
});

test('without its dictionary a frame gives nothing, without a frame there is no answer', () => {
  assert.deepEqual(unpacked(wire(MAGIC, 1, 0x58, 77, raw('secret'))), { text: '', whole: false });
  assert.equal(unpacked(wire('no frame at all')), undefined);
});

test('bombs end at the limit, blocks that give nothing are counted', () => {
  const bomb = wire(HEAD, ...Array.from({ length: 1000 }, () => block(1, 131_072, false, 'z')));
  assert.deepEqual(unpacked(bomb, 65_536), { text: 'z'.repeat(65_536), whole: false });
  const empty = wire(HEAD, ...Array.from({ length: 5000 }, () => block(0, 0, false)), raw('behind them'));
  assert.deepEqual(unpacked(empty), { text: '', whole: false });
});

const WORDS = 'lamp door open closed temperature 21.5 humidity motion hall kitchen on off battery 93 low'.split(' ');
const skip = spawnSync('zstd', ['--version']).status === 0 ? false : 'not installed: zstd';

for (const words of ['-1', '--fast=5', '-3 --no-check', '-7 --no-content-size', '-9 -B4096', '--ultra -22 --long=27']) {
  test(`zstd ${words}: every content comes back`, { skip }, () => {
    // Longer than a block.
    const texts = Buffer.from(Array.from(noise(60_000), (byte) => WORDS[byte % WORDS.length]).join(' '));
    for (const content of [Buffer.alloc(0), Buffer.from('x'), rows(400), Buffer.alloc(200_000), noise(70_000), texts]) {
      const frame = execFileSync('zstd', ['-q', '-c', ...words.split(' ')], { input: content });
      const plain = unzstd(frame, 0, frame.length, LIMIT);
      assert.equal(plain?.whole, true);
      assert.ok(Buffer.from(plain.bytes).equals(content), `${content.length} bytes`);
    }
  });
}

behavesOnHostileBytes('Zstandard', (bytes, start, end) => unzstd(bytes, start, end, 4096), ROWS);
