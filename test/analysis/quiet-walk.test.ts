// The walk over chunks next to the reference path, which reads the same bytes out of another memory: everything that an
// analyzer says at any time is equal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernel } from '../../appliance/analysis/kernel/payload-kernel.ts';
import { entryWords } from '../../appliance/analysis/kernel/walk-kernel.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { busyHome } from './busy-home.ts';
import { compareWalk, type WalkAgreement } from './walk-agreement.ts';

const FRAMES = 4000;
const OWNER = parseMac('02:00:00:00:00:11') ?? null;
const ROUTER = parseMac('02:00:00:00:00:01')!;

function walkHomes(seeds: number): WalkAgreement {
  const sum = { frames: 0, walked: 0, different: [] as string[] };
  for (let seed = 1; seed <= seeds; seed++) {
    const context = seed % 3 === 0 ? { owner: OWNER, infra: [ROUTER] } : { owner: null, infra: [] };
    const one = compareWalk(busyHome(seed, FRAMES), context, seed);
    sum.frames += one.frames;
    sum.walked += one.walked;
    sum.different.push(...one.different);
  }
  return sum;
}

test('a walked capture gives the same summaries and carry as one read packet by packet', (t) => {
  const { frames, walked, different } = walkHomes(12);
  t.diagnostic(`${frames} frames, ${((walked / frames) * 100).toFixed(1)} % of them finished inside the walk`);
  assert.deepEqual(different, []);
  assert.ok(walked * 3 > frames, `only ${walked} of ${frames} were walked: little was compared`);
});

test('a direction whose records are undecided when the other is known as TLS is read on: its state is carried', () => {
  for (const seed of [33, 41]) {
    assert.deepEqual(compareWalk(busyHome(seed, 5000), { owner: null, infra: [] }, seed).different, []);
  }
});

test('one wrong bit in what the walk counts with is found', () => {
  // log2 of a payload length: a float64 an entry from walkLogarithms() on, here the least significant byte but one of all.
  const table = new Uint8Array(entryWords.buffer, kernel.walkLogarithms(), 2049 * 8);
  for (let n = 100; n < 1400; n++) table[n * 8 + 4]! ^= 0x40;
  try {
    assert.notDeepEqual(walkHomes(1).different, []);
  } finally {
    for (let n = 100; n < 1400; n++) table[n * 8 + 4]! ^= 0x40;
  }
  assert.deepEqual(walkHomes(1).different, []);
});
