// Pieces in any order, twice and overlapping are the message; what has no room is refused, and the budget is kept to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Joiner, MESSAGE_BYTES } from '../../appliance/analysis/inspect/streams/message-joiner.ts';
import { StreamBudget } from '../../appliance/analysis/inspect/streams/tcp-stream.ts';
import { noise } from '../decode/fixture.ts';

const MESSAGE = noise(600);

test('any order of overlapping pieces yields the message, through any number of carries', () => {
  const piece = fc.tuple(fc.nat(599), fc.integer({ min: 1, max: 200 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
      const budget = new StreamBudget(1_000_000);
      let joiner = new Joiner(budget);
      const seen = new Uint8Array(MESSAGE.length + 1);
      for (const [from, length, carried] of pieces) {
        const to = Math.min(MESSAGE.length, from + length);
        if (joiner.add('m', from, MESSAGE, from, to)) seen.fill(1, from, to);
        if (!carried) continue;
        const carry = JSON.parse(JSON.stringify(joiner.carry()));
        joiner.close();
        assert.equal(budget.used, 0);
        joiner = Joiner.resume(carry, budget);
      }
      const whole = seen.indexOf(0);
      assert.deepEqual(joiner.head('m'), MESSAGE.slice(0, whole));
      joiner.close();
      assert.equal(budget.used, 0);
    }),
    { numRuns: 300, seed: 4711 },
  );
});

test('hostile offsets, names and sizes stay within the budget', () => {
  const piece = fc.tuple(fc.nat(20), fc.nat(200_000), fc.integer({ min: 0, max: 5000 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const budget = new StreamBudget(100_000);
      const joiner = new Joiner(budget);
      const bytes = new Uint8Array(5000);
      for (const [name, offset, length] of pieces) {
        joiner.add(String(name), offset, bytes, 0, length);
        assert.ok(budget.used <= 100_000);
        assert.ok(joiner.size(String(name)) <= MESSAGE_BYTES);
      }
      joiner.close();
      assert.equal(budget.used, 0);
    }),
    { numRuns: 200, seed: 4711 },
  );
});

test('of too many messages the oldest makes room, and it is reported', () => {
  const joiner = new Joiner(new StreamBudget(1_000_000));
  for (let i = 0; i < 20; i++) joiner.add(`m${i}`, 0, MESSAGE, 0, 10);
  assert.deepEqual([joiner.has('m0'), joiner.has('m19'), joiner.cut], [false, true, 12]);
});

test('memory is used again, and nothing of an older message is in a hole of a newer one', () => {
  const budget = new StreamBudget(1_000_000);
  const joiner = new Joiner(budget);
  joiner.add('old', 0, new Uint8Array(5000).fill(0x6f), 0, 5000);
  const { buffer } = joiner.head('old');
  joiner.drop('old');
  joiner.add('new', 300, MESSAGE, 300, 400);
  joiner.add('new', 4500, MESSAGE, 0, 100);
  const fresh = new Joiner(new StreamBudget(1_000_000));
  fresh.add('new', 300, MESSAGE, 300, 400);
  fresh.add('new', 4500, MESSAGE, 0, 100);
  assert.deepEqual(joiner.carry(), fresh.carry());
  joiner.add('new', 0, MESSAGE, 0, 300);
  assert.deepEqual(joiner.head('new'), MESSAGE.slice(0, 400));
  assert.equal(joiner.head('new').buffer, buffer, 'it was memory of the older one');
});
