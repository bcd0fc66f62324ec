// What the script that breaks each row makes of a file, and how it reads what became of a test.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { brokenFunctions } from './broken.ts';
import { runTest } from './run-test.ts';

const SOURCE = `
export const LIMIT = 3;
export const arrow = () => { return 1; };
export function plain(x = { y: 1 }) { return inner(x.y); }
function inner(y) { return y; }
export class Both { static #n = 2; constructor() { this.n = Both.#n; } get size() { return this.n; } }
const later = function () { return 4; };
const own = () => { return 5; };
export const used = own();
export const atLoading = plain();
export { later };
`;

test('exported functions and methods throw; constants, constructors and the rest stay', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-broken-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'broken.mjs');
  writeFileSync(file, brokenFunctions(SOURCE, 'js') ?? assert.fail('nothing was broken'));
  const broken = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  assert.deepEqual([broken['LIMIT'], broken['used'], broken['atLoading']], [3, 5, 1]);
  for (const name of ['arrow', 'plain', 'later'])
    assert.throws(() => (broken[name] as () => unknown)(), /broken on purpose/, name);
  const made = new (broken['Both'] as new () => { size: number })();
  assert.throws(() => made.size, /broken on purpose/);
  assert.equal(brokenFunctions('export const LIMIT = 3;', 'js'), undefined);
});

test('a title passes only where a test of that title ran', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-outcome-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sample.test.mjs');
  writeFileSync(
    file,
    `import { describe, test } from 'node:test';
     test('green # 1', () => {});
     describe('a group', () => test('red (a.b)', () => { throw new Error('red'); }));
     test('left out', { skip: 'no program' }, () => {});
     test('for later', { todo: true }, () => {});`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const titles = ['green # 1', 'red (a.b)', 'left out', 'for later', 'green', 'a title of none'];
  assert.deepEqual(
    titles.map((title) => runTest(file, title, env)),
    ['passed', 'failed', 'skipped', 'skipped', 'absent', 'absent'],
  );
  writeFileSync(file, 'throw new Error("the file does not load")');
  assert.equal(runTest(file, 'green # 1', env), 'absent');
});
