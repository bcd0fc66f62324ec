// Each attack that is tried has a row in EVIDENCE.md that says what verify answers: a new one without its row fails here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ATTACKS } from './attacks.ts';
import { LINKS, NAMES, VOLUME_ATTACKS } from './later-deeds.ts';
import { PLANTS } from './plants.ts';

const ROOT = new URL('../../../', import.meta.url);
const FILES = ['attack', 'hostile', 'later', 'wall'].map((name) => `test/attack/${name}.test.ts`);

function read(file: string): string {
  return readFileSync(fileURLToPath(new URL(file, ROOT)), 'utf8');
}

/** Titles as they are written; those made of a `name` are the keys of the two lists. */
function titles(): string[] {
  const written = FILES.flatMap((file) =>
    [...read(file).matchAll(/\btest\((['`])(.+?)\1,/g)].map(([, , title]) => title!),
  );
  const own = written.filter((title) => !title.includes('${' + 'name}'));
  return [ATTACKS, VOLUME_ATTACKS, NAMES, LINKS, PLANTS].flatMap((deeds) => Object.keys(deeds)).concat(own);
}

test('each attack that is tried has a row in EVIDENCE.md, and each row there is of an attack that is tried', () => {
  const page = read('appliance/capture/EVIDENCE.md');
  const known = new Set([...page.matchAll(/^\| (E\d+) \|/gm)].map(([, row]) => row));
  const named = [...page.matchAll(/^\| (.+) \| (E\d+|control|wall) \|$/gm)].map(([, title, row]) => ({
    title: title!,
    row: row!,
  }));
  assert.deepEqual(named.map(({ title }) => title).toSorted(), titles().toSorted());
  for (const { title, row } of named) assert.ok(!row.startsWith('E') || known.has(row), `${title}: ${row}`);
  assert.deepEqual(
    [...known].filter((row) => !named.some((tried) => tried.row === row)),
    [],
    'rows of which no attack is tried',
  );
});
