// `weir pause`, `resume` and `annotate` as a person types them, against a stand-in for capture.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CaptureDouble } from '../publish/capture-double.ts';
import { DataFolder } from '../store/data-folder.ts';

const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function weir(folder: DataFolder, ...words: readonly string[]): Promise<Outcome> {
  const config = join(folder.dir, 'weir.yaml');
  writeFileSync(config, `data:\n  dir: ${folder.dir}\n`);
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words, '--config', config], (error, out, said) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, error: said });
    });
  });
}

test('pause, resume and annotate report capture what was typed, and the person what happened', async (t) => {
  const folder = DataFolder.make(t);
  const capture = await CaptureDouble.start(t, folder.dir);
  assert.match(
    (await weir(folder, 'pause', '--note', 'cabling')).out,
    /^paused: nothing is captured until `weir resume`\n$/,
  );
  assert.deepEqual(capture.asked.at(-1), { verb: 'pause', by: 'cli', note: 'cabling' });
  assert.equal((await weir(folder, 'resume')).out, 'capturing again\n');
  assert.deepEqual(capture.asked.at(-1), { verb: 'resume', by: 'cli' });
  assert.equal((await weir(folder, 'annotate', 'lamp moved')).out, 'noted in the ledger\n');
  assert.deepEqual(capture.asked.at(-1), { verb: 'annotate', by: 'cli', text: 'lamp moved' });
});

test('where capture does not run they say so in one line, and nothing else', async (t) => {
  const folder = DataFolder.make(t);
  for (const words of [['pause'], ['resume'], ['annotate', 'x']]) {
    const { code, out, error } = await weir(folder, ...words);
    assert.equal(code, 1, words[0]);
    assert.equal(out, '');
    assert.match(error, /^weir: [^\n]+\n$/);
  }
});
