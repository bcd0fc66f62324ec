// node dist/test/reproduce/main.js [ROW…]: breaks, in a copy of the program, what each row of REPRODUCED.md is made in, and runs
// the row's test, which must pass before and fail then. Prints a line a row; exit code 1 where a test did not notice.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokenFunctions, brokenModule } from './broken.ts';
import { type ReproducedRow, ROOT, reproducedRows } from './rows.ts';
import { type Outcome, runTest } from './run-test.ts';

const copy = mkdtempSync(join(tmpdir(), 'weir-break-'));
for (const name of ['dist', 'web']) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
for (const name of ['node_modules', 'package.json', 'appliance', 'test', 'tsconfig.json'])
  symlinkSync(join(ROOT, name), join(copy, name));

const captures = process.env['WEIR_CAPTURES'] ?? join(ROOT, '..', 'shared', 'captures');
const papers = process.env['WEIR_PAPERS'] ?? join(ROOT, '..', 'shared', 'papers');
const env = { ...process.env, WEIR_CAPTURES: captures, WEIR_PAPERS: papers };
const before = new Map<string, Outcome>();
const answers = new Map<string, readonly [isRight: boolean, text: string]>();

const compiled = (path: string): string => join(copy, 'dist', path.replace(/\.tsx?$/, '.js'));

function answer(testFile: string, title: string, madeIn: string): readonly [isRight: boolean, text: string] {
  const key = `${testFile} ${title}`;
  const whole = before.get(key) ?? runTest(compiled(testFile), title, env);
  before.set(key, whole);
  if (whole === 'failed') return [false, 'RED BEFORE'];
  if (whole === 'absent') return [false, 'NO TEST OF THAT TITLE'];
  if (whole === 'skipped') return [false, 'NOT RUN: the test skips itself here'];
  const { outcome, how } = isPage(madeIn) ? onBrokenPage(testFile, title, madeIn) : onBroken(testFile, title, madeIn);
  if (outcome === 'failed') return [true, `fails, as it must (${how} broken)`];
  if (outcome === 'absent') return [true, `its file does not load (${how} broken)`];
  return [false, `DID NOT NOTICE (${how} broken)`];
}

interface Broken {
  readonly outcome: Outcome;
  readonly how: 'functions' | 'module' | 'page';
}

/** Whether the browser alone runs the file, as part of the page that is built. */
const isPage = (madeIn: string): boolean => madeIn.startsWith('web/') && !existsSync(compiled(madeIn));

function onBroken(testFile: string, title: string, madeIn: string): Broken {
  const path = compiled(madeIn);
  const whole = readFileSync(path, 'utf8');
  const functions = brokenFunctions(whole, 'js');
  writeFileSync(path, functions ?? brokenModule(whole));
  try {
    return { outcome: runTest(compiled(testFile), title, env), how: functions === undefined ? 'module' : 'functions' };
  } finally {
    writeFileSync(path, whole);
  }
}

function onBrokenPage(testFile: string, title: string, madeIn: string): Broken {
  const path = join(copy, madeIn);
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, brokenFunctions(whole, 'tsx') ?? brokenModule(whole));
  try {
    const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
    const { status, stderr } = spawnSync(process.execPath, [vite, 'build', 'web', '--logLevel', 'warn'], {
      cwd: copy,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the page with ${madeIn} broken is not built: ${stderr}`);
    return { outcome: runTest(compiled(testFile), title, env), how: 'page' };
  } finally {
    writeFileSync(path, whole);
    rmSync(join(copy, 'dist', 'web'), { recursive: true });
    cpSync(join(ROOT, 'dist', 'web'), join(copy, 'dist', 'web'), { recursive: true });
  }
}

function report({ id, testFile, text, madeIn }: ReproducedRow): void {
  const say = (words: string): void => void process.stdout.write(`${id.padEnd(4)} ${words}\n`);
  if (testFile === undefined) return say(`skipped: ${text}`);
  if (madeIn === undefined) return say('skipped: the row has no file that it is made in');
  const key = `${testFile} ${text} ${madeIn}`;
  const [isRight, words] = answers.get(key) ?? answer(testFile, text, madeIn);
  answers.set(key, [isRight, words]);
  say(`${words}  ${madeIn}`);
  if (!isRight) process.exitCode = 1;
}

try {
  const wanted = new Set(process.argv.slice(2));
  for (const row of reproducedRows()) if (wanted.size === 0 || wanted.has(row.id)) report(row);
} finally {
  rmSync(copy, { recursive: true });
}
