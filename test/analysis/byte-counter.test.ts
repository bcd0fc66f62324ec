// The fast counter against the obvious one, at every length and alignment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteCounter, ENTROPY_UNITS } from '../../appliance/analysis/packet/payload/byte-counter.ts';
import { entropy } from '../../appliance/analysis/summary/histogram-statistics.ts';
import { packHistogram, unpackHistogram } from '../../appliance/analysis/summary/packing.ts';
import { generator } from './packets.ts';

const random = generator(17);
const memory = Uint8Array.from({ length: 4096 }, (_, i) => (i % 3 === 0 ? 65 : random() & 255));

test('counts and entropies are exact for every length and alignment', () => {
  const counter = new ByteCounter();
  for (let length = 1; length < 700; length++) {
    const start = length % 5;
    const bytes = memory.subarray(3); // a view that does not begin on a word
    const cells = new Uint32Array(512);
    const units = counter.count(bytes, start, start + length, cells, 256);
    const expected = new Uint32Array(512);
    for (let i = start; i < start + length; i++) expected[256 + bytes[i]!]!++;
    assert.deepEqual(cells, expected);
    const bits = entropy(expected.subarray(256), length) ?? 0;
    assert.ok(Math.abs(units - bits * ENTROPY_UNITS) <= 0.51, `${length}: ${units / ENTROPY_UNITS} and ${bits}`);
  }
});

test('a packet larger than any IP packet is counted like others', () => {
  const bytes = new Uint8Array(80_000).map((_, i) => i & 1);
  const cells = new Uint32Array(256);
  assert.equal(new ByteCounter().count(bytes, 0, bytes.length, cells, 0), ENTROPY_UNITS);
  assert.deepEqual([cells[0], cells[1]], [40_000, 40_000]);
});

test('histograms survive packing, large counts too', () => {
  const counts = new Float64Array(256);
  for (let i = 0; i < 256; i += 1 + (random() % 9)) counts[i] = random() * (1 + (random() % 2_000_000));
  assert.deepEqual(unpackHistogram(packHistogram(counts)), counts);
  assert.equal(packHistogram(new Float64Array(256)), '');
});
