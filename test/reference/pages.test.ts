// Each reference page says what its declarations say.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { referencePages } from './pages.ts';
import { findRooms, ROOMS } from './rooms.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

for (const { file, text } of referencePages()) {
  test(`${file} is what its declarations say`, () => {
    assert.equal(readFileSync(join(ROOT, file), 'utf8'), text);
  });
}

test('every folder of appliance/ has a table of contents', () => {
  assert.deepEqual(findRooms().sort(), Object.keys(ROOMS).sort());
});
