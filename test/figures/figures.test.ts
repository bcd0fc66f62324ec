import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { circlesOf, foldersOf, functionsOf, quantile, untested } from './figures.ts';
import { ROOT, readTree, type SourceFile } from './tree.ts';

/** What a reader takes in at a glance is about 25; cli/ is the largest. */
const MAX_FILES = 28;

const appliance = readTree('appliance');
const page = readTree('web/src');

function file(path: string, text: string, imports: readonly string[] = []): SourceFile {
  return { path, lines: text.split('\n'), imports };
}

test('no files import each other in a circle, not even for types', () => {
  assert.deepEqual(circlesOf([...appliance, ...page]), []);
});

test('a circle of three is found, and a chain is none', () => {
  const tree = [file('a', '', ['b']), file('b', '', ['c']), file('c', '', ['a']), file('d', '', ['a'])];
  assert.deepEqual(circlesOf(tree), [['a', 'b', 'c']]);
});

test(`no folder has more than ${MAX_FILES} source files`, () => {
  assert.deepEqual(
    foldersOf([...appliance, ...page]).filter(({ files }) => files > MAX_FILES),
    [],
  );
});

test('functions are measured from head to closing brace, blocks are none', () => {
  const text = 'export function add(\n  a: number,\n): number {\n  if (a > 1) {\n    return 2;\n  }\n  return a;\n}';
  assert.deepEqual(
    functionsOf(file('a', text)).map(({ lines }) => lines),
    [6],
  );
  const short = 'function id(a: number): number {\n  return a;\n}';
  assert.deepEqual(
    functionsOf(file('a', short)).map(({ lines }) => lines),
    [3],
  );
});

test('a quantile is the value below which that share lies', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 3);
  assert.equal(quantile([4, 1, 3, 2], 1), 4);
});

/** The list may lose lines and gain none: what is new comes with its test. */
test('a file of the appliance has a test of its name, or is on the list of those that still lack one', () => {
  const listed = readFileSync(join(ROOT, 'test', 'figures', 'untested.txt'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(untested(appliance, readTree('test')), listed);
});
