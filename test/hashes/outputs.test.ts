// What the analysis said of the shared captures when outputs.txt was made, it says still. A change that means to say something
// else makes the list again (main.ts) and reports why in its commit.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutCorpus } from '../truth/corpus.ts';
import { hashFolder, outputLine } from './outputs.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const known = readFileSync(join(ROOT, 'test', 'hashes', 'outputs.txt'), 'utf8')
  .trimEnd()
  .split('\n');

test('documents, summaries and carries of all shared captures are those of the list', {
  skip: withoutCorpus,
}, async () => {
  const lines: string[] = [];
  for await (const output of hashFolder()) lines.push(outputLine(output));
  assert.deepEqual(
    lines.filter((line) => !known.includes(line)),
    [],
  );
  assert.equal(lines.length, known.length);
});
