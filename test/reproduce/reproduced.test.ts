// REPRODUCED.md has each row of the five documents once, and what it calls done is held by a test that exists.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, reproducedRows } from './rows.ts';

/** Spoofing, and inference of what people do: not this project's work. */
const MAY_BE_UNDONE = ['K2', 'A18', 'K10'];

test('every row is there once', () => {
  const ids = reproducedRows().map(({ id }) => id);
  const wanted = Object.entries({ P: 31, T: 8, A: 18, K: 10, F: 9 }).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, i) => `${letter}${i + 1}`),
  );
  assert.deepEqual(ids, wanted);
});

test('each row is done by a test that exists, or says why not', () => {
  for (const { id, testFile, text, madeIn } of reproducedRows()) {
    if (testFile === undefined) {
      assert.match(text, /^not done, because /, id);
      assert.ok(MAY_BE_UNDONE.includes(id), id);
    } else
      assert.ok(
        readFileSync(join(ROOT, testFile), 'utf8').replaceAll("\\'", "'").includes(text),
        `${id}: ${testFile} has no "${text}"`,
      );
    if (testFile !== undefined) assert.ok(madeIn !== undefined && existsSync(join(ROOT, madeIn)), `${id}: ${madeIn}`);
  }
});
