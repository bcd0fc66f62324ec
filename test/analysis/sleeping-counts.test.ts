import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packCounts, unpackCounts } from '../../appliance/analysis/packet/payload/sleeping-counts.ts';

/** 256 counts of which one is `largest`, behind others that belong to somebody else. */
function countsUpTo(largest: number): Uint32Array {
  return Uint32Array.from({ length: 512 }, (_, i) => (i < 256 ? 0xffff_ffff : i === 300 ? largest : i % 200));
}

for (const [largest, bytes] of [
  [255, 1],
  [256, 2],
  [65_535, 2],
  [65_536, 4],
  [0xffff_fffe, 4],
] as const) {
  test(`counts up to ${largest} sleep in ${bytes} bytes each and come back as they were`, () => {
    const counts = countsUpTo(largest);
    const slot = new Int32Array(300).fill(-1);
    assert.equal(packCounts(counts, 256, slot, 7), bytes);
    assert.equal(slot[7 + bytes * 64], -1, 'nothing behind the counts is written');
    const back = new Float64Array(260);
    unpackCounts(slot, 7, bytes, back, 4);
    assert.deepEqual([...back.subarray(4)], [...counts.subarray(256)]);
  });
}
