// node dist/test/reproduce/main.js: breaks, in a copy of the program, each file that a row of REPRODUCED.md is made in, and runs
// the row's test, which must fail. Prints a line a row; exit code 1 where a test did not notice.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, reproducedRows } from './rows.ts';

const copy = mkdtempSync(join(tmpdir(), 'weir-break-'));
cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true });
for (const name of ['node_modules', 'package.json', 'appliance', 'test'])
  symlinkSync(join(ROOT, name), join(copy, name));

const captures = process.env['WEIR_CAPTURES'] ?? join(ROOT, '..', 'shared', 'captures');
const answers = new Map<string, boolean>();

const compiled = (path: string): string => join(copy, 'dist', path.replace(/\.ts$/, '.js'));

function passes(testFile: string, title: string): boolean {
  const pattern = `^${title.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)}$`;
  const words = ['--test', `--test-name-pattern=${pattern}`, compiled(testFile)];
  return spawnSync(process.execPath, words, { env: { ...process.env, WEIR_CAPTURES: captures } }).status === 0;
}

/** Whether the test passes on the whole program and fails on the broken one. */
function notices(testFile: string, title: string, madeIn: string): boolean {
  if (!passes(testFile, title)) return false;
  const whole = readFileSync(compiled(madeIn), 'utf8');
  // Hoisted imports run first; then the module ends here.
  writeFileSync(compiled(madeIn), `throw new Error('broken on purpose');\n${whole}`);
  try {
    return !passes(testFile, title);
  } finally {
    writeFileSync(compiled(madeIn), whole);
  }
}

try {
  for (const { id, testFile, text, madeIn } of reproducedRows()) {
    if (testFile === undefined || madeIn === undefined) continue;
    const key = `${testFile} ${text} ${madeIn}`;
    const noticed = answers.get(key) ?? notices(testFile, text, madeIn);
    answers.set(key, noticed);
    process.stdout.write(`${id.padEnd(4)} ${noticed ? 'fails, as it must' : 'DID NOT NOTICE'}  ${madeIn}\n`);
    if (!noticed) process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true });
}
