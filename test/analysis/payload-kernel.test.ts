// The payload kernel next to the plain loops that it represents, and next to its source.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  addressOf,
  borrowBuffer,
  CELLS,
  kernel,
  MARKS,
  returnBuffer,
} from '../../appliance/analysis/kernel/payload-kernel.ts';
import { EVIDENCE, EVIDENCE_SLOTS } from '../../appliance/analysis/packet/payload/payload-scan.ts';
import { CODE, compileKernel, hasCompiler } from '../../provisioning/kernel/compile.ts';
import { generator } from './packets.ts';
import { findRecord, holdsTransportStream, scanMarks } from './payload-reference.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const random = generator(12);

/** Pieces of what is looked for, so that it is in every place of a block of sixteen, also across its end. */
const PIECES = [
  'ftyp',
  'moov',
  'moof',
  'mdat',
  'OggS',
  'IDAT',
  'IHDR',
  '\x1f\x43\xb6\x75',
  '\x1a\x45\xdf\xa3',
  'moo',
  'fmdat',
  '\0\0\x01\x67',
  '\0\0\0\x01\x41',
  '\0\0\x01\x03',
  '\xff\xd8\xff\xe0',
  '\xff\0\xff\xd7',
  '\xff\xff',
  '\x17\x03\x03\x00\x20',
  '\x16\x03',
  '\x14\x03\x01',
  '\xff\xfb\x90\0',
  '\xff\xf1\x50\x80\x03\xff\xfc',
  '\x47',
].map((text) => Buffer.from(text, 'latin1'));

function payload(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const kind = random() % 4;
  for (let at = 0; at < length; ) {
    const piece = PIECES[random() % PIECES.length]!;
    const isPiece = kind > 0 && random() % (kind * 8) === 0 && at + piece.length <= length;
    if (isPiece) bytes.set(piece, at);
    else bytes[at] = kind === 3 ? random() & 1 : random() >>> 13;
    at += isPiece ? piece.length : 1;
  }
  if (kind === 2) for (let at = random() % 188; at < length; at += 188) bytes[at] = 0x47;
  // Two layer III frames, 417 bytes apart (128 kbit/s at 44.1 kHz).
  if (kind === 1 && length > 500) for (const at of [30, 447]) bytes.set([0xff, 0xfb, 0x90, 0x44], at);
  return bytes;
}

function referenceMarks(bytes: Uint8Array, start: number, stop: number): number[] {
  const slots = new Int32Array(EVIDENCE_SLOTS);
  scanMarks(slots, 0, bytes, start, stop);
  const { ff, ffStuffed, startCodes, containerMarks, audioLinks } = EVIDENCE;
  return [ff, ffStuffed, startCodes, containerMarks, audioLinks].map((counter) => slots[counter]!);
}

test('marks, transport streams and record headers are found where the plain loops find them', () => {
  const found = [0, 0, 0, 0, 0, 0, 0];
  for (let round = 0; round < 4000; round++) {
    const bytes = payload(random() % (round % 10 === 0 ? 3000 : 90));
    const start = Math.min(bytes.length, random() % 5);
    const at = addressOf(bytes, start, bytes.length);
    const stop = at + bytes.length - start;
    kernel.scanMarks(at, stop);
    const marks = referenceMarks(bytes, start, bytes.length);
    assert.deepEqual([...MARKS], marks, `round ${round}`);
    const isStream = holdsTransportStream(bytes, start, bytes.length);
    assert.equal(kernel.holdsTransportStream(at, stop) !== 0, isStream, `round ${round}`);
    const record = findRecord(bytes, start, bytes.length);
    assert.equal(kernel.findRecord(at, stop) - at + start, record, `round ${round}`);
    for (const [i, count] of [...marks, Number(isStream), Number(record < bytes.length)].entries()) found[i]! += count;
  }
  assert.ok(
    found.every((count) => count > 10),
    `each kind was met: ${found.join(' ')}`,
  );
});

test('the sum of a payload is the double that four lanes in order give, to its last bit', () => {
  for (let length = 0; length < 2500; length += 7) {
    const bytes = payload(length);
    const counts = new Uint32Array(256);
    for (const byte of bytes) counts[byte]!++;
    const lanes = [0, 0, 0, 0];
    counts.forEach((c, v) => {
      lanes[v & 3]! += c > 1 ? c * Math.log2(c) : 0;
    });
    const sum = kernel.count(addressOf(bytes, 0, length), length);
    assert.equal(sum, lanes[0]! + lanes[1]! + (lanes[2]! + lanes[3]!));
    assert.deepEqual(CELLS, counts);
  }
});

test('the buffer in the kernel is lent to one reader at a time', () => {
  const first = borrowBuffer(1000);
  const second = borrowBuffer(1000);
  assert.notEqual(first.buffer, second.buffer);
  first.set([0x17, 3, 3], 10);
  assert.equal(addressOf(first, 10, 13), first.byteOffset + 10, 'nothing is copied');
  returnBuffer(second);
  assert.notEqual(borrowBuffer(1000).buffer, first.buffer);
  returnBuffer(first);
  const third = borrowBuffer(1000);
  assert.equal(third.buffer, first.buffer);
  returnBuffer(third);
});

test('the kernel in the tree is what its source compiles to', { skip: !hasCompiler(ROOT) && 'no asc' }, () => {
  assert.equal(readFileSync(join(ROOT, CODE), 'utf8'), compileKernel(ROOT));
});
