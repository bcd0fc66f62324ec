// The prepared program is started when it is what was written, and left alone in every other case.

import assert from 'node:assert/strict';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compilePrepared, PREPARATION, PROGRAM, startPrepared } from '../../appliance/cli/prepared.ts';
import { temporaryFolder } from '../capture/fixture.ts';

/** A program that notes where it was started; `source.js` is what it was made from. */
function prepared(t: TestContext): string {
  const folder = temporaryFolder(t);
  const source = join(folder, 'source.js');
  writeFileSync(source, 'something');
  const program = `globalThis.begun = require('node:path').basename(__filename) + exports.constructor.name;`;
  writeFileSync(join(folder, PROGRAM), program);
  const { size, mtimeMs } = statSync(source);
  const inputs = [{ file: 'source.js', bytes: size, milliseconds: mtimeMs }];
  writeFileSync(join(folder, PREPARATION), JSON.stringify({ inputs }));
  compilePrepared(folder);
  return folder;
}

/** What the program noted, undefined where it was not started. */
function begun(folder: string): unknown {
  Reflect.deleteProperty(globalThis, 'begun');
  assert.equal(startPrepared(folder), 'begun' in globalThis);
  return Reflect.get(globalThis, 'begun');
}

test('it is started as CommonJS', (t) => {
  assert.equal(begun(prepared(t)), 'analyze.cjsObject');
});

test('where nothing was prepared nothing is started', (t) => {
  assert.equal(begun(temporaryFolder(t)), undefined);
});

test('what it was made from has another size or time, or is gone: it is left alone', (t) => {
  const folder = prepared(t);
  const source = join(folder, 'source.js');
  const { atime, mtime } = statSync(source);
  utimesSync(source, atime, new Date(mtime.getTime() + 5000));
  assert.equal(begun(folder), undefined);
  writeFileSync(source, 'something else');
  utimesSync(source, atime, mtime);
  assert.equal(begun(folder), undefined);
  writeFileSync(join(folder, PREPARATION), '{"inputs":[{"file":"never-there","bytes":1,"milliseconds":1}]}');
  assert.equal(begun(folder), undefined);
});

test('one bit of program, code or preparation is another: it is left alone', (t) => {
  for (const [name, at] of [
    [PROGRAM, 20],
    ['analyze.code', 0],
    ['analyze.code', 200],
    [PREPARATION, 0],
  ] as const) {
    const folder = prepared(t);
    const bytes = readFileSync(join(folder, name));
    bytes[at]! ^= 1;
    writeFileSync(join(folder, name), bytes);
    assert.equal(begun(folder), undefined, `${name} ${at}`);
  }
});

test('it was cut short: it is left alone', (t) => {
  const folder = prepared(t);
  const code = readFileSync(join(folder, 'analyze.code'));
  for (const length of [0, 10, 40, code.length - 1]) {
    writeFileSync(join(folder, 'analyze.code'), code.subarray(0, length));
    assert.equal(begun(folder), undefined, String(length));
  }
});
