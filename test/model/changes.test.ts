// Changes of a document: put back together they make the other one, whatever both are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changesOf, withChanges } from '../../appliance/model/changes.ts';

test('a document and the changes to another make that other, and the first stays as it is', () => {
  const documents = fc.array(fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'c'), fc.jsonValue()), {
    minLength: 2,
    maxLength: 2,
  });
  fc.assert(
    fc.property(documents, ([before, after]) => {
      const [one, other] = [JSON.stringify(before), JSON.stringify(after)];
      const changes = JSON.parse(JSON.stringify(changesOf(JSON.parse(one), JSON.parse(other)))) as ReturnType<
        typeof changesOf
      >;
      const known: unknown = JSON.parse(one);
      assert.deepEqual(withChanges(known, changes), JSON.parse(other));
      assert.equal(JSON.stringify(known), one);
    }),
    { numRuns: 300 },
  );
});

test('what is the same is not among the changes', () => {
  const before = { ts: 1, capture: { gaps: [1, 2], state: 'capturing', free: null }, same: { deep: [1] } };
  const after = { ts: 2, capture: { gaps: [1, 2], state: 'paused', free: null }, same: { deep: [1] } };
  assert.deepEqual(changesOf(before, after), [
    [['ts'], 2],
    [['capture', 'state'], 'paused'],
  ]);
});
