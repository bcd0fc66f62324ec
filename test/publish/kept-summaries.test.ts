import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { KeptSummaries } from '../../appliance/publish/answers/kept-summaries.ts';

/** Documents in the order in which they were made, and figures that change with each question. */
function kept() {
  let made = 0;
  let version = 0;
  const summaries = new KeptSummaries(
    async () => ({ made: ++made }) as unknown as AnalysisDocument,
    () => ++version,
  );
  return async (now: number) => ((await summaries.get('all', now)) as unknown as { made: number }).made;
}

test('a document of all devices is the answer for a while, and a newer one is made behind it', async () => {
  const at = kept();
  assert.equal(await at(0), 1);
  assert.equal(await at(1000), 1);
  assert.equal(await at(30_000), 1, 'old, and at once');
  await new Promise(setImmediate);
  assert.equal(await at(30_100), 2);
});

test('a document that is too old is no answer', async () => {
  const at = kept();
  assert.equal(await at(0), 1);
  assert.equal(await at(100_000), 2);
});

test('a document that nobody asks for gives its memory back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const made: object[] = [];
  const make = async () => {
    made.push({});
    return made.at(-1) as AnalysisDocument;
  };
  const summaries = new KeptSummaries(make, () => 1);
  await summaries.get('all', 0);
  t.mock.timers.tick(59_000);
  await summaries.get('all', 59_000);
  t.mock.timers.tick(59_000);
  await summaries.get('all', 118_000);
  assert.equal(made.length, 1, 'figures did not change');
  t.mock.timers.tick(60_000);
  await summaries.get('all', 178_000);
  assert.equal(made.length, 2);
});
