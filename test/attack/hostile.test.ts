// What lies in a data folder may be anything: a start of capture, verify and export end, in words, with nothing lost and nothing given
// away. Put there by a process of another user than capture's.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { temporaryFolder } from '../capture/fixture.ts';
import { closings, readLedgerLines, readTexts, recordFolder } from './folder.ts';
import { People } from './people.ts';
import { PLANTS } from './plants.ts';

const people = new People();
let original = '';

before(async () => void (original = await recordFolder()));
after(() => {
  people.stop();
  fs.rmSync(original, { recursive: true, force: true });
});

/** Belongs to capture; others of its group may write there. */
function given(t: TestContext): string {
  const folder = path.join(temporaryFolder(t), 'data');
  fs.cpSync(original, folder, { recursive: true });
  people.give(folder);
  return folder;
}

for (const [name, { isProblem }] of Object.entries(PLANTS)) {
  test(`capture starts in spite of it, and verify reports it${isProblem ? '' : ' as no problem'}: ${name}`, {
    timeout: 120_000,
  }, async (t) => {
    const folder = given(t);
    const texts = readTexts(folder);
    const segments = closings(folder).length;
    await people.attack(name, folder);
    const before = await people.verify(folder).catch((error: Error) => error.message);
    if (isProblem && typeof before !== 'string') assert.ok(!before.ok, 'before');
    await people.run(folder);
    const report = await people.verify(folder);
    assert.equal(report.ok, !isProblem, JSON.stringify(report.problems.slice(0, 3)));
    assert.deepEqual(readTexts(folder).slice(0, texts.length), texts, 'no line of before is lost');
    assert.equal(readLedgerLines(folder).at(-1)?.type, 'seal');
    assert.equal(report.problems.filter(({ kind }) => kind === 'altered' || kind === 'missing').length, 0);
    await people.run(folder);
    assert.ok(closings(folder).length >= segments);
    assert.equal((await people.verify(folder)).ok, !isProblem, 'after a second start');
    // Node cannot remove what has no path.
    execFileSync('rm', ['-rf', path.join(folder, 'captures')]);
  });
}
